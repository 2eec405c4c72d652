/* Decimal numbers in text: compared exactly, however long they are. */
#ifndef TOME_KEY_NUMBER_H
#define TOME_KEY_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/** A number as it was written, without what means nothing. Points into the text. */
typedef struct decimal {
  int sign;          /* -1, 0, 1 */
  int64_t magnitude; /* 0.ddd times ten to the power of this */
  const unsigned char *digits,
      *behind; /* from the first one that is not zero; perhaps with a point among them */
} decimal;

/** Read one at the beginning of the text: how many bytes it is, or 0. [+-] digits [. digits] [e [+-] digits]. */
size_t tome__decimal_read(const unsigned char *text, size_t length, decimal *ret);

/** Less than 0, 0, more than 0. */
int tome__decimal_compare(const decimal *a, const decimal *b);

/** high * 10^18 + low billionths, 0 <= low < 10^18. */
typedef struct billionths {
  int64_t high, low;
} billionths;

/** Cut off below; what is too large is the largest there is. The larger one of two numbers never has the smaller result. */
billionths tome__decimal_billionths(const decimal *number);

/** Whether b - a > c. */
int tome__billionths_exceed(billionths a, billionths b, billionths c);

#endif
