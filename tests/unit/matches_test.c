/* Walks from match to match, forward and backward, against byte loops. */
#include "search_model.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t all_flags[] = {0, TOME_SEARCH_OVERLAPPING, TOME_SEARCH_BACKWARD,
                                     TOME_SEARCH_BACKWARD | TOME_SEARCH_OVERLAPPING};

static void must_walk(tome *map, const tome_pattern *pattern, uint64_t from, uint64_t to,
                      uint32_t flags, const hit_list *want) {
  tome_matches *walk = NULL;
  tome_range match = {77, 78};
  hit_list got = {0};
  must_succeed(tome_matches_begin(&walk, map, pattern, from, to, flags));
  int r;
  while ((r = tome_matches_next(walk, &match)) == 1)
    add_hit(&got, match.offset, match.length, 0);
  must_equal(r, 0);
  must_be_same_hits(&got, want);
  for (int again = 0; again < 2; again++) {
    match = (tome_range){77, 78};
    must_return(tome_matches_next(walk, &match), 0);
    must(match.offset == 77 && match.length == 78);
  }
  tome_matches_end(walk);
  free(got.items);
}

/* The same a few at a time, and now and then one by itself. */
static void must_walk_by_some(tome *map, const tome_pattern *pattern, uint64_t from, uint64_t to,
                              uint32_t flags, const hit_list *want) {
  tome_matches *walk = NULL;
  tome_range some[7];
  hit_list got = {0};
  size_t count;
  int r = 1;
  must_succeed(tome_matches_begin(&walk, map, pattern, from, to, flags));
  for (size_t room = 0; r == 1; room = (room + 1) % 8) {
    count = room ? 77 : 1;
    r = room ? tome_matches_some(walk, some, room, &count) : tome_matches_next(walk, some);
    must(r == 0 || count <= (room ? room : 1));
    for (size_t i = 0; r == 1 && i < count; i++)
      add_hit(&got, some[i].offset, some[i].length, 0);
  }
  must_equal(r, 0);
  must_be_same_hits(&got, want);
  must_return(tome_matches_some(walk, some, 7, &count), 0);
  must_equal(count, 0);
  tome_matches_end(walk);
  free(got.items);
}

static void some_matches_come_without_a_search_beyond_their_piece(void **state) {
  (void)state;
  const size_t size = (size_t)3 << 20, last = size - 5;
  tome_range some[8];
  size_t count = 0, calls = 0;
  tome *map = open_anonymous(size);
  must_succeed(tome_write(map, 10, "word", 4));
  must_succeed(tome_write(map, last, "word", 4));
  tome_pattern *pattern = pattern_of_string("word", 0);
  tome_matches *walk = NULL;
  must_succeed(tome_matches_begin(&walk, map, pattern, 0, TOME_END, 0));
  must_return(tome_matches_some(walk, some, 8, &count), 1);
  must_equal(count, 1);
  must_equal(some[0].offset, 10);
  do {
    must_return(tome_matches_some(walk, some, 8, &count), 1);
    calls++;
  } while (count == 0);
  must(calls >= (size >> 20));
  must_equal(count, 1);
  must_equal(some[0].offset, last);
  must_return(tome_matches_some(walk, some, 8, &count), 0);
  tome_matches_end(walk);
  tome_pattern_free(pattern);
  must_succeed(tome_close(map));
}

/* Of one needle, from the end: each ends where the one before begins or earlier, if they may not overlap. */
static hit_list model_backward(const unsigned char *text, uint64_t from, uint64_t to,
                               const tome_needle *needle, int overlapping) {
  hit_list list = {0};
  uint64_t length = needle->length, end = to;
  while (end - from >= length) {
    uint64_t at = end - length;
    int hit = length == 0 || memcmp(text + at, needle->data, length) == 0;
    if (hit)
      add_hit(&list, at, length, 0);
    uint64_t step = hit && !overlapping && length > 0 ? length : 1;
    if (end - from < step)
      break;
    end -= step;
  }
  return list;
}

static void must_walk_all_ways(tome *map, const unsigned char *text, const needles *some,
                               uint64_t from, uint64_t to) {
  tome_pattern *pattern = pattern_of(some);
  for (size_t i = 0; i < 4; i++) {
    int overlapping = (all_flags[i] & TOME_SEARCH_OVERLAPPING) != 0;
    int backward = (all_flags[i] & TOME_SEARCH_BACKWARD) != 0;
    if (backward && (some->count != 1 || some->flags))
      continue;
    hit_list want = backward ? model_backward(text, from, to, &some->items[0], overlapping)
                             : model_matches(text, from, to, some, overlapping);
    must_walk(map, pattern, from, to, all_flags[i], &want);
    must_walk_by_some(map, pattern, from, to, all_flags[i], &want);
    free(want.items);
  }
  tome_pattern_free(pattern);
}

static void random_needles_are_walked_as_by_a_byte_loop(void **state) {
  (void)state;
  const char *letters[] = {"a", "ab", "abA", "a\0b"};
  const size_t counts[] = {1, 2, 3, 3};
  unsigned char *text = malloc(7 * PAGE), room[2048];
  dice any = dice_from(61);
  for (unsigned i = 0; i < how_many(24, 600); i++) {
    size_t size = roll_near_page(&any, roll(&any, 4) ? 7 * PAGE : 50);
    random_letters(&any, text, size, letters[i % 4], counts[i % 4]);
    tome *map = open_in_pages(text, size);
    for (unsigned j = 0; j < 10; j++) {
      needles some = random_needles(&any, text, size, letters[i % 4], counts[i % 4], room);
      uint64_t from = roll(&any, 2) ? 0 : roll_near_page(&any, size);
      uint64_t to = roll(&any, 2) ? size : from + roll_near_page(&any, size - from);
      note("text %u, %zu bytes; needles %u; [%llu, %llu)", i, size, j, (unsigned long long)from,
           (unsigned long long)to);
      must_walk_all_ways(map, text, &some, from, to);
    }
    must_succeed(tome_close(map));
  }
  free(text);
}

static void case_is_ignored_backward_too(void **state) {
  (void)state;
  const char text[] = "abABaBAbabbaBAB";
  tome *map = open_in_pages(text, sizeof text - 1);
  tome_pattern *pattern = pattern_of_string("AbAb", TOME_PATTERN_IGNORE_CASE);
  const uint64_t places[] = {11, 6, 4, 2, 0};
  hit_list want = {0};
  for (size_t i = 0; i < 5; i++)
    add_hit(&want, places[i], 4, 0);
  must_walk(map, pattern, 0, TOME_END, TOME_SEARCH_BACKWARD | TOME_SEARCH_OVERLAPPING, &want);
  want.items[2].offset = 2;
  want.count = 3;
  must_walk(map, pattern, 0, TOME_END, TOME_SEARCH_BACKWARD, &want);
  free(want.items);
  tome_pattern_free(pattern);
  must_succeed(tome_close(map));
}

static void letters_of_all_sizes(void) {
  const size_t size = 100000;
  unsigned char *text = malloc(size);
  memset(text, 'a', size);
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  const size_t lengths[] = {0, 1, 2, 3, 50, 5000, 99998, 100000};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    needles some = {.items = {{text, lengths[i]}}, .count = 1};
    note("needle of %zu bytes", lengths[i]);
    must_walk_all_ways(map, text, &some, 0, size);
  }
  must_succeed(tome_close(map));
  free(text);
}

static void every_place_may_be_a_match(void **state) {
  (void)state;
  letters_of_all_sizes();
}

/* Comparing all of the needle at each overlap would take hours. */
static void overlapping_matches_of_a_long_needle_take_linear_time(void **state) {
  (void)state;
  const size_t size = 4u << 20, length = 1u << 20;
  unsigned char *text = malloc(size);
  for (size_t period = 1; period < 400000; period = period * 71 + 1) {
    for (size_t i = 0; i < size; i++)
      text[i] = i % period == 0 ? 'b' : 'a';
    text[size / 2 + 3] = 'c';
    needles some = {.items = {{text, length}}, .count = 1};
    tome *map = open_map(make_file("text", text, size), TOME_READ);
    tome_pattern *pattern = pattern_of(&some);
    hit_list want = {0}, backward = {0};
    for (uint64_t at = 0; at + length <= size; at += period) {
      if (at + length > size / 2 + 3 && at <= size / 2 + 3)
        continue;
      add_hit(&want, at, length, 0);
    }
    for (size_t i = want.count; i-- > 0;)
      add_hit(&backward, want.items[i].offset, length, 0);
    note("period %zu", period);
    must_walk(map, pattern, 0, TOME_END, TOME_SEARCH_OVERLAPPING, &want);
    must_walk(map, pattern, 0, TOME_END, TOME_SEARCH_OVERLAPPING | TOME_SEARCH_BACKWARD, &backward);
    free(want.items);
    free(backward.items);
    tome_pattern_free(pattern);
    must_succeed(tome_close(map));
  }
  free(text);
}

static void walks_that_cannot_be_are_refused(void **state) {
  (void)state;
  tome *map = open_in_pages("0123456789", 10);
  needles two = {.items = {{"1", 1}, {"2", 1}}, .count = 2};
  tome_pattern *one = pattern_of_string("1", 0), *many = pattern_of(&two);
  tome_matches *walk = NULL;
  must_fail(tome_matches_begin(&walk, map, many, 0, TOME_END, TOME_SEARCH_BACKWARD), TOME_ENOTSUP);
  must_fail(tome_matches_begin(&walk, map, one, 0, TOME_END, TOME_SEARCH_LINES), TOME_EINVAL);
  must_fail(tome_matches_begin(&walk, map, one, 0, TOME_END, 1u << 30), TOME_EINVAL);
  must_fail(tome_matches_begin(&walk, map, one, 5, 4, 0), TOME_ERANGE);
  must_fail(tome_matches_begin(&walk, map, one, 0, 11, 0), TOME_ERANGE);
  must_fail(tome_matches_begin(&walk, map, one, 11, TOME_END, TOME_SEARCH_BACKWARD), TOME_ERANGE);
  must(walk == NULL);
  tome_matches_end(NULL);
  tome_pattern_free(one);
  tome_pattern_free(many);
  must_succeed(tome_close(map));
}

static void a_walk_sees_stores_of_a_private_map(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("text", 3 * PAGE), TOME_COPY);
  tome_pattern *pattern = pattern_of_string("secret", 0);
  hit_list want = {0};
  must_succeed(tome_write(map, 2 * PAGE - 3, "secret", 6));
  add_hit(&want, 2 * PAGE - 3, 6, 0);
  for (size_t i = 0; i < 4; i++)
    must_walk(map, pattern, 0, TOME_END, all_flags[i], &want);
  free(want.items);
  tome_pattern_free(pattern);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_needles_are_walked_as_by_a_byte_loop),
      TEST(some_matches_come_without_a_search_beyond_their_piece),
      TEST(case_is_ignored_backward_too),
      TEST(every_place_may_be_a_match),
      TEST(overlapping_matches_of_a_long_needle_take_linear_time),
      TEST(walks_that_cannot_be_are_refused),
      TEST(a_walk_sees_stores_of_a_private_map),
  };
  return run_matching(tests, count, arguments);
}
