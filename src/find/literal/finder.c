/* A byte string in memory. The work is done by the kernels; here is which of the needle's bytes they look for.
 *
 * A search is as fast as its candidates are few: the bytes that are rare in most data are looked for first, wherever in the needle
 * they are, and each of another value than the others. */
#include "finder.h"

#include "byte_frequency.h"
#include "kernels.h"
#include "two_way.h"

#include <string.h>

/* Two bytes as frequent as that are found together in one block of a hundred. */
enum { COMMON_PAIR = 420 };

static int is_letter(unsigned char byte) {
  return byte >= 'a' && byte <= 'z';
}

static int has_letters(const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (is_letter(bytes[i]))
      return 1;
  return 0;
}

static unsigned frequency(const finder *f, size_t at) {
  return tome__byte_frequency[f->needle[at]];
}

/* How little a byte tells that the first `count` rare ones did not; less is better. Where one letter is, its neighbours are likely
 * to be; and the same byte again leaves texts that are full of it. */
static unsigned told(const finder *f, size_t at, int count) {
  unsigned all = frequency(f, at);
  for (int i = 0; i < count; i++) {
    size_t distance = at > f->rare[i] ? at - f->rare[i] : f->rare[i] - at;
    if (distance == 0)
      all += 1024;
    else if (f->needle[f->rare[i]] == f->needle[at])
      all += 256;
    else if (distance < 4)
      all += 20 >> (distance - 1);
  }
  return all;
}

static size_t rarest(const finder *f, int count) {
  size_t best = 0;
  unsigned least = told(f, 0, count);
  for (size_t i = 1; i < f->length; i++) {
    unsigned all = told(f, i, count);
    if (all < least) {
      least = all;
      best = i;
    }
  }
  return best;
}

static void fill_head(finder *f) {
  size_t length = f->length < FINDER_HEAD ? f->length : FINDER_HEAD;
  memcpy(f->head, f->needle, length);
  f->head_bits = length < 64 ? (UINT64_C(1) << length) - 1 : UINT64_MAX;
  for (size_t i = 0; i < length; i++)
    f->head_fold[i] = tome__finder_fold(f, i);
}

void tome__finder_begin(finder *f, const unsigned char *needle, size_t length, int ignore_case) {
  *f = (finder){.needle = needle, .length = length};
  f->fold = ignore_case && has_letters(needle, length);
  for (int i = 0; i < 3; i++)
    f->rare[i] = rarest(f, i);
  f->common = frequency(f, f->rare[0]) + frequency(f, f->rare[1]) > COMMON_PAIR;
  fill_head(f);
}

const unsigned char *tome__finder_first(const finder *f, const unsigned char *data, size_t length) {
  if (length < f->length)
    return NULL;
  if (f->length == 1 && !f->fold)
    return tome__first_byte(data, length, f->needle[0]);
  return tome__kernels()->first(f, data, length);
}

const unsigned char *tome__finder_last(const finder *f, const unsigned char *data, size_t length) {
  if (length < f->length)
    return NULL;
  if (f->length == 1 && !f->fold)
    return tome__last_byte(data, length, f->needle[0]);
  return tome__kernels()->last(f, data, length);
}

size_t tome__finder_period(const finder *f) {
  return tome__cut_begin(f, 0).period;
}

const unsigned char *tome__first_byte(const unsigned char *data, size_t length,
                                      unsigned char byte) {
  return tome__kernels()->first_byte(data, length, byte);
}

const unsigned char *tome__last_byte(const unsigned char *data, size_t length, unsigned char byte) {
  return tome__kernels()->last_byte(data, length, byte);
}

size_t tome__count_byte(const unsigned char *data, size_t length, unsigned char byte) {
  return tome__kernels()->count_byte(data, length, byte);
}
