/* Matches of patterns, and iterators over them. */
#include "mapped.h"

static void matches_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot matches_slots[] = {
    {Py_tp_dealloc, matches_dealloc},
    {0, NULL},
};

PyType_Spec matches_spec = {
    .name = "tome.matches_iterator",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = matches_slots,
};

static void match_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot match_slots[] = {
    {Py_tp_dealloc, match_dealloc},
    {0, NULL},
};

PyType_Spec match_spec = {
    .name = "tome.Match",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = match_slots,
};
