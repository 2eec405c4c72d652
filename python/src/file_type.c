/* The type File: what a bytes object can do, on a file of any size. This is its table; the parts are in file_*.c. The class that
 * users see derives from it, in file.py, and adds what is better said in Python. */
#include "file.h"
#include "file_lines.h"
#include "file_reading.h"
#include "file_residency.h"
#include "file_search.h"
#include "file_size.h"

#include <stddef.h>

/* ---- life ---- */

static int traverse(PyObject *object, visitproc visit, void *arg) {
  file_object *self = (file_object *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->lines);
  return 0;
}

static int clear(PyObject *object) {
  Py_CLEAR(((file_object *)object)->lines);
  return 0;
}

static void dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear(object);
  mapped_clear((mapped *)object);
  Py_CLEAR(((file_object *)object)->name);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyObject *type_name(PyObject *self) {
  PyObject *type = (PyObject *)Py_TYPE(self);
  PyObject *module = PyObject_GetAttrString(type, "__module__");
  PyObject *name = module ? PyObject_GetAttrString(type, "__qualname__") : NULL;
  PyObject *both = name ? PyUnicode_FromFormat("%S.%S", module, name) : NULL;
  Py_XDECREF(module);
  Py_XDECREF(name);
  return both;
}

static PyObject *repr(PyObject *object) {
  file_object *self = (file_object *)object;
  PyObject *type = type_name(object), *text = NULL;
  if (type && self->mapped.open)
    text = PyUnicode_FromFormat("<%U %R mode='%s' size=%llu>", type, self->name, self->mode,
                                (unsigned long long)file_size(self));
  else if (type)
    text = PyUnicode_FromFormat("<%U %R closed>", type, self->name);
  Py_XDECREF(type);
  return text;
}

PyDoc_STRVAR(close_doc,
             "close($self, /)\n--\n\n"
             "Close the file. Closing it again does nothing.\n\n"
             "Bytes that were stored but lost, and that nobody was told of, are LostBytesError.\n"
             "While a buffer of the file is in use (a memoryview, a NumPy array, a View) it is\n"
             "BufferError. Any other failure closes the file all the same.");

static PyObject *close_file(PyObject *self, PyObject *none) {
  (void)none;
  file_lines_forget((file_object *)self); /* an index of the map goes before it */
  if (mapped_close((mapped *)self) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *enter(PyObject *self, PyObject *none) {
  (void)none;
  return mapped_check_open((mapped *)self) < 0 ? NULL : Py_NewRef(self);
}

static PyObject *leave(PyObject *self, PyObject *args) {
  PyObject *none = close_file(self, NULL);
  return none || mapped_leave((mapped *)self, args) < 0 ? none : Py_NewRef(Py_None);
}

static PyObject *keywords(PyObject *self, PyObject *none) {
  (void)none;
  return mapped_check_open((mapped *)self) < 0 ? NULL : file_keywords((file_object *)self);
}

/* ---- attributes ---- */

static PyObject *get_closed(PyObject *self, void *closure) {
  (void)closure;
  return PyBool_FromLong(!((mapped *)self)->open);
}

static PyObject *get_size(PyObject *self, void *closure) {
  (void)closure;
  return mapped_check_open((mapped *)self) < 0
             ? NULL
             : PyLong_FromUnsignedLongLong(file_size((file_object *)self));
}

static PyObject *get_name(PyObject *self, void *closure) {
  (void)closure;
  return Py_NewRef(((file_object *)self)->name);
}

static PyObject *get_path(PyObject *self, void *closure) {
  PyObject *path = ((mapped *)self)->path;
  (void)closure;
  return Py_NewRef(path ? path : Py_None);
}

static PyObject *get_mode(PyObject *self, void *closure) {
  (void)closure;
  return PyUnicode_FromString(((file_object *)self)->mode);
}

static PyObject *get_offset(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromUnsignedLongLong(((file_object *)self)->options.offset);
}

/* ---- buffers ---- */

static int get_buffer(PyObject *object, Py_buffer *buffer, int flags) {
  file_object *self = (file_object *)object;
  buffer->obj = NULL;
  Py_ssize_t length = file_length(object);
  return length < 0 ? -1
                    : mapped_export(&self->mapped, buffer, flags, length, file_is_writable(self));
}

static void release_buffer(PyObject *self, Py_buffer *buffer) {
  mapped_release((mapped *)self, buffer);
}

/* ---- the type ---- */

/* Not const, as a slot has it. */
static char file_doc[] =
    "File(path, mode='r', *, offset=0, length=None, create=False, grow=False,\n"
    "     sparse=False, advice=None, reserve=0, permissions=0o666)\n--\n\n"
    "A file as a sequence of bytes. See tome.open().";

static PyMethodDef methods[] = {
    {"close", close_file, METH_NOARGS, close_doc},
    {"__enter__", enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe file itself."},
    {"__exit__", leave, METH_VARARGS, "__exit__($self, kind, value, traceback, /)\n--\n\nClose."},
    {"_keywords", keywords, METH_NOARGS, "What opens the same part again."},
    FILE_SIZE_METHODS                  /**/
        FILE_SEARCH_METHODS            /**/
            FILE_READING_METHODS       /**/
                FILE_RESIDENCY_METHODS /**/
                    FILE_LINES_METHODS /**/
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"closed", get_closed, NULL, "Whether the file is closed.", NULL},
    {"size", get_size, NULL, "Bytes in the file (or the part), as len() has it.", NULL},
    {"name", get_name, NULL, "The path or descriptor, as it was given.", NULL},
    {"mode", get_mode, NULL, "'r', 'r+', 'w+', 'x+' or 'c'.", NULL},
    {"offset", get_offset, NULL, "Where in the file the part begins.", NULL},
    {"_path", get_path, NULL, "The path from the root; None: opened by a descriptor.", NULL},
    {"lines", file_get_lines, NULL, "The lines of the file, as a sequence.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(mapped, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, file_doc},
    {Py_tp_new, file_new},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_repr, repr},
    {Py_tp_iter, PySeqIter_New},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_members, members},
    {Py_sq_length, file_length},
    {Py_sq_item, file_item},
    {Py_sq_contains, file_contains},
    {Py_mp_length, file_length},
    {Py_mp_subscript, file_subscript},
    {Py_mp_ass_subscript, file_assign},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_buffer},
    {0, NULL},
};

PyType_Spec file_spec = {
    .name = "tome._tome.File",
    .basicsize = sizeof(file_object),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
