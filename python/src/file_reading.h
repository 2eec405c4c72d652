/* Methods of File: gather, prefetch, view. */
#ifndef TOME_PYTHON_FILE_READING_H
#define TOME_PYTHON_FILE_READING_H

#include "file.h"

PyObject *file_gather(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_prefetch(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_view(PyObject *self, PyObject *args, PyObject *keywords);
extern const char file_gather_doc[], file_prefetch_doc[], file_view_doc[];

#define FILE_READING_METHOD(name)                                                                  \
  {#name, METHOD_WITH_KEYWORDS(file_##name), METH_VARARGS | METH_KEYWORDS, file_##name##_doc},

/** Entries of File's table of methods, each with a comma. */
#define FILE_READING_METHODS                                                                       \
  FILE_READING_METHOD(gather) FILE_READING_METHOD(prefetch) FILE_READING_METHOD(view)

#endif
