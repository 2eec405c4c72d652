/* Lines of a file, wherever they are looked for, read a page at a time. */
#ifndef TOME_SPARING_LINES_H
#define TOME_SPARING_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <tome/base.h>

/** For one thread. */
typedef struct sparing_lines {
  tome *map;
  const char *operation; /* the public call */
  uint64_t size;         /* of the map when it began */
  unsigned char *buffer; /* bytes [start, start + have) */
  uint64_t start;
  size_t have, step;
} sparing_lines;

/** 0 or TOME_ENOMEM, recorded. */
int tome__lines_begin(sparing_lines *lines, tome *map, const char *operation);
void tome__lines_end(sparing_lines *lines);

/** The beginning of the line at `at`: all of it without its end, or its first `reach` bytes (LINE_HEAD at most). Borrowed until the next
 *  call. A failure is recorded. Pre: at < size. */
int tome__lines_head(sparing_lines *lines, uint64_t at, size_t reach, const unsigned char **ret,
                     size_t *ret_length);

/** Where the line behind the one that `at` is in begins; `size` if there is none, or where it begins at `stop` or behind it some place
 *  from there on. */
int tome__lines_next(sparing_lines *lines, uint64_t at, uint64_t stop, uint64_t *ret);

/** Read bytes of a map by a call that leaves nothing else in memory. Records nothing: fails with the code, *ret_done, the bytes before the
 *  failure, and *ret_lost. Pre: inside the map. */
int tome__read_sparingly(tome *map, uint64_t offset, void *buffer, size_t length, size_t *ret_done,
                         tome_range *ret_lost);

/** How long a line is without its end: `length` bytes that do not hold the LF. */
static inline size_t tome__without_return(const unsigned char *line, size_t length) {
  return length && line[length - 1] == '\r' ? length - 1 : length;
}

#endif
