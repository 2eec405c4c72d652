/* Searching a byte at a time: the expectation. */
#ifndef SEARCH_BY_BYTES_H
#define SEARCH_BY_BYTES_H

#include "test_support.h"

typedef struct needle {
  const unsigned char *bytes;
  size_t length;
  int ignore_case; /* it is in lower case then */
} needle;

const unsigned char *first_by_bytes(needle n, const unsigned char *data, size_t length);
const unsigned char *last_by_bytes(needle n, const unsigned char *data, size_t length);

/** The smallest distance, above 0, by which the needle can be moved so that it agrees with itself. */
size_t period_by_bytes(needle n);

/** The finder finds both. */
void must_find_as_by_bytes(needle n, const unsigned char *data, size_t length);

/** Bytes by chance, from the first so many of what is hard: a few letters in both cases, what lies next to letters, zeros, and
 *  bytes that differ from them in the highest bit. */
void fill_by_chance(dice *any, unsigned char *bytes, size_t length, unsigned letters);
void turn_to_lower_case(unsigned char *bytes, size_t length);

/** Words in which much repeats and nothing three times (Thue and Morse), and in which all is as regular as it can be without a
 *  period (Fibonacci). */
void fill_thue_morse(unsigned char *bytes, size_t length);
void fill_fibonacci(unsigned char *bytes, size_t length);

#endif
