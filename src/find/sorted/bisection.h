/* Records of a sorted file: the next one from a place on, and the border between those that are less and the rest. */
#ifndef TOME_BISECTION_H
#define TOME_BISECTION_H

#include "key.h"
#include "sparing_lines.h"

/** For one thread. */
typedef struct bisection {
  const tome_key *key;
  sparing_lines lines;
  zone_memory memory;
} bisection;

/** A record's first line. */
typedef struct keyed_line {
  uint64_t offset;
  size_t length;        /* of the line, as far as it was looked at */
  tome_key_value value; /* borrowed until the next record is looked for */
} keyed_line;

/** 0 or TOME_ENOMEM, recorded. */
int tome__bisection_begin(bisection *b, tome *map, const tome_key *key, const char *operation);
void tome__bisection_end(bisection *b);

/** The first record that begins in [from, before), where `from` may lie anywhere in a line: 1, 0 if there is none, or a
 *  failure, recorded. */
int tome__next_record(bisection *b, uint64_t from, uint64_t before, keyed_line *ret);

/** As tome_bisect(). */
int tome__bisect(bisection *b, const tome_key_value *bound, int after, uint64_t *ret);

#endif
