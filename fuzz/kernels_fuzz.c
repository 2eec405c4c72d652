/* The fuzz target of searching memory: an input is a needle and what it is searched in, and all kernels that are here must find
 * what a loop over the bytes finds.
 *
 * The first byte is how: whether case is ignored, and whether the needle and the data are repeated, so that short inputs make
 * long ones with a period; the next two how long they become then; the next how long the needle is in the input. */
#include "fuzz_input.h"
#include "kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IGNORE_CASE = 1, REPEAT_NEEDLE = 2, REPEAT_DATA = 4 };

static const char *const names[] = {"scalar", "sse2", "avx2", "avx512", "neon"};

/* In memory of exactly that size, so that a sanitizer sees who reads behind it. */
typedef struct text {
  unsigned char *bytes;
  size_t length;
} text;

typedef struct search {
  text needle, data;
  int ignore_case;
} search;

static text new_text(const uint8_t *bytes, size_t size, size_t length) {
  text t = {malloc(length ? length : 1), length};
  for (size_t i = 0; i < length; i++)
    t.bytes[i] = bytes[i % size];
  return t;
}

static unsigned char lower(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte - 'A' + 'a') : byte;
}

static int lies_at(const search *s, size_t at) {
  for (size_t i = 0; i < s->needle.length; i++) {
    unsigned char byte = s->data.bytes[at + i];
    if ((s->ignore_case ? lower(byte) : byte) != s->needle.bytes[i])
      return 0;
  }
  return 1;
}

/* Where occurrences begin, first and last; the data's length if there are none. */
typedef struct places {
  size_t first, last;
} places;

static places by_bytes(const search *s) {
  size_t length = s->data.length;
  places p = {length, length};
  for (size_t at = 0; at + s->needle.length <= length; at++)
    if (lies_at(s, at)) {
      p.first = p.first == length ? at : p.first;
      p.last = at;
    }
  return p;
}

static void must_be(const char *what, const search *s, size_t got, size_t want) {
  if (got == want)
    return;
  fprintf(stderr, "%s of %s: %zu, and not %zu\n", what, tome__kernels_name(), got, want);
  fprintf(stderr, "needle of %zu bytes in %zu, case %s\n", s->needle.length, s->data.length,
          s->ignore_case ? "ignored" : "kept");
  abort();
}

static size_t offset(const search *s, const unsigned char *at) {
  return at ? (size_t)(at - s->data.bytes) : s->data.length;
}

static void check_finder(const search *s, places want) {
  finder f;
  tome__finder_begin(&f, s->needle.bytes, s->needle.length, s->ignore_case);
  const unsigned char *first = tome__finder_first(&f, s->data.bytes, s->data.length);
  const unsigned char *last = tome__finder_last(&f, s->data.bytes, s->data.length);
  must_be("first", s, offset(s, first), want.first);
  must_be("last", s, offset(s, last), want.last);
}

static void check_bytes(const search *s) {
  text needle = s->needle, data = s->data;
  search one = {{needle.bytes, 1}, data, 0};
  places want = by_bytes(&one);
  size_t count = 0;
  for (size_t i = 0; i < data.length; i++)
    count += data.bytes[i] == needle.bytes[0];
  const unsigned char *first = tome__first_byte(data.bytes, data.length, needle.bytes[0]);
  const unsigned char *last = tome__last_byte(data.bytes, data.length, needle.bytes[0]);
  must_be("first byte", s, offset(s, first), want.first);
  must_be("last byte", s, offset(s, last), want.last);
  must_be("count", s, tome__count_byte(data.bytes, data.length, needle.bytes[0]), count);
}

static void check(const search *s) {
  places want = by_bytes(s);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (tome__kernels_force(names[i])) {
      check_finder(s, want);
      check_bytes(s);
    }
  tome__kernels_force(NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = {data, data + size};
  unsigned how = take_byte(&in);
  size_t long_needle = take_byte(&in) * 2, long_data = take_byte(&in) * 5;
  size_t length = 1 + take_byte(&in), rest = (size_t)(in.end - in.at);
  if (rest == 0)
    return 0;
  length = length < rest ? length : rest;
  search s = {.ignore_case = (how & IGNORE_CASE) != 0};
  s.needle = new_text(in.at, length, how & REPEAT_NEEDLE ? 1 + long_needle : length);
  rest -= length;
  s.data = new_text(in.at + length, rest, how & REPEAT_DATA && rest > 0 ? long_data : rest);
  for (size_t i = 0; s.ignore_case && i < s.needle.length; i++)
    s.needle.bytes[i] = lower(s.needle.bytes[i]);
  check(&s);
  free(s.needle.bytes);
  free(s.data.bytes);
  return 0;
}
