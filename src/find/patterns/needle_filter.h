/* Passing over the text where no needle can begin.
 *
 * Each needle is cut to its first bytes: `stride` windows of `width` bytes, one at each of its first `stride` places. A table of
 * bits has one for the hash of each of these windows. So it suffices to look at every stride-th place of the text: a needle that
 * begins at or before it, by less than the stride, has one of its windows there. */
#ifndef TOME_NEEDLE_FILTER_H
#define TOME_NEEDLE_FILTER_H

#include <stddef.h>
#include <stdint.h>
#include <tome/pattern.h>

typedef struct needle_filter {
  uint64_t *bits;
  unsigned shift;       /* of the hash, that the number of a bit is left */
  size_t width, stride; /* width 0: there is no filter, needles may begin anywhere */
  uint32_t
      fold; /* what is set in windows before they are hashed, so that upper and lower case are the same */
} needle_filter;

/** Pre: count > 0. In lower case if case is ignored. Returns 0 or TOME_ENOMEM. */
int tome__filter_begin(needle_filter *filter, const tome_needle *needles, size_t count,
                       int ignore_case);
void tome__filter_end(needle_filter *filter);

/** The first place, from `at` on, in steps of the stride, whose window may be a needle's; `length` if there is none. Needles begin
 *  there or less than a stride before. */
size_t tome__filter_next(const needle_filter *filter, const unsigned char *data, size_t at,
                         size_t length);

#endif
