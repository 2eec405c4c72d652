/* Iterators over the places of byte strings, and over matches of expressions. */
#ifndef TOME_PYTHON_FOUND_H
#define TOME_PYTHON_FOUND_H

#include "match_walk.h"

/** An iterator over offsets (found.c). Takes the pattern over. NULL: raised. */
PyObject *found_new(file_object *file, tome_pattern *pattern, tome_range where, uint32_t flags);

/** An iterator over Match objects (matches.c). Takes the pattern over. NULL: raised. */
PyObject *matches_new(file_object *file, tome_pattern *pattern, tome_range where);

#endif
