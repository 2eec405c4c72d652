/* Methods of File: find, rfind, index, rindex, count (file_search.c); findall, finditer (file_patterns.c). */
#ifndef TOME_PYTHON_FILE_SEARCH_H
#define TOME_PYTHON_FILE_SEARCH_H

#include "file.h"

/** Where to search, of the arguments `start` and `end` (NULL: not given), which mean what they mean to bytes.find(). Runs their
 *  __index__.
 *  @param[out] ret  set if 1
 *  @return 1, 0 (nothing is found there, not even an empty byte string), or -1 and raised, also where the file is closed. */
int file_where(file_object *self, PyObject *start, PyObject *end, tome_range *ret);

/** A byte string to search for as an object that nobody can change: of bytes the same, of another buffer a copy. NULL: raised. */
PyObject *file_needle(PyObject *object);
/** The same, or of an integer the one byte. */
PyObject *file_needle_or_byte(PyObject *object);

PyObject *file_find(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_rfind(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_index(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_rindex(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_count(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_findall(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *file_finditer(PyObject *self, PyObject *args, PyObject *keywords);
extern const char file_find_doc[], file_rfind_doc[], file_index_doc[], file_rindex_doc[],
    file_count_doc[], file_findall_doc[], file_finditer_doc[];

#define FILE_SEARCH_METHOD(name)                                                                   \
  {#name, METHOD_WITH_KEYWORDS(file_##name), METH_VARARGS | METH_KEYWORDS, file_##name##_doc},

/** Entries of File's table of methods, each with a comma. */
#define FILE_SEARCH_METHODS                                                                        \
  FILE_SEARCH_METHOD(find)                                                                         \
  FILE_SEARCH_METHOD(rfind)                                                                        \
  FILE_SEARCH_METHOD(index)                                                                        \
  FILE_SEARCH_METHOD(rindex)                                                                       \
  FILE_SEARCH_METHOD(count)                                                                        \
  FILE_SEARCH_METHOD(findall)                                                                      \
  FILE_SEARCH_METHOD(finditer)

#endif
