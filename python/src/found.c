/* Iterators over the places of byte strings. */
#include "mapped.h"

static void found_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot found_slots[] = {
    {Py_tp_dealloc, found_dealloc},
    {0, NULL},
};

PyType_Spec found_spec = {
    .name = "tome.found_iterator",
    .basicsize = sizeof(PyObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = found_slots,
};
