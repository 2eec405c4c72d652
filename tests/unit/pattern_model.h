/* What a pattern must find, by the simplest means: at each place of a text a model is asked which match begins there. And matchers
 * held to it, in all the ways in which they can be asked. */
#ifndef PATTERN_MODEL_H
#define PATTERN_MODEL_H

#include "matcher.h"
#include "test_support.h"

#define NO_MATCH SIZE_MAX

/** The length of the match that begins at text[at], or NO_MATCH. */
typedef size_t match_model(const void *context, const unsigned char *text, size_t length,
                           size_t at);

typedef struct pattern_case {
  const tome_pattern *pattern;
  match_model *model;
  const void *context;
  int in_lines;
  int may_go_astray; /* expressions may need too many steps */
} pattern_case;

/** The pattern finds in the text what the model says: matches, overlapping ones, lines; whole and in stretches. `any` picks the
 *  stretches. Returns 1, or 0 if the pattern went astray. */
int must_agree(const pattern_case *c, const unsigned char *text, size_t length, dice *any);

/** A pattern that must be made. */
tome_pattern *new_pattern_of(const tome_needle *needles, size_t count, uint32_t flags);

/** The lines that match, by tome__matcher_lines(), as text: "1,3,7," counted from 1. Valid until the next call. */
const char *matching_lines(const tome_pattern *pattern, const char *text);

/** All matches, by tome__matcher_all(), as text: "0+3,7+1,". Valid until the next call. */
const char *all_matches(const tome_pattern *pattern, const char *text);

#endif
