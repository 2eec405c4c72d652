/* Methods of File: what of it is in memory, and what that costs. */
#ifndef TOME_PYTHON_FILE_RESIDENCY_H
#define TOME_PYTHON_FILE_RESIDENCY_H

#include "file.h"

PyObject *file_residency(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_resident_pages(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_warm(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_evict(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_lock(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_unlock(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_stats(PyObject *self, PyObject *none);
PyObject *file_info(PyObject *self, PyObject *none);

extern const char file_residency_doc[], file_resident_pages_doc[], file_warm_doc[],
    file_evict_doc[], file_lock_doc[], file_unlock_doc[], file_stats_doc[], file_info_doc[];

#define FILE_RANGE_METHOD(name)                                                                    \
  { #name, METHOD_WITH_KEYWORDS(file_##name), METH_VARARGS | METH_KEYWORDS, file_##name##_doc }

/** Entries of File's table of methods, each with a comma. */
#define FILE_RESIDENCY_METHODS                                                                     \
  FILE_RANGE_METHOD(residency)                                                                     \
  , FILE_RANGE_METHOD(resident_pages), FILE_RANGE_METHOD(warm), FILE_RANGE_METHOD(evict),          \
      FILE_RANGE_METHOD(lock), FILE_RANGE_METHOD(unlock),                                          \
      {"stats", file_stats, METH_NOARGS, file_stats_doc},                                          \
      {"info", file_info, METH_NOARGS, file_info_doc},

#endif
