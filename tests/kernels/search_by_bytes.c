#include "search_by_bytes.h"

#include "finder.h"

static unsigned char lower(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte - 'A' + 'a') : byte;
}

static int lies_at(needle n, const unsigned char *data) {
  for (size_t i = 0; i < n.length; i++)
    if ((n.ignore_case ? lower(data[i]) : data[i]) != n.bytes[i])
      return 0;
  return 1;
}

const unsigned char *first_by_bytes(needle n, const unsigned char *data, size_t length) {
  for (size_t at = 0; at + n.length <= length; at++)
    if (lies_at(n, data + at))
      return data + at;
  return NULL;
}

const unsigned char *last_by_bytes(needle n, const unsigned char *data, size_t length) {
  for (size_t at = length; at >= n.length; at--)
    if (lies_at(n, data + at - n.length))
      return data + at - n.length;
  return NULL;
}

size_t period_by_bytes(needle n) {
  for (size_t period = 1; period < n.length; period++)
    if (lies_at((needle){n.bytes, n.length - period, 0}, n.bytes + period))
      return period;
  return n.length;
}

void must_find_as_by_bytes(needle n, const unsigned char *data, size_t length) {
  finder f;
  tome__finder_begin(&f, n.bytes, n.length, n.ignore_case);
  must(tome__finder_first(&f, data, length) == first_by_bytes(n, data, length));
  must(tome__finder_last(&f, data, length) == last_by_bytes(n, data, length));
}

void fill_by_chance(dice *any, unsigned char *bytes, size_t length, unsigned letters) {
  static const unsigned char hard[] = "abAB\0@`[{zZ\x80\xE1\xC1\xFF";
  for (size_t i = 0; i < length; i++)
    bytes[i] = hard[roll(any, letters)];
}

void turn_to_lower_case(unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    bytes[i] = lower(bytes[i]);
}

void fill_thue_morse(unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++)
    bytes[i] = i == 0 ? 'a' : (i % 2 == 0) == (bytes[i / 2] == 'a') ? 'a' : 'b';
}

/* The golden string: what is at i tells whether the multiples of the golden ratio pass a whole number there. */
void fill_fibonacci(unsigned char *bytes, size_t length) {
  size_t before = 1, there = 2;
  for (size_t i = 0; i < length; i++) {
    if (i == before + there) {
      size_t sum = before + there;
      before = there;
      there = sum;
    }
    bytes[i] = i < 2 ? (unsigned char)("ab"[i]) : bytes[i - there];
  }
}
