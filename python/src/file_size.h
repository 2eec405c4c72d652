/* Methods of File: what changes the file's size or its bytes at large, or brings changes to the disk. */
#ifndef TOME_PYTHON_FILE_SIZE_H
#define TOME_PYTHON_FILE_SIZE_H

#include "file.h"

PyObject *file_append(PyObject *self, PyObject *data);
PyObject *file_resize(PyObject *self, PyObject *size);
PyObject *file_refresh(PyObject *self, PyObject *none);
PyObject *file_fill(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_move(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_flush(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_check(PyObject *self, PyObject *none);

extern const char file_append_doc[], file_resize_doc[], file_refresh_doc[], file_fill_doc[],
    file_move_doc[], file_flush_doc[], file_check_doc[];

/** Entries of File's table of methods, each with a comma. */
#define FILE_SIZE_METHODS                                                                          \
  {"append", file_append, METH_O, file_append_doc},                                                \
      {"resize", file_resize, METH_O, file_resize_doc},                                            \
      {"refresh", file_refresh, METH_NOARGS, file_refresh_doc},                                    \
      {"fill", METHOD_WITH_KEYWORDS(file_fill), METH_VARARGS | METH_KEYWORDS, file_fill_doc},      \
      {"move", METHOD_WITH_KEYWORDS(file_move), METH_VARARGS | METH_KEYWORDS, file_move_doc},      \
      {"flush", METHOD_WITH_KEYWORDS(file_flush), METH_VARARGS | METH_KEYWORDS, file_flush_doc},   \
      {"check", file_check, METH_NOARGS, file_check_doc},

#endif
