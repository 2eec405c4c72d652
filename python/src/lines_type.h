/* Lines: the lines of a File, or of parts of it, as a sequence; and their iterator. */
#ifndef TOME_PYTHON_LINES_TYPE_H
#define TOME_PYTHON_LINES_TYPE_H

#include "lines_index.h"

/** A part of a file that begins and ends with lines. */
typedef struct line_part {
  tome_range range;
  uint64_t before; /* lines in the parts before it; 0 where there is only one */
} line_part;

/** Parts in the order of the file. The interpreter lock guards the number of holders. */
typedef struct line_parts {
  Py_ssize_t holders;
  size_t count;   /* may be 0 */
  uint64_t lines; /* in all of them; UINT64_MAX: not counted yet */
  line_part part[];
} line_parts;

line_parts *line_parts_hold(line_parts *parts);
/** May be NULL. */
void line_parts_release(line_parts *parts);

/** Lines of a file. @param parts  taken over, also on failure; NULL: all of the file. NULL: raised. */
PyObject *lines_new(file_object *file, line_parts *parts);

/** What an iterator goes over. Numbers of lines that are not known to be there may be too large. */
typedef struct line_walk {
  file_object *file;
  line_parts *parts; /* or NULL */
  size_t part;       /* that it begins in */
  uint64_t offset;   /* where its first line begins; backwards: ends */
  int backward;
  uint64_t count; /* of lines at most */
  uint64_t step;  /* every so many lines */
} line_walk;

/** Part `i` of a file; without parts there is one, which ends where the file does. */
static inline tome_range line_part_range(const line_parts *parts, size_t i) {
  return parts ? parts->part[i].range : WHOLE_FILE;
}

PyObject *lines_iterator_new(const line_walk *walk);

#endif
