/* Where the lines of a file are, by their numbers, from 0.
 *
 * Lines near the beginning or the end of a file are found by looking there. The first question about any other builds an
 * index, in memory, that belongs to the File: a capsule in its field `lines`. What the file has grown by since is counted by
 * itself, until it is worth a new index. A change of bytes in place is no growth: who makes one says so (file_lines.h).
 *
 *     lines_call call;
 *     if (lines_begin(&call, file) < 0)
 *       return NULL;
 *     r = lines_...(&call, ...);              the interpreter lock is given up; Ctrl-C ends it
 *     if (lines_end(&call, r) < 0)
 *       return NULL;
 */
#ifndef TOME_PYTHON_LINES_INDEX_H
#define TOME_PYTHON_LINES_INDEX_H

#include "file.h"

/** What is known of a file's lines: by the index, and by what was counted behind `base`. All zeros: nothing. */
typedef struct known_lines {
  tome_line_index *index;
  uint64_t covered, lines;     /* what the index covers, in bytes and in lines */
  uint64_t base, base_lines;   /* so many of them have their ends, and this is where they end */
  uint64_t whole, whole_lines; /* the same of what was counted since */
  uint64_t counted;            /* up to here: behind `whole` there is no end of a line */
} known_lines;

/** Calls about the lines of one file. */
typedef struct lines_call {
  file_object *file; /* borrowed */
  open_map *held;
  PyObject *capsule; /* that the file's lines are known by, or NULL */
  known_lines known; /* a copy of it, or a new one */
  int is_new;
  uint64_t forgotten; /* the file's count when the call began */
} lines_call;

/** 0, or -1 and raised: closed. */
int lines_begin(lines_call *call, file_object *file);
/** Keep what was learned. @param r  the result of the last call, which is returned; less than 0: -1 and raised. */
int lines_end(lines_call *call, int r);

/* Each is 1, 0 (there is no such line) or less: the library's code. `text` is a part of the file that begins and ends with
 * lines, and is taken as a text of its own; what of it lies behind the end of the file is not there. */

#define WHOLE_FILE ((tome_range){0, TOME_END})

/** How many lines. Always 1 or less than 0. */
int lines_count(lines_call *call, tome_range text, uint64_t *ret_count);
/** The line of a number, from 0. */
int lines_nth(lines_call *call, tome_range text, uint64_t number, tome_line *ret);
/** The line of a number from the end, where 1 is the last; with `only_near` 0 also if that would take more than a short look. */
int lines_nth_last(lines_call *call, tome_range text, uint64_t number, int only_near,
                   tome_line *ret);
/** The number of the line that a byte of the text belongs to. */
int lines_number(lines_call *call, tome_range text, uint64_t offset, uint64_t *ret_number);

#endif
