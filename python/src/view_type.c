/* A range of a file as a buffer, whose end tells what was lost.
 *
 * The file counts it as one of its own buffers until it is released. Within a `with` block it is at hand as a memoryview, which
 * ends with the block; what was taken from that (slices, arrays) must be gone by then. */
#include "file.h"

#include <stddef.h>

typedef struct view_object {
  PyObject_HEAD
  file_object *file;
  tome_view *view; /* NULL: released */
  uint64_t offset;
  int readonly;
  Py_ssize_t exports;
  PyObject *memory; /* of the `with` block, else NULL */
  PyObject *weak_references;
} view_object;

PyObject *view_new(file_object *file, tome_range range, uint32_t intent) {
  PyTypeObject *type = file->mapped.state->view;
  int writable = (intent & TOME_VIEW_WRITE) != 0;
  if (writable && file_check_writable(file) < 0)
    return NULL;
  view_object *self = (view_object *)type->tp_alloc(type, 0);
  if (!self)
    return NULL;
  self->file = (file_object *)Py_NewRef((PyObject *)file);
  self->offset = range.offset;
  self->readonly = !writable;
  self->view = mapped_begin_view(&file->mapped, range, intent);
  if (!self->view)
    Py_CLEAR(self);
  return (PyObject *)self;
}

/* ---- life ---- */

static int traverse(PyObject *object, visitproc visit, void *arg) {
  view_object *self = (view_object *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->file);
  Py_VISIT(self->memory);
  return 0;
}

static int clear(PyObject *object) {
  Py_CLEAR(((view_object *)object)->memory);
  return 0;
}

static void dealloc(PyObject *object) {
  view_object *self = (view_object *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->weak_references)
    PyObject_ClearWeakRefs(object);
  clear(object);
  if (self->view)
    mapped_drop_view(&self->file->mapped, self->view);
  Py_CLEAR(self->file);
  type->tp_free(object);
  Py_DECREF(type);
}

static int check_held(const view_object *self) {
  if (self->view)
    return 0;
  PyErr_SetString(PyExc_ValueError, "the view has been released");
  return -1;
}

PyDoc_STRVAR(release_doc,
             "release($self, /)\n--\n\n"
             "End the view. Ending it again does nothing.\n\n"
             "LostBytesError: bytes of it were lost while it was there, and were read\n"
             "as zeros. BufferError: a memoryview or an array still uses it.");

static PyObject *release(PyObject *object, PyObject *none) {
  view_object *self = (view_object *)object;
  tome_view *view = self->view;
  (void)none;
  if (!view)
    Py_RETURN_NONE;
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "the view is in use by a memoryview or an array");
    return NULL;
  }
  self->view = NULL;
  if (mapped_end_view(&self->file->mapped, view) < 0)
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *enter(PyObject *object, PyObject *none) {
  view_object *self = (view_object *)object;
  (void)none;
  if (check_held(self) < 0)
    return NULL;
  if (!self->memory)
    self->memory = PyMemoryView_FromObject(object);
  return Py_XNewRef(self->memory);
}

static PyObject *leave(PyObject *object, PyObject *args) {
  view_object *self = (view_object *)object;
  (void)args;
  if (self->memory) {
    PyObject *memory = Py_NewRef(self->memory);
    PyObject *none = PyObject_CallMethod(memory, "release", NULL);
    Py_DECREF(memory);
    if (!none)
      return NULL;
    Py_DECREF(none);
    Py_CLEAR(self->memory);
  }
  return release(object, NULL);
}

/* ---- what it is ---- */

static Py_ssize_t length(PyObject *object) {
  view_object *self = (view_object *)object;
  return check_held(self) < 0 ? -1 : (Py_ssize_t)self->view->length;
}

static PyObject *repr(PyObject *object) {
  view_object *self = (view_object *)object;
  if (!self->view)
    return PyUnicode_FromString("<tome.View released>");
  return PyUnicode_FromFormat("<tome.View offset=%llu length=%zd readonly=%s>",
                              (unsigned long long)self->offset, (Py_ssize_t)self->view->length,
                              self->readonly ? "True" : "False");
}

static PyObject *get_offset(PyObject *self, void *closure) {
  (void)closure;
  return PyLong_FromUnsignedLongLong(((view_object *)self)->offset);
}

static PyObject *get_readonly(PyObject *self, void *closure) {
  (void)closure;
  return PyBool_FromLong(((view_object *)self)->readonly);
}

static int get_buffer(PyObject *object, Py_buffer *buffer, int flags) {
  view_object *self = (view_object *)object;
  buffer->obj = NULL;
  if (check_held(self) < 0)
    return -1;
  int r = PyBuffer_FillInfo(buffer, object, self->view->data, (Py_ssize_t)self->view->length,
                            self->readonly, flags);
  self->exports += r == 0;
  return r;
}

static void release_buffer(PyObject *self, Py_buffer *buffer) {
  (void)buffer;
  ((view_object *)self)->exports--;
}

/* ---- the type ---- */

/* Not const, as a slot has it. */
static char doc[] =
    "A range of a file as a buffer.\n\n"
    "    with f.view(100, 200) as bytes:   # a memoryview\n"
    "        ...\n\n"
    "The bytes stay where they are while the file grows. If they are lost (the file was\n"
    "cut, its disk failed) they are zeros, and the end of the block is LostBytesError.";

static PyMethodDef methods[] = {
    {"release", release, METH_NOARGS, release_doc},
    {"__enter__", enter, METH_NOARGS, "__enter__($self, /)\n--\n\nA memoryview of it."},
    {"__exit__", leave, METH_VARARGS,
     "__exit__($self, kind, value, traceback, /)\n--\n\nEnd it, and tell what was lost."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"offset", get_offset, NULL, "Where in the file (or the part) it begins.", NULL},
    {"readonly", get_readonly, NULL, "Whether nothing can be stored in it.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(view_object, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, doc},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_repr, repr},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_members, members},
    {Py_sq_length, length},
    {Py_mp_length, length},
    {Py_bf_getbuffer, get_buffer},
    {Py_bf_releasebuffer, release_buffer},
    {0, NULL},
};

PyType_Spec view_spec = {
    .name = "tome.View",
    .basicsize = sizeof(view_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
