/* The type `mmap`: its life, what it looks like, and the tables that put its parts together. */
#include "mmap_object.h"

#include <stddef.h>

static void mmap_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  mapped_clear((mapped *)self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject *mmap_close(PyObject *self, PyObject *Py_UNUSED(unused)) {
  return mapped_close((mapped *)self) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *mmap_enter(PyObject *self, PyObject *Py_UNUSED(unused)) {
  return mapped_check_open((mapped *)self) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *mmap_exit(PyObject *self, PyObject *arguments) {
  PyObject *none = mmap_close(self, NULL);
  return none || mapped_leave((mapped *)self, arguments) < 0 ? none : Py_NewRef(Py_None);
}

static PyObject *mmap_closed(PyObject *self, void *Py_UNUSED(closure)) {
  return PyBool_FromLong(!((mapped *)self)->open);
}

/* Programs that parse it, and CPython's tests, look for the standard name. */
static PyObject *mmap_repr(PyObject *object) {
  static const char *const names[] = {"ACCESS_DEFAULT", "ACCESS_READ", "ACCESS_WRITE",
                                      "ACCESS_COPY"};
  mmap_object *self = (mmap_object *)object;
  PyTypeObject *type = Py_TYPE(object);
  const char *name = type == self->mapped.state->mmap ? "mmap.mmap" : type->tp_name;
  if (!self->mapped.open)
    return PyUnicode_FromFormat("<%s closed=True>", name);
  return PyUnicode_FromFormat("<%s closed=False, access=%s, length=%zd, pos=%zd, offset=%lld>",
                              name, names[self->access], self->size, self->position, self->offset);
}

static int mmap_get_buffer(PyObject *object, Py_buffer *buffer, int flags) {
  mmap_object *self = (mmap_object *)object;
  buffer->obj = NULL;
  if (mapped_check_open(&self->mapped) < 0 || mmap_check_readable(self) < 0)
    return -1;
  return mapped_export(&self->mapped, buffer, flags, self->size, self->access != ACCESS_READ);
}

static void mmap_release_buffer(PyObject *object, Py_buffer *buffer) {
  mapped_release((mapped *)object, buffer);
}

/* ---- tables ---- */

/* Not constant: a slot is not. */
static char mmap_doc[] =
    "mmap(fileno, length, flags=MAP_SHARED, prot=PROT_READ|PROT_WRITE, access=ACCESS_DEFAULT, "
    "offset=0, *, trackfd=True)\n"
    "--\n\n"
    "A file, or memory (fileno -1), as a mutable sequence of bytes that is also a file object.\n\n"
    "As the standard module's type, but: bytes that are lost are LostBytesError, not the end of "
    "the process;\n"
    "other threads run while it waits; it grows while buffers are out.\n\n"
    ">>> import tome as mmap\n"
    ">>> m = mmap.mmap(-1, 13)\n"
    ">>> m.write(b'hello, world!')\n"
    "13\n"
    ">>> m[0:5], m.find(b'world', 0)\n"
    "(b'hello', 7)\n"
    ">>> m.close()";
PyDoc_STRVAR(check_doc, "check($self, /)\n--\n\n"
                        "Raise LostBytesError if bytes were lost that nobody was told of, such as "
                        "through a memoryview.");
PyDoc_STRVAR(close_doc, "close($self, /)\n--\n\n"
                        "Close the map; BufferError while buffers of it are out.");
PyDoc_STRVAR(
    find_doc,
    "find($self, sub, start=None, end=None, /)\n--\n\n"
    "Where a byte string is first, or -1. Looks from the position on unless told otherwise.");
PyDoc_STRVAR(
    rfind_doc,
    "rfind($self, sub, start=None, end=None, /)\n--\n\n"
    "Where a byte string is last, or -1. Looks from the position on unless told otherwise.");
PyDoc_STRVAR(flush_doc, "flush($self, offset=0, size=-1, /, *, flags=0, durable=None)\n--\n\n"
                        "Bring changes in a range to the disk.\n\n"
                        "The range may begin and end anywhere. By default, and with durable=True, "
                        "the changes survive power loss when\n"
                        "it returns; with durable=False they are handed to the device; with "
                        "flags=MS_ASYNC that is only begun.");
PyDoc_STRVAR(madvise_doc, "madvise($self, option, start=0, length=-1, /)\n--\n\n"
                          "Tell the system how a range will be used (MADV_...).");
PyDoc_STRVAR(move_doc, "move($self, dest, src, count, /)\n--\n\n"
                       "Copy bytes from src to dest; the ranges may overlap.");
PyDoc_STRVAR(read_doc, "read($self, n=None, /)\n--\n\n"
                       "The next n bytes, or all that are left; the position moves behind them.");
PyDoc_STRVAR(read_byte_doc, "read_byte($self, /)\n--\n\n"
                            "The next byte as a number; ValueError at the end.");
PyDoc_STRVAR(readline_doc, "readline($self, /)\n--\n\n"
                           "The next line with its newline; b'' at the end.");
PyDoc_STRVAR(resize_doc,
             "resize($self, newsize, /)\n--\n\n"
             "Change the length of the map, and of the file if the map reaches to its end.\n\n"
             "Buffers stay good when it grows; BufferError if bytes would go that a buffer covers. "
             "A failed call\n"
             "changes nothing.");
PyDoc_STRVAR(seek_doc,
             "seek($self, pos, whence=0, /)\n--\n\n"
             "Set the position, from the beginning, itself (1) or the end (2). Returns it.");
PyDoc_STRVAR(seekable_doc, "seekable($self, /)\n--\n\nTrue.");
PyDoc_STRVAR(size_doc, "size($self, /)\n--\n\n"
                       "Bytes in the file, which may be more than len() of the map.");
PyDoc_STRVAR(tell_doc, "tell($self, /)\n--\n\nThe position.");
PyDoc_STRVAR(write_doc, "write($self, bytes, /)\n--\n\n"
                        "Store bytes at the position, all or none (ValueError). Returns how many.");
PyDoc_STRVAR(write_byte_doc, "write_byte($self, byte, /)\n--\n\n"
                             "Store a byte at the position; ValueError at the end.");

#define FASTCALL(function) ((PyCFunction)(void (*)(void))(function)), METH_FASTCALL

static PyMethodDef mmap_methods[] = {
    {"check", mmap_check, METH_NOARGS, check_doc},
    {"close", mmap_close, METH_NOARGS, close_doc},
    {"find", FASTCALL(mmap_find), find_doc},
    {"rfind", FASTCALL(mmap_rfind), rfind_doc},
    {"flush", METHOD_WITH_KEYWORDS(mmap_flush), METH_VARARGS | METH_KEYWORDS, flush_doc},
    {"madvise", FASTCALL(mmap_madvise), madvise_doc},
    {"move", FASTCALL(mmap_move), move_doc},
    {"read", FASTCALL(mmap_read), read_doc},
    {"read_byte", mmap_read_byte, METH_NOARGS, read_byte_doc},
    {"readline", mmap_readline, METH_NOARGS, readline_doc},
    {"resize", mmap_resize, METH_O, resize_doc},
    {"seek", FASTCALL(mmap_seek), seek_doc},
    {"seekable", mmap_seekable, METH_NOARGS, seekable_doc},
    {"size", mmap_get_size, METH_NOARGS, size_doc},
    {"tell", mmap_tell, METH_NOARGS, tell_doc},
    {"write", mmap_write, METH_O, write_doc},
    {"write_byte", mmap_write_byte, METH_O, write_byte_doc},
    {"__enter__", mmap_enter, METH_NOARGS, NULL},
    {"__exit__", mmap_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef mmap_attributes[] = {
    {"closed", mmap_closed, NULL, "Whether it is closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef mmap_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(mapped, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot mmap_slots[] = {
    {Py_tp_doc, mmap_doc},
    {Py_tp_new, mmap_new},
    {Py_tp_dealloc, mmap_dealloc},
    {Py_tp_repr, mmap_repr},
    {Py_tp_methods, mmap_methods},
    {Py_tp_getset, mmap_attributes},
    {Py_tp_members, mmap_members},
    {Py_sq_length, mmap_length},
    {Py_sq_item, mmap_item},
    {Py_sq_ass_item, mmap_set_item},
    {Py_mp_length, mmap_length},
    {Py_mp_subscript, mmap_subscript},
    {Py_mp_ass_subscript, mmap_set_subscript},
    {Py_bf_getbuffer, mmap_get_buffer},
    {Py_bf_releasebuffer, mmap_release_buffer},
    {0, NULL},
};

PyType_Spec mmap_spec = {
    .name = "tome.mmap",
    .basicsize = sizeof(mmap_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = mmap_slots,
};
