/* The ends of lines in a map: finding one, and counting many. */
#ifndef TOME_LINE_ENDS_H
#define TOME_LINE_ENDS_H

#include "map_state.h"

#include <tome/lines.h>

/** Bytes of which the ends are counted together; see line_index_image.h. */
#define LINE_STRETCH ((size_t)128 << 10)

/** 0, or TOME_EINVAL recorded. */
int tome__line_ends_check(const tome *map, const char *operation, uint32_t ends);

/** Record the failure of a call that reads; `lost` are the bytes concerned, if it is about bytes. */
int tome__line_fail(const tome *map, const char *operation, int code, tome_range lost);

/** The last byte of every end. */
static inline unsigned char tome__line_end_byte(uint32_t ends) {
  return ends == TOME_LINES_NUL ? '\0' : '\n';
}

/** The first `end` in [from, to), or the last one: 1, 0 or, with the bytes in *ret_lost, a code. */
int tome__line_end_first(tome *map, unsigned char end, uint64_t from, uint64_t to, uint64_t *ret_at,
                         tome_range *ret_lost);
int tome__line_end_last(tome *map, unsigned char end, uint64_t from, uint64_t to, uint64_t *ret_at,
                        tome_range *ret_lost);

/** The line [begin, next), the last of its text if it is not `ended`: 0 or, with the bytes in *ret_lost, a code. */
int tome__line_make(tome *map, uint32_t ends, uint64_t begin, uint64_t next, int ended,
                    tome_line *ret_line, tome_range *ret_lost);

/** Ends to be counted. Filled by the caller, up to the results. */
typedef struct line_count {
  tome *map;
  unsigned char end;
  uint32_t threads; /* as in tome_lines_options, as the next two */
  int (*progress)(void *context, uint64_t done, uint64_t total);
  void *context;
  uint64_t done, total; /* for progress: before the range, and in all */
  tome_range range;     /* inside the map */
  uint32_t *
      stretches; /* NULL, or how many there are in each LINE_STRETCH from the start of the range on */
  uint64_t count;  /* result */
  tome_range lost; /* result of a failure */
} line_count;

/** Count: 0 or TOME_ELOST, with the first byte that was lost, TOME_ECANCELED, TOME_ENOMEM. */
int tome__line_count(line_count *job);

/** Where in `data` the end number `number` is, from 1; `length` if there are not so many. */
size_t tome__line_end_nth(const unsigned char *data, size_t length, unsigned char end,
                          uint64_t number);

#endif
