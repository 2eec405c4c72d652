/* Arithmetic on ranges of bytes. */
#ifndef TOME_RANGE_H
#define TOME_RANGE_H

#include <tome/base.h>

static inline uint64_t tome__range_end(tome_range range) {
  return range.offset + range.length;
}

/** The smallest range around both; an empty one does not count. */
static inline tome_range tome__range_hull(tome_range a, tome_range b) {
  if (a.length == 0 || b.length == 0)
    return a.length ? a : b;
  uint64_t from = a.offset < b.offset ? a.offset : b.offset;
  uint64_t to = tome__range_end(a) > tome__range_end(b) ? tome__range_end(a) : tome__range_end(b);
  return (tome_range){from, to - from};
}

/** What lies in both; length 0 if nothing does. */
static inline tome_range tome__range_overlap(tome_range a, tome_range b) {
  uint64_t from = a.offset > b.offset ? a.offset : b.offset;
  uint64_t to = tome__range_end(a) < tome__range_end(b) ? tome__range_end(a) : tome__range_end(b);
  return (tome_range){from, to > from ? to - from : 0};
}

/** `a` without `b`, or all of `a` where that would leave two pieces. */
static inline tome_range tome__range_without(tome_range a, tome_range b) {
  tome_range both = tome__range_overlap(a, b);
  if (both.length == 0)
    return a;
  if (both.offset == a.offset)
    return (tome_range){tome__range_end(both), a.length - both.length};
  if (tome__range_end(both) == tome__range_end(a))
    return (tome_range){a.offset, a.length - both.length};
  return a;
}

#endif
