/* Searches that meet a file that was cut: what lies before the loss is told, then where it is. */
#include "emulator_limits.h"
#include "search_model.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES = 60 };

typedef struct cutting {
  hit_list hits;
  uint64_t cut_to;
  int done;
} cutting;

/* At the first hits. The others of the search may be ahead by some pieces, never by half of the file. */
static int cut(void *context, const tome_hit *hits, size_t count) {
  cutting *c = context;
  for (size_t i = 0; i < count; i++)
    add_hit(&c->hits, hits[i].offset, hits[i].length, 0);
  if (!c->done)
    truncate_elsewhere(in_dir("text"), c->cut_to);
  c->done = 1;
  return 0;
}

static void all_matches_before_a_cut_are_told(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t size = PAGES * UNIT;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome_pattern *pattern = pattern_of_string("word", 0);
  for (uint64_t cut_to = 40 * UNIT - 1000; cut_to < 40 * UNIT + 1000; cut_to += 250)
    for (size_t i = 0; i < 3; i++) {
      tome *map = open_in_pages(text, size);
      cutting c = {.cut_to = cut_to};
      tome_search_options options = TOME_SEARCH_INIT;
      options.threads = thread_counts[i];
      options.found = cut;
      options.context = &c;
      uint64_t count;
      note("cut at %llu, %u threads", (unsigned long long)cut_to, thread_counts[i]);
      must_fail(tome_search(map, pattern, &options, &count), TOME_ELOST);
      check_loss(__FILE__, __LINE__, cut_to, size);
      must_equal(count, c.hits.count);
      hit_list part = {want.items, count, 0};
      must_be_same_hits(&c.hits, &part);
      must(count < want.count && want.items[count].offset + 4 > lost_from(cut_to));
      free(c.hits.items);
      must_succeed(tome_close(map));
    }
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

/* A line whose end was cut away is none. */
static void all_whole_lines_before_a_cut_are_told(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t size = PAGES * UNIT;
  unsigned char *text = malloc(size);
  needles some = {.items = {{"", 0}}, .count = 1, .flags = TOME_PATTERN_IN_LINES};
  memset(text, '.', size);
  for (uint64_t at = 90; at < size; at += 300)
    text[at] = '\n';
  hit_list want = model_lines(text, 0, size, &some, 0);
  tome_pattern *pattern = pattern_of(&some);
  for (uint64_t cut_to = 40 * UNIT - 400; cut_to < 40 * UNIT + 400; cut_to += 37)
    for (size_t i = 0; i < 3; i++) {
      tome *map = open_in_pages(text, size);
      cutting c = {.cut_to = cut_to};
      tome_search_options options = TOME_SEARCH_INIT;
      options.flags = TOME_SEARCH_LINES;
      options.threads = thread_counts[i];
      options.found = cut;
      options.context = &c;
      uint64_t count;
      note("cut at %llu, %u threads", (unsigned long long)cut_to, thread_counts[i]);
      must_fail(tome_search(map, pattern, &options, &count), TOME_ELOST);
      check_loss(__FILE__, __LINE__, cut_to, size);
      must_equal(count, c.hits.count);
      hit_list part = {want.items, count, 0};
      must_be_same_hits(&c.hits, &part);
      must(want.items[count].offset + want.items[count].length + 1 > cut_to);
      free(c.hits.items);
      must_succeed(tome_close(map));
    }
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

/* The second search begins when the file has been cut already. */
static void a_file_cut_before_the_search_is_searched_up_to_there(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t size = PAGES * UNIT;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome_pattern *pattern = pattern_of_string("word", 0);
  for (uint64_t cut_to = 0; cut_to <= 3 * UNIT; cut_to += UNIT / 2 + 1) {
    tome *map = open_in_pages(text, size);
    truncate_elsewhere(in_dir("text"), cut_to);
    tome_search_options options = TOME_SEARCH_INIT;
    uint64_t count, before = 0;
    while (want.items[before].offset + 4 <= cut_to)
      before++;
    must_fail(tome_search(map, pattern, &options, &count), TOME_ELOST);
    check_loss(__FILE__, __LINE__, cut_to, size);
    must_equal(count, before);
    must_succeed(tome_close(map));
  }
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

/* ---- walks ---- */

static void a_walk_tells_what_lies_before_a_cut_and_then_always_the_loss(void **state) {
  (void)state;
  const size_t size = PAGES * UNIT;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome_pattern *pattern = pattern_of_string("word", 0);
  const uint64_t cut_to = 40 * UNIT + 7;
  for (uint32_t flags = 0; flags <= TOME_SEARCH_OVERLAPPING; flags += TOME_SEARCH_OVERLAPPING) {
    tome *map = open_in_pages(text, size);
    tome_matches *walk = NULL;
    tome_range match = {1, 2};
    size_t i = 0, count;
    must_succeed(tome_matches_begin(&walk, map, pattern, 0, TOME_END, flags));
    truncate_elsewhere(in_dir("text"), cut_to);
    for (; want.items[i].offset + 4 <= cut_to; i++) {
      must_return(tome_matches_next(walk, &match), 1);
      must_equal(match.offset, want.items[i].offset);
    }
    for (int again = 0; again < 3; again++) {
      must_fail(tome_matches_next(walk, &match), TOME_ELOST);
      check_loss(__FILE__, __LINE__, cut_to, size);
      must_fail(tome_matches_some(walk, &match, 1, &count), TOME_ELOST);
      check_loss(__FILE__, __LINE__, cut_to, size);
      must_equal(match.offset, want.items[i - 1].offset);
    }
    tome_matches_end(walk);
    must_succeed(tome_close(map));
  }
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

static void a_walk_backward_meets_a_cut_at_once(void **state) {
  (void)state;
  const size_t size = PAGES * UNIT;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome_pattern *pattern = pattern_of_string("word", 0);
  tome *map = open_in_pages(text, size);
  tome_matches *walk = NULL;
  tome_range match = {1, 2};
  must_succeed(tome_matches_begin(&walk, map, pattern, 0, TOME_END, TOME_SEARCH_BACKWARD));
  truncate_elsewhere(in_dir("text"), 5 * UNIT);
  for (int again = 0; again < 3; again++) {
    must_fail(tome_matches_next(walk, &match), TOME_ELOST);
    must(tome_error_last()->offset >= 5 * UNIT);
    must_equal(match.offset, 1);
  }
  tome_matches_end(walk);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(all_matches_before_a_cut_are_told),
      TEST(all_whole_lines_before_a_cut_are_told),
      TEST(a_file_cut_before_the_search_is_searched_up_to_there),
      TEST(a_walk_tells_what_lies_before_a_cut_and_then_always_the_loss),
      TEST(a_walk_backward_meets_a_cut_at_once),
  };
  return run_matching(tests, count, arguments);
}
