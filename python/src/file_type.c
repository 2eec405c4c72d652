/* The type File: what a bytes object can do, on a file. */
#include "file.h"
#include "file_lines.h"
#include "file_reading.h"
#include "file_residency.h"
#include "file_search.h"
#include "file_size.h"

static PyMethodDef methods[] = {
    FILE_SIZE_METHODS                  /**/
        FILE_SEARCH_METHODS            /**/
            FILE_READING_METHODS       /**/
                FILE_RESIDENCY_METHODS /**/
                    FILE_LINES_METHODS /**/
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"lines", file_get_lines, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  mapped_clear((mapped *)object);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {0, NULL},
};

PyType_Spec file_spec = {
    .name = "tome.File",
    .basicsize = sizeof(file_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
