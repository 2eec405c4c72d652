/* Ranges of a file as Python gives them: pairs, slices, or an array. */
#ifndef TOME_PYTHON_RANGES_H
#define TOME_PYTHON_RANGES_H

#include "file.h"

typedef struct range_list {
  tome_range *items; /* owned */
  size_t count;
} range_list;

/** Convert an iterable of pairs (offset, length) and slices, or an integer array of shape (n, 2) that exports a buffer. Runs what
 *  Python code they have.
 *  @param[out] ret  its items are the caller's to free with PyMem_Free(); untouched on failure
 *  @return 0, or -1 and raised: TypeError, ValueError (negative, not in the file, a slice with a step), or the file is closed. */
int ranges_parse(file_object *file, PyObject *object, range_list *ret);

#endif
