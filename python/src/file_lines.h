/* Methods of File: between. And what File's lines must be told of. */
#ifndef TOME_PYTHON_FILE_LINES_H
#define TOME_PYTHON_FILE_LINES_H

#include "file.h"

PyObject *file_between(PyObject *self, PyObject *args, PyObject *keywords);
extern const char file_between_doc[];

/** Entries of File's table of methods, each with a comma. */
#define FILE_LINES_METHODS                                                                         \
  {"between", METHOD_WITH_KEYWORDS(file_between), METH_VARARGS | METH_KEYWORDS, file_between_doc},

/** Forget where the lines are: after what is in the file was changed other than by growing, also if that failed half-way;
 *  and before the map is closed. An index that somebody is building at this moment is not kept. */
static inline void file_lines_forget(file_object *self) {
  self->lines_forgotten++;
  Py_CLEAR(self->lines);
}

int file_lines_look(file_object *self, uint64_t offset, const void *data, Py_ssize_t length);

/** Whether to forget them after these bytes are stored: not if neither the bytes nor those that they replace hold a newline.
 *  What is larger than a few KiB is not looked at. To be asked before the bytes are stored. Pre: open. */
static inline int file_lines_may_change(file_object *self, uint64_t offset, const void *data,
                                        Py_ssize_t length) {
  return !self->lines || file_lines_look(self, offset, data, length);
}

#endif
