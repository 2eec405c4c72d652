/* Matches of one byte string: overlapping ones, and from the end. */
#ifndef TOME_SEARCH_OVERLAP_H
#define TOME_SEARCH_OVERLAP_H

#include "finder.h"
#include "matcher.h"

/** A byte string whose matches may overlap. All zeros: there is none, or the empty one. */
typedef struct overlap {
  const finder *whole;
  size_t period;      /* of which it is a repetition; 0: it is none */
  finder first, last; /* its first and last so many bytes */
} overlap;

/** Pre: the pattern is one byte string, not empty; it stays. */
void tome__overlap_begin(overlap *o, const tome_pattern *pattern);
/** As tome__matcher_all() for overlapping matches, in linear time. */
int tome__overlap_all(const overlap *o, const stretch *text, size_t at, size_t before,
                      uint64_t most, spans *ret, size_t *ret_at);

#endif
