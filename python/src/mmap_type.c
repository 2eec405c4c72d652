/* The drop-in for mmap.mmap. */
#include "mapped.h"

static void mmap_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyType_Slot mmap_slots[] = {
    {Py_tp_dealloc, mmap_dealloc},
    {0, NULL},
};

PyType_Spec mmap_spec = {
    .name = "tome.mmap",
    .basicsize = sizeof(mapped),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = mmap_slots,
};
