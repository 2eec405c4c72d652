/* The lines of one file by their numbers: from its index, if one is kept, else by counting. */
#ifndef TOME_CLI_LINE_SOURCE_H
#define TOME_CLI_LINE_SOURCE_H

#include <tome/tome.h>

#include "size_text.h"

struct line_source {
  tome *map;
  const char *name;
  tome_lines_options counting;
  tome_line_index *index; /* or NULL */
  uint64_t number;        /* counted to: this line, 0: none yet */
  tome_line line;
};

/* Open the file, and its index if one is kept, which is brought up to date. `ends`: TOME_LINES_….
 * Returns 0, or complains and returns -1. */
int line_source_open(struct line_source *source, const char *file, uint32_t ends);
void line_source_close(struct line_source *source);

/* Make the index, or bring it up to date, and keep it. Returns 0, or complains and returns -1. */
int line_source_index(struct line_source *source);

/* How many lines there are. Returns 0, or complains and returns -1. */
int line_source_count(struct line_source *source, uint64_t *ret_count);

/* The line of a number, from 1 at either end. Returns 1, 0 if there are not so many, or complains
 * and returns -1. */
int line_source_line(struct line_source *source, struct position number, tome_line *ret_line);

#endif
