/* The lines of a text, found by going through it byte by byte: what is expected of those who are faster. */
#ifndef LINE_MODEL_H
#define LINE_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include <tome/lines.h>

/** Lines, in order. All zeros: none. */
typedef struct line_model {
  tome_line *lines;
  size_t count, room;
} line_model;

/** Make it the lines of [from, to) of the text, as a text of its own. */
void make_model(line_model *m, const unsigned char *text, uint64_t from, uint64_t to,
                uint32_t ends);
void free_model(line_model *m);

/** The line is this one, given as tome_line or as its three fields in braces. */
#define must_be_line(got, ...) check_line(__FILE__, __LINE__, (got), __VA_ARGS__)
void check_line(const char *file, int line, tome_line got, tome_line want);

#endif
