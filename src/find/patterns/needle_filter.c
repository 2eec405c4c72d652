/* Passing over the text where no needle can begin; see needle_filter.h. */
#include "needle_filter.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

enum { WIDEST = 4, LONGEST_STRIDE = 4, FEWEST_BITS = 15, MOST_BITS = 20 };

/* `width` is known where this is inlined. */
static inline uint32_t window(const unsigned char *at, size_t width) {
  uint32_t bytes = at[0];
  if (width == WIDEST) {
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
  }
  for (size_t i = 1; i < width; i++)
    bytes |= (uint32_t)at[i] << (8 * i);
  return bytes;
}

static inline uint32_t hash(uint32_t window, unsigned shift) {
  return window * UINT32_C(0x9E3779B1) >> shift;
}

static inline size_t scan(const needle_filter *filter, const unsigned char *data, size_t at,
                          size_t length, size_t width) {
  const uint64_t *bits = filter->bits;
  uint32_t fold = filter->fold;
  unsigned shift = filter->shift;
  for (; length >= width && at <= length - width; at += filter->stride) {
    uint32_t number = hash(window(data + at, width) | fold, shift);
    if (bits[number / 64] >> number % 64 & 1)
      return at;
  }
  return length;
}

size_t tome__filter_next(const needle_filter *filter, const unsigned char *data, size_t at,
                         size_t length) {
  switch (filter->width) {
  case 0:
    return at;
  case 1:
    return scan(filter, data, at, length, 1);
  case 2:
    return scan(filter, data, at, length, 2);
  case 3:
    return scan(filter, data, at, length, 3);
  default:
    return scan(filter, data, at, length, WIDEST);
  }
}

/* A window in 32 of the others, by chance, has a bit that is set: larger tables do not fit the nearest memory. */
static unsigned table_bits(size_t windows) {
  unsigned bits = FEWEST_BITS;
  while (bits < MOST_BITS && (size_t)1 << bits < 32 * windows)
    bits++;
  return bits;
}

static void add(needle_filter *filter, const tome_needle *needle) {
  const unsigned char *bytes = needle->data;
  for (size_t i = 0; i < filter->stride; i++) {
    uint32_t number = hash(window(bytes + i, filter->width) | filter->fold, filter->shift);
    filter->bits[number / 64] |= UINT64_C(1) << number % 64;
  }
}

int tome__filter_begin(needle_filter *filter, const tome_needle *needles, size_t count,
                       int ignore_case) {
  size_t shortest = SIZE_MAX;
  for (size_t i = 0; i < count; i++)
    if (needles[i].length < shortest)
      shortest = needles[i].length;
  *filter = (needle_filter){.width = shortest < WIDEST ? shortest : WIDEST, .stride = 1};
  if (filter->width == 0)
    return 0;
  size_t places = shortest - filter->width + 1;
  filter->stride = places < LONGEST_STRIDE ? places : LONGEST_STRIDE;
  filter->fold = ignore_case ? UINT32_C(0x20202020) >> 8 * (WIDEST - filter->width) : 0;
  unsigned bits = table_bits(count * filter->stride);
  filter->shift = 32 - bits;
  filter->bits = tome__os_new((size_t)1 << (bits - 6), sizeof *filter->bits);
  if (!filter->bits)
    return TOME_ENOMEM;
  for (size_t i = 0; i < count; i++)
    add(filter, &needles[i]);
  return 0;
}

void tome__filter_end(needle_filter *filter) {
  tome__os_free(filter->bits);
}
