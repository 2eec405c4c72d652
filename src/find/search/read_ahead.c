/* Keeping the disk at work ahead of those who read a file piece by piece.
 *
 * The kernel reads ahead by itself for one who reads in order, but not for several, nor backward, and not far enough for a fast
 * disk. Asking costs time where everything is in memory; so one page of each stretch is looked for first, which speaks for all of
 * it. Near its start a search may end soon: no more is asked for than was read. */
#include "read_ahead.h"

#include "range.h"

#define MEBI ((uint64_t)1 << 20)
#define MOST_AHEAD (8 * MEBI)
#define ASKED_AT_ONCE MEBI

void tome__read_ahead_begin(read_ahead *a, uint64_t begin) {
  *a = (read_ahead){begin, begin};
}

/* How far ahead, when so much was read and so much is left. */
static uint64_t distance(uint64_t read, uint64_t left) {
  uint64_t most = read < MOST_AHEAD ? read : MOST_AHEAD;
  return most < left ? most : left;
}

/* Little at a time is not worth it, but at the end. */
static int is_worth_it(uint64_t length, uint64_t left) {
  return length >= ASKED_AT_ONCE || (length > 0 && left == 0);
}

tome_range tome__read_ahead_up(read_ahead *a, uint64_t at, uint64_t to) {
  uint64_t target = at + distance(at - a->begin, to - at);
  uint64_t from = a->asked > at ? a->asked : at;
  uint64_t length = target > from ? target - from : 0;
  if (!is_worth_it(length, to - target))
    return (tome_range){from, 0};
  a->asked = target;
  return (tome_range){from, length};
}

tome_range tome__read_ahead_down(read_ahead *a, uint64_t at, uint64_t from) {
  uint64_t target = at - distance(a->begin - at, at - from);
  uint64_t to = a->asked < at ? a->asked : at;
  uint64_t length = target < to ? to - target : 0;
  if (!is_worth_it(length, target - from))
    return (tome_range){target, 0};
  a->asked = target;
  return (tome_range){target, length};
}

static int is_in_memory(const tome *map, uint64_t at) {
  return tome__inside(map->reach, at, 1) && tome__os_is_resident(map->base + at, 1);
}

tome_range tome__read_ahead_ask(tome *map, tome_range range) {
  tome_range cold = {0, 0};
  uint64_t end = map->forced_window ? range.offset : tome__range_end(range), n;
  for (uint64_t at = range.offset; at < end; at += n) {
    n = end - at < ASKED_AT_ONCE ? end - at : ASKED_AT_ONCE;
    if (is_in_memory(map, at))
      continue;
    tome__os_read_ahead(&map->file, map->origin + at, n);
    cold = tome__range_hull(cold, (tome_range){at, n});
  }
  return cold;
}
