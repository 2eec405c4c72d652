/* Keeping the disk at work ahead of those who read a file piece by piece. */
#ifndef TOME_READ_AHEAD_H
#define TOME_READ_AHEAD_H

#include "map_state.h"

/** How far the disk was asked, and where the reading began. */
typedef struct read_ahead {
  uint64_t begin;
  uint64_t asked;
} read_ahead;

/** Begin at an offset of the map. */
void tome__read_ahead_begin(read_ahead *a, uint64_t begin);
/** What to ask for now that all up to `at` is read or being read, and no more than up to `to` will be: it counts as asked. */
tome_range tome__read_ahead_up(read_ahead *a, uint64_t at, uint64_t to);
/** The same for reading from the end: all from `at` on is read, and no more than from `from` on will be. */
tome_range tome__read_ahead_down(read_ahead *a, uint64_t at, uint64_t from);
/** Ask for it, where it is not in memory; returns the part of it that was not, or a little more. */
tome_range tome__read_ahead_ask(tome *map, tome_range range);

#endif
