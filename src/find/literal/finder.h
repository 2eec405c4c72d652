/* A byte string made ready to be searched for in memory. */
#ifndef TOME_FINDER_H
#define TOME_FINDER_H

#include <stddef.h>
#include <stdint.h>

#define FINDER_HEAD 64

/** Filled by tome__finder_begin(); from then on read by any number of threads. Holds no memory of its own. */
typedef struct finder {
  const unsigned char *needle; /* borrowed; in lower case where case is ignored */
  size_t length;
  int fold;       /* case is ignored, and there are letters in it */
  size_t rare[3]; /* where the bytes are that are likely to be rarest, the rarest first */
  int common;     /* even these are common: the third is looked for together with the others */
  uint64_t head_bits;
  unsigned char head
      [FINDER_HEAD]; /* the first 64 bytes; zeros where the needle is shorter, and there is no bit */
  unsigned char head_fold[FINDER_HEAD]; /* tome__finder_fold() of each */
} finder;

/** Make ready. With `ignore_case` a-z in the data match A-Z too.
 *  Pre: length > 0; the needle stays where it is, and is in lower case if case is ignored. Linear in the needle. */
void tome__finder_begin(finder *f, const unsigned char *needle, size_t length, int ignore_case);

/** The first, or last, occurrence in `data`, or NULL. Reads nothing outside data[0, length). Linear in `length` for any
 *  needle, without memory of its own. */
const unsigned char *tome__finder_first(const finder *f, const unsigned char *data, size_t length);
const unsigned char *tome__finder_last(const finder *f, const unsigned char *data, size_t length);

/** The smallest distance at which two occurrences can lie, if that is at most half the needle's length; else a distance that
 *  two keep at least, and more than half the length. Linear in the needle. */
size_t tome__finder_period(const finder *f);

/** The first, or last, byte `byte` in `data`, or NULL; and how many there are. As fast as memory. */
const unsigned char *tome__first_byte(const unsigned char *data, size_t length, unsigned char byte);
const unsigned char *tome__last_byte(const unsigned char *data, size_t length, unsigned char byte);
size_t tome__count_byte(const unsigned char *data, size_t length, unsigned char byte);

/** What is set in a byte of the data before it is compared with the needle's byte `at`: the bit that tells a from A, or nothing. */
static inline unsigned char tome__finder_fold(const finder *f, size_t at) {
  return f->fold && f->needle[at] >= 'a' && f->needle[at] <= 'z' ? 0x20 : 0;
}

#endif
