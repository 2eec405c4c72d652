/* The two-way algorithm of Crochemore and Perrin ("Two-way string-matching", Journal of the ACM 38, 1991), run from the end:
 * index 0 is the last byte, of the needle as of the data. Linear time, constant space. */
#include "reverse_search.h"

#include <stdint.h>
#include <string.h>

/* Bytes read backwards. */
typedef struct reversed {
  const unsigned char *last;
} reversed;

static unsigned char at(reversed bytes, size_t i) {
  return *(bytes.last - i);
}

/* A needle cut in two at `left`, where its period cannot hide: nothing shorter than `period` repeats across the cut. */
typedef struct factored {
  reversed bytes;
  size_t length;
  size_t left;
  size_t period;
  int periodic; /* `period` is that of the whole needle */
} factored;

/* Where the largest suffix begins, in the order of the bytes or its opposite, and that suffix's period. */
static size_t largest_suffix(reversed needle, size_t length, int opposite, size_t *ret_period) {
  size_t start = 0, other = 1, matched = 0, period = 1;
  while (other + matched < length) {
    unsigned char a = at(needle, other + matched), b = at(needle, start + matched);
    if (a == b) {
      matched++;
      if (matched == period) {
        other += period;
        matched = 0;
      }
    } else if (opposite ? a > b : a < b) {
      other += matched + 1;
      matched = 0;
      period = other - start;
    } else {
      start = other;
      other = start + 1;
      matched = 0;
      period = 1;
    }
  }
  *ret_period = period;
  return start;
}

static int repeats(reversed needle, size_t period, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (at(needle, i) != at(needle, i + period))
      return 0;
  return 1;
}

static factored factor(const unsigned char *needle, size_t length) {
  factored f = {.bytes = {needle + length - 1}, .length = length};
  size_t one_period, other_period;
  size_t one = largest_suffix(f.bytes, length, 0, &one_period);
  size_t other = largest_suffix(f.bytes, length, 1, &other_period);
  f.left = one > other ? one : other;
  f.period = one > other ? one_period : other_period;
  f.periodic = f.left + f.period <= length && repeats(f.bytes, f.period, f.left);
  if (!f.periodic)
    f.period = (f.left > length - f.left ? f.left : length - f.left) + 1;
  return f;
}

/* How far the window moves if it does not match at `from`; 0 if it matches. The first *known bytes of the needle are known
 * to match; on return, how many are after the move. */
static size_t shift(const factored *f, reversed data, size_t from, size_t *known) {
  size_t left = *known, i = f->left > left ? f->left : left;
  *known = 0;
  while (i < f->length && at(f->bytes, i) == at(data, from + i))
    i++;
  if (i < f->length)
    return i - f->left + 1;
  i = f->left;
  while (i > left && at(f->bytes, i - 1) == at(data, from + i - 1))
    i--;
  if (i <= left)
    return 0;
  *known = f->periodic ? f->length - f->period : 0;
  return f->period;
}

const unsigned char *tome__reverse_search(const unsigned char *data, size_t length,
                                          const unsigned char *needle, size_t needle_length) {
  if (length < needle_length)
    return NULL;
  if (needle_length == 1)
    return memrchr(data, needle[0], length);
  factored f = factor(needle, needle_length);
  reversed bytes = {data + length - 1};
  size_t known = 0;
  for (size_t from = 0; from <= length - needle_length;) {
    size_t by = shift(&f, bytes, from, &known);
    if (by == 0)
      return data + length - needle_length - from;
    from += by;
  }
  return NULL;
}
