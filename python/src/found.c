/* Iterators over the places of byte strings. */
#include "found.h"

typedef struct found_object {
  PyObject_HEAD
  match_walk walk;
} found_object;

PyObject *found_new(file_object *file, tome_pattern *pattern, tome_range where, uint32_t flags) {
  PyTypeObject *type = file->mapped.state->found;
  found_object *self = (found_object *)type->tp_alloc(type, 0);
  if (!self) {
    tome_pattern_free(pattern);
    return NULL;
  }
  if (walk_begin(&self->walk, file, pattern, where, flags) < 0)
    Py_CLEAR(self);
  return (PyObject *)self;
}

static PyObject *found_next(PyObject *object) {
  found_object *self = (found_object *)object;
  tome_range match;
  if (walk_next(&self->walk, &match) != 1)
    return NULL;
  return PyLong_FromUnsignedLongLong(match.offset);
}

static int found_traverse(PyObject *object, visitproc visit, void *arg) {
  found_object *self = (found_object *)object;
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->walk.file);
  return 0;
}

static int found_clear(PyObject *object) {
  walk_end(&((found_object *)object)->walk);
  return 0;
}

static void found_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  (void)found_clear(object);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyType_Slot found_slots[] = {
    {Py_tp_dealloc, found_dealloc},  {Py_tp_traverse, found_traverse}, {Py_tp_clear, found_clear},
    {Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, found_next},     {0, NULL},
};

PyType_Spec found_spec = {
    .name = "tome.found_iterator",
    .basicsize = sizeof(found_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = found_slots,
};
