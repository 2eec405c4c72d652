/* Searching, against a naive loop, and with texts that make naive searches quadratic. */
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

/* The naive search: the expectation. */
static uint64_t first_match(const unsigned char *text, const unsigned char *needle, size_t length,
                            uint64_t from, uint64_t to) {
  for (uint64_t at = from; at + length <= to; at++)
    if (memcmp(text + at, needle, length) == 0)
      return at;
  return TOME_END;
}

static uint64_t last_match(const unsigned char *text, const unsigned char *needle, size_t length,
                           uint64_t from, uint64_t to) {
  for (uint64_t at = to; at >= from + length; at--)
    if (memcmp(text + at - length, needle, length) == 0)
      return at - length;
  return TOME_END;
}

/* TOME_END as the expectation: not found, and the output untouched. */
static void must_find(tome *map, const void *needle, size_t length, uint64_t from, uint64_t to,
                      uint64_t want) {
  uint64_t at = 7777777;
  must_return(tome_find(map, needle, length, from, to, &at), want != TOME_END);
  must_equal(at, want != TOME_END ? want : 7777777);
}

static void must_rfind(tome *map, const void *needle, size_t length, uint64_t from, uint64_t to,
                       uint64_t want) {
  uint64_t at = 7777777;
  must_return(tome_rfind(map, needle, length, from, to, &at), want != TOME_END);
  must_equal(at, want != TOME_END ? want : 7777777);
}

static void must_find_both_ways(tome *map, const unsigned char *text, const void *needle,
                                size_t length, uint64_t from, uint64_t to) {
  must_find(map, needle, length, from, to, first_match(text, needle, length, from, to));
  must_rfind(map, needle, length, from, to, last_match(text, needle, length, from, to));
}

static tome *open_text(const void *text, size_t length) {
  return open_map(make_file("text", text, length), TOME_WRITE);
}

/* ---- random texts ---- */

static void random_text(dice *any, unsigned char *text, size_t length, unsigned letters) {
  for (size_t i = 0; i < length; i++)
    text[i] = (unsigned char)("ab\0"[roll(any, letters)]);
}

/* One needle in three is taken from the text, so that long ones are found as well. */
static size_t random_needle(dice *any, const unsigned char *text, size_t size, unsigned letters,
                            unsigned char *needle) {
  size_t length = roll(any, roll(any, 4) ? 12 : 300);
  random_text(any, needle, length, letters);
  if (length <= size && roll(any, 3) == 0)
    memcpy(needle, text + roll_near_page(any, size - length), length);
  return length;
}

static void random_needles_are_found_where_a_naive_loop_finds_them(void **state) {
  (void)state;
  enum { TEXTS = 60, NEEDLES = 60 };
  unsigned char *text = malloc(3 * PAGE + 40), needle[300];
  dice any = dice_from(11);
  for (unsigned i = 0; i < TEXTS; i++) {
    unsigned letters = 1 + i % 3;
    size_t size = roll_near_page(&any, roll(&any, 3) ? 3 * PAGE + 40 : 60);
    random_text(&any, text, size, letters);
    tome *map = open_text(text, size);
    for (unsigned j = 0; j < NEEDLES; j++) {
      size_t length = random_needle(&any, text, size, letters, needle);
      uint64_t from = roll_near_page(&any, size), to = from + roll_near_page(&any, size - from);
      note("text %u of %zu bytes, needle %u of %zu bytes, [%llu, %llu)", i, size, j, length,
           (unsigned long long)from, (unsigned long long)to);
      must_find_both_ways(map, text, needle, length, from, to);
      must_find_both_ways(map, text, needle, length, 0, size);
    }
    must_succeed(tome_close(map));
  }
  free(text);
}

static void every_byte_value_is_found(void **state) {
  (void)state;
  unsigned char text[256], byte;
  for (unsigned i = 0; i < 256; i++)
    text[i] = (unsigned char)(i * 37 + 5);
  tome *map = open_text(text, sizeof text);
  for (unsigned i = 0; i < 256; i++) {
    byte = (unsigned char)i;
    must_find_both_ways(map, text, &byte, 1, 0, sizeof text);
  }
  must_succeed(tome_close(map));
}

/* ---- limits ---- */

static void a_needle_longer_than_the_range_is_not_found(void **state) {
  (void)state;
  char long_needle[300];
  memset(long_needle, 'a', sizeof long_needle);
  tome *map = open_text("aaaaaaaaaa", 10);
  must_find(map, long_needle, 11, 0, TOME_END, TOME_END);
  must_rfind(map, long_needle, 11, 0, TOME_END, TOME_END);
  must_find(map, long_needle, 300, 0, TOME_END, TOME_END);
  must_find(map, long_needle, SIZE_MAX, 0, TOME_END, TOME_END);
  must_rfind(map, long_needle, SIZE_MAX, 0, TOME_END, TOME_END);
  must_find(map, long_needle, 10, 0, 10, 0);
  must_find(map, long_needle, 10, 1, 10, TOME_END);
  must_find(map, long_needle, 5, 3, 7, TOME_END);
  must_rfind(map, long_needle, 5, 3, 7, TOME_END);
  must_succeed(tome_close(map));
}

static void an_empty_needle_is_found_at_the_edge_of_the_range(void **state) {
  (void)state;
  tome *map = open_text("0123456789", 10);
  must_find(map, "", 0, 0, TOME_END, 0);
  must_find(map, "", 0, 4, 7, 4);
  must_find(map, NULL, 0, 10, 10, 10);
  must_find(map, "", 0, 10, TOME_END, 10);
  must_rfind(map, "", 0, 0, TOME_END, 10);
  must_rfind(map, "", 0, 4, 7, 7);
  must_rfind(map, NULL, 0, 0, 0, 0);
  must_succeed(tome_close(map));
  map = open_text("", 0);
  must_find(map, "", 0, 0, TOME_END, 0);
  must_rfind(map, "", 0, 0, 0, 0);
  must_find(map, "a", 1, 0, TOME_END, TOME_END);
  must_rfind(map, "a", 1, 0, 0, TOME_END);
  must_succeed(tome_close(map));
}

static void a_range_that_is_none_is_refused(void **state) {
  (void)state;
  tome *map = open_text("0123456789", 10);
  const uint64_t bad[][2] = {{5, 4},
                             {10, 9},
                             {0, 11},
                             {11, 11},
                             {11, TOME_END},
                             {UINT64_MAX - 1, TOME_END},
                             {0, UINT64_MAX - 1},
                             {UINT64_MAX, TOME_END}};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    uint64_t at = 77;
    note("range %zu of the list", i);
    must_fail(tome_find(map, "1", 1, bad[i][0], bad[i][1], &at), TOME_ERANGE);
    must_fail(tome_rfind(map, "1", 1, bad[i][0], bad[i][1], &at), TOME_ERANGE);
    must_fail(tome_find(map, "", 0, bad[i][0], bad[i][1], &at), TOME_ERANGE);
    must_equal(at, 77);
  }
  must_succeed(tome_close(map));
}

static void where_it_was_found_need_not_be_asked(void **state) {
  (void)state;
  tome *map = open_text("0123456789", 10);
  must_return(tome_find(map, "34", 2, 0, TOME_END, NULL), 1);
  must_return(tome_rfind(map, "34", 2, 0, TOME_END, NULL), 1);
  must_return(tome_find(map, "43", 2, 0, TOME_END, NULL), 0);
  must_return(tome_rfind(map, "43", 2, 0, TOME_END, NULL), 0);
  must_succeed(tome_close(map));
}

static void matches_at_both_ends_are_found(void **state) {
  (void)state;
  const size_t size = 5 * PAGE + 3;
  unsigned char *text = new_pattern(0, size);
  memcpy(text, "\0edge", 5);
  memcpy(text + size - 5, "\0edge", 5);
  tome *map = open_text(text, size);
  must_find(map, "\0edge", 5, 0, TOME_END, 0);
  must_find(map, "\0edge", 5, 1, TOME_END, size - 5);
  must_rfind(map, "\0edge", 5, 0, TOME_END, size - 5);
  must_rfind(map, "\0edge", 5, 0, size - 1, 0);
  must_find(map, "\0edge", 5, 1, size - 1, TOME_END);
  must_rfind(map, "\0edge", 5, 1, size - 1, TOME_END);
  must_find(map, text, size, 0, TOME_END, 0);
  must_rfind(map, text, size, 0, TOME_END, 0);
  must_succeed(tome_close(map));
  free(text);
}

/* A needle at every place around each border of a page, which is where windows and blocks end. */
static void matches_across_borders_of_pages_are_found(void **state) {
  (void)state;
  const size_t size = 6 * PAGE;
  const char needle[] = "\0across\0a\0border";
  const size_t length = sizeof needle - 1;
  unsigned char *text = new_pattern(0, size);
  tome *map = open_text(text, size);
  for (uint64_t border = PAGE; border < size; border += PAGE)
    for (uint64_t at = border - length - 1; at <= border + 1; at++) {
      note("at %llu", (unsigned long long)at);
      must_succeed(tome_write(map, at, needle, length));
      must_find(map, needle, length, 0, TOME_END, at);
      must_rfind(map, needle, length, 0, TOME_END, at);
      must_find(map, needle, length, at, at + length, at);
      must_find(map, needle, length, at + 1, TOME_END, TOME_END);
      must_rfind(map, needle, length, 0, at + length - 1, TOME_END);
      must_succeed(tome_write(map, at, text + at, length));
    }
  must_succeed(tome_close(map));
  free(text);
}

static void a_needle_of_many_pages_is_found_anywhere(void **state) {
  (void)state;
  const size_t size = 20 * PAGE, length = 5 * PAGE + 7;
  unsigned char *text = new_pattern(0, size), *almost = malloc(length);
  tome *map = open_text(text, size);
  for (uint64_t at = 0; at + length <= size; at += PAGE / 2 - 1) {
    must_find(map, text + at, length, 0, TOME_END, at);
    must_rfind(map, text + at, length, 0, TOME_END, at);
    memcpy(almost, text + at, length);
    almost[length - 1] ^= 1;
    must_find(map, almost, length, 0, TOME_END, TOME_END);
    must_rfind(map, almost, length, 0, TOME_END, TOME_END);
  }
  must_succeed(tome_close(map));
  free(almost);
  free(text);
}

static void repeated_finds_give_every_overlapping_match(void **state) {
  (void)state;
  const char *text = "aaaa\0aaa\0\0aa";
  tome *map = open_text(text, 12);
  const uint64_t want[] = {0, 1, 2, 5, 6, 10};
  uint64_t from = 0, to = 12, at;
  for (int i = 0; i < 6; i++, from = at + 1) {
    must_return(tome_find(map, "aa", 2, from, TOME_END, &at), 1);
    must_equal(at, want[i]);
  }
  must_return(tome_find(map, "aa", 2, from, TOME_END, &at), 0);
  for (int i = 5; i >= 0; i--, to = at + 1) {
    must_return(tome_rfind(map, "aa", 2, 0, to, &at), 1);
    must_equal(at, want[i]);
  }
  must_return(tome_rfind(map, "aa", 2, 0, to, &at), 0);
  must_succeed(tome_close(map));
}

/* ---- linear time: with a quadratic search each of these takes minutes ---- */

enum { LONG_TEXT = 1 << 20, LONG_NEEDLE = 1 << 19 };

static void must_take_linear_time(const unsigned char *text, const unsigned char *needle,
                                  uint64_t first, uint64_t last) {
  tome *map = open_text(text, LONG_TEXT);
  must_find(map, needle, LONG_NEEDLE, 0, TOME_END, first);
  must_rfind(map, needle, LONG_NEEDLE, 0, TOME_END, last);
  must_succeed(tome_close(map));
}

static void one_letter_texts_take_linear_time(void **state) {
  (void)state;
  unsigned char *text = malloc(LONG_TEXT), *needle = malloc(LONG_NEEDLE);
  const unsigned letters[] = {'a', 0, 0xFF};
  for (int i = 0; i < 3; i++) {
    memset(text, (int)letters[i], LONG_TEXT);
    memset(needle, (int)letters[i], LONG_NEEDLE);
    must_take_linear_time(text, needle, 0, LONG_TEXT - LONG_NEEDLE);
    const size_t odd[] = {0, 1, LONG_NEEDLE / 2, LONG_NEEDLE - 1};
    for (int j = 0; j < 4; j++) {
      needle[odd[j]] ^= 1;
      must_take_linear_time(text, needle, TOME_END, TOME_END);
      needle[odd[j]] ^= 1;
    }
  }
  free(needle);
  free(text);
}

/* Fibonacci words repeat themselves as much as can be without a period. */
static void fibonacci(unsigned char *text, size_t length) {
  size_t older = 1, newer = 2;
  memcpy(text, "ab", 2);
  while (newer < length) {
    size_t copy = older < length - newer ? older : length - newer;
    memcpy(text + newer, text, copy);
    size_t sum = older + newer;
    older = newer;
    newer = sum;
  }
}

static void self_similar_texts_take_linear_time(void **state) {
  (void)state;
  unsigned char *text = malloc(LONG_TEXT), *needle = malloc(LONG_NEEDLE);
  fibonacci(text, LONG_TEXT);
  memcpy(needle, text, LONG_NEEDLE);
  needle[LONG_NEEDLE - 1] = 'c';
  must_take_linear_time(text, needle, TOME_END, TOME_END);
  needle[LONG_NEEDLE - 1] = text[LONG_NEEDLE - 1];
  needle[0] = 'c';
  must_take_linear_time(text, needle, TOME_END, TOME_END);
  for (size_t i = 0; i < LONG_TEXT; i++)
    text[i] = (unsigned char)(i % 2 ? 'b' : 'a');
  memcpy(needle, text, LONG_NEEDLE);
  must_take_linear_time(text, needle, 0, LONG_TEXT - LONG_NEEDLE);
  needle[LONG_NEEDLE / 2] = 'c';
  must_take_linear_time(text, needle, TOME_END, TOME_END);
  free(needle);
  free(text);
}

static void short_needles_in_one_letter_texts_take_linear_time(void **state) {
  (void)state;
  const size_t size = 8u << 20;
  char *text = malloc(size), needle[4096];
  memset(text, 'a', size);
  memset(needle, 'a', sizeof needle);
  needle[sizeof needle - 1] = 'b';
  tome *map = open_text(text, size);
  must_find(map, needle, sizeof needle, 0, TOME_END, TOME_END);
  must_rfind(map, needle, sizeof needle, 0, TOME_END, TOME_END);
  needle[sizeof needle - 1] = 'a';
  needle[0] = 'b';
  must_find(map, needle, sizeof needle, 0, TOME_END, TOME_END);
  must_rfind(map, needle, sizeof needle, 0, TOME_END, TOME_END);
  must_succeed(tome_close(map));
  free(text);
}

/* ---- other maps ---- */

static void offsets_count_from_the_start_of_the_part(void **state) {
  (void)state;
  const size_t size = 4 * PAGE;
  unsigned char *text = new_pattern(0, size);
  const uint64_t start = PAGE + 3, length = 2 * PAGE;
  tome *map = open_part(make_file("text", text, size), TOME_READ, start, length);
  dice any = dice_from(5);
  for (int i = 0; i < 200; i++) {
    uint64_t from = roll_near_page(&any, length), place = roll_near_page(&any, size - 8);
    must_find_both_ways(map, text + start, text + place, 8, from, length);
  }
  must_succeed(tome_close(map));
  free(text);
}

static void private_stores_are_found_in_the_copy(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("text", 3 * PAGE), TOME_COPY);
  must_succeed(tome_write(map, 2 * PAGE - 3, "\0secret", 7));
  must_find(map, "\0secret", 7, 0, TOME_END, 2 * PAGE - 3);
  must_rfind(map, "\0secret", 7, 0, TOME_END, 2 * PAGE - 3);
  must_succeed(tome_close(map));
}

static void a_match_in_a_large_hole_is_found(void **state) {
  (void)state;
  const uint64_t size = UINT64_C(64) << 20, at = size / 2 + 12345;
  tome *map = open_map(make_hole("text", size), TOME_WRITE);
  must_succeed(tome_write(map, at, "needle", 6));
  must_find(map, "needle", 6, 0, TOME_END, at);
  must_rfind(map, "needle", 6, 0, TOME_END, at);
  must_find(map, "\0needle\0", 8, 0, TOME_END, at - 1);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_needles_are_found_where_a_naive_loop_finds_them),
      TEST(every_byte_value_is_found),
      TEST(a_needle_longer_than_the_range_is_not_found),
      TEST(an_empty_needle_is_found_at_the_edge_of_the_range),
      TEST(a_range_that_is_none_is_refused),
      TEST(where_it_was_found_need_not_be_asked),
      TEST(matches_at_both_ends_are_found),
      TEST(matches_across_borders_of_pages_are_found),
      TEST(a_needle_of_many_pages_is_found_anywhere),
      TEST(repeated_finds_give_every_overlapping_match),
      TEST(one_letter_texts_take_linear_time),
      TEST(self_similar_texts_take_linear_time),
      TEST(short_needles_in_one_letter_texts_take_linear_time),
      TEST(offsets_count_from_the_start_of_the_part),
      TEST(private_stores_are_found_in_the_copy),
      TEST(a_match_in_a_large_hole_is_found),
  };
  return run_matching(tests, count, arguments);
}
