/* What slices of lines mean.
 *
 * A Lines is what it is of (a file, or parts of it) and slices, one taken of the other, as they were asked for. What they mean is
 * found out at each use, by what is needed for it: f.lines[10:20] looks for line 10, f.lines[-10:] for the tenth from
 * the end, and only what cannot be told without it has all lines counted.
 *
 * The calls are for between lines_begin() and lines_end(); their results are as in lines_index.h. */
#ifndef TOME_PYTHON_LINES_SELECTION_H
#define TOME_PYTHON_LINES_SELECTION_H

#include "lines_type.h"

/** More lines than there can be. */
#define ENDLESS UINT64_MAX

typedef struct line_slice {
  Py_ssize_t start, stop, step; /* as PySlice_Unpack() has it */
} line_slice;

typedef struct lines_object {
  PyObject_VAR_HEAD file_object *file;
  line_parts *parts; /* or NULL */
  line_slice slices[];
} lines_object;

/** What slices come to: lines first, first + step and so on; from the end, where 1 is the last, these numbers count down. */
typedef struct selection {
  int from_end;
  int exact; /* the last of them is there; else `count` is what there is at most, step > 0 and not from_end */
  uint64_t first, count;
  int64_t step;
} selection;

static inline int lines_are_in_one_part(const lines_object *self) {
  return !self->parts || self->parts->count == 1;
}

/** How many lines there are before any slice. */
int lines_count_all(lines_object *self, lines_call *call, uint64_t *ret);
/** A line from the end, before any slice, as lines_nth_last(). Pre: in one part. */
int lines_find_last(const lines_object *self, lines_call *call, uint64_t number, int only_near,
                    tome_line *ret);

/** What the slices mean now. 1, or less than 0. */
int lines_resolve(lines_object *self, lines_call *call, selection *s);
/** Find out how many there are. 1, or less than 0. */
int lines_make_exact(lines_object *self, lines_call *call, selection *s);
/** Line `i` of a selection, and the part that it is in. Pre: i < s->count, and its number fits in an int64_t. */
int lines_find_selected(const lines_object *self, lines_call *call, const selection *s, uint64_t i,
                        size_t *ret_part, tome_line *ret);

#endif
