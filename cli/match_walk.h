/* All matches of a byte string, overlapping ones too, in order. Linear in the range for any needle,
 * however much its matches overlap. */
#ifndef TOME_CLI_MATCH_WALK_H
#define TOME_CLI_MATCH_WALK_H

#include <stddef.h>
#include <stdint.h>

#include <tome/tome.h>

struct match_walk {
  tome *map;
  const unsigned char *needle; /* borrowed */
  size_t length;
  size_t period;       /* the smallest distance at which two matches can lie */
  unsigned char *tail; /* room for `period` bytes; NULL if matches cannot overlap */
  uint64_t begin;
  uint64_t next; /* no match before this one is left to be told */
  uint64_t end;
  int after_match; /* there is a match at next - period */
};

/* Of `length` bytes, at least 1, in [from, to). Returns 0, or less if there is no memory. */
int match_walk_begin(struct match_walk *walk, tome *map, const unsigned char *needle, size_t length,
                     uint64_t from, uint64_t to);

/* 1 the next match is at *ret, 0 no more, less than 0 as tome_find(). */
int match_walk_next(struct match_walk *walk, uint64_t *ret);

void match_walk_end(struct match_walk *walk);

/* The last match in [from, to). 1 it is at *ret, 0 there is none, less than 0 as tome_rfind(). */
int match_last(tome *map, const unsigned char *needle, size_t length, uint64_t from, uint64_t to,
               uint64_t *ret);

#endif
