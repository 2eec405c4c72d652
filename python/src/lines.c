/* The lines of a file as a sequence. */
#include "mapped.h"

static void lines_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot lines_slots[] = {
    {Py_tp_dealloc, lines_dealloc},
    {0, NULL},
};

PyType_Spec lines_spec = {
    .name = "tome.Lines",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lines_slots,
};

static void lines_iterator_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot lines_iterator_slots[] = {
    {Py_tp_dealloc, lines_iterator_dealloc},
    {0, NULL},
};

PyType_Spec lines_iterator_spec = {
    .name = "tome.lines_iterator",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = lines_iterator_slots,
};
