/* Searching for lines, against byte loops. Pieces are a page, so that borders are everywhere. */
#include "search_model.h"

#include <stdlib.h>
#include <string.h>

static tome_search_options lines_options(uint64_t from, uint64_t to, uint32_t flags,
                                         uint32_t threads) {
  return search_options(from, to, flags | TOME_SEARCH_LINES, threads);
}

static const uint32_t all_flags[] = {0, TOME_SEARCH_INVERT, TOME_SEARCH_NUMBERS,
                                     TOME_SEARCH_INVERT | TOME_SEARCH_NUMBERS};

/* Told and counted, by all numbers of threads, and in memory. */
static void must_tell_lines(tome *map, const unsigned char *text, size_t size, const needles *some,
                            uint64_t from, uint64_t to) {
  needles in_lines = *some;
  in_lines.flags |= TOME_PATTERN_IN_LINES;
  tome_pattern *pattern = pattern_of(&in_lines);
  for (size_t i = 0; i < sizeof all_flags / sizeof *all_flags; i++) {
    hit_list want = model_lines(text, from, to, some, all_flags[i]);
    for (size_t j = 0; j < 3; j++) {
      uint64_t count = 77;
      tome_search_options options = lines_options(from, to, all_flags[i], thread_counts[j]);
      told t = tell_search(map, text, pattern, options);
      must(t.result >= 0);
      must_be_same_hits(&t.hits, &want);
      free(t.hits.items);
      must_return(tome_search(map, pattern, &options, &count), want.count > 0);
      must_equal(count, want.count);
    }
    told t = tell_memory(text, size, pattern, lines_options(from, to, all_flags[i], 0));
    must_be_same_hits(&t.hits, &want);
    free(t.hits.items);
    free(want.items);
  }
  tome_pattern_free(pattern);
}

static void random_lines_are_told_as_by_a_byte_loop(void **state) {
  (void)state;
  const char letters[] = "abc\0\n";
  unsigned char *text = malloc(7 * PAGE), room[2048];
  dice any = dice_from(51);
  for (unsigned i = 0; i < how_many(14, 400); i++) {
    size_t size = roll_near_page(&any, roll(&any, 4) ? 7 * PAGE : 50);
    random_letters(&any, text, size, letters, 4);
    for (uint64_t at = 0; at < size; at += 1 + roll(&any, roll(&any, 9) ? 1 + i * 20 : 2 * PAGE))
      text[at] = '\n';
    if (size > 0 && roll(&any, 2))
      text[size - 1] = '\n';
    tome *map = open_in_pages(text, size);
    for (unsigned j = 0; j < 5; j++) {
      needles some = random_needles(&any, text, 0, letters, 4, room);
      uint64_t from = roll(&any, 2) ? 0 : roll_near_page(&any, size);
      uint64_t to = roll(&any, 2) ? size : from + roll_near_page(&any, size - from);
      note("text %u, %zu bytes; needles %u; [%llu, %llu)", i, size, j, (unsigned long long)from,
           (unsigned long long)to);
      must_tell_lines(map, text, size, &some, from, to);
    }
    must_succeed(tome_close(map));
  }
  free(text);
}

static const needles letter_x = {.items = {{"x", 1}}, .count = 1};
static const needles nothing = {.items = {{"", 0}}, .count = 1};

static void must_tell_of_text(const char *text) {
  size_t size = strlen(text);
  tome *map = open_in_pages(text, size);
  must_tell_lines(map, (const unsigned char *)text, size, &letter_x, 0, size);
  must_tell_lines(map, (const unsigned char *)text, size, &nothing, 0, size);
  must_succeed(tome_close(map));
}

static void a_last_line_needs_no_end_and_behind_an_end_there_is_no_line(void **state) {
  (void)state;
  const char *texts[] = {"",     "\n",     "\n\n", "x", "x\n", "x\n\n",
                         "a\nx", "a\nx\n", "\nx",  "a", "a\n"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    note("text %zu of the list", i);
    must_tell_of_text(texts[i]);
  }
}

/* A line end at each place around a border, and a line without one. */
static void lines_belong_to_the_piece_in_which_they_begin(void **state) {
  (void)state;
  const size_t size = 3 * PAGE;
  unsigned char *text = malloc(size);
  for (uint64_t at = PAGE - 3; at <= PAGE + 2; at++)
    for (uint64_t other = at; other <= 2 * PAGE + 2; other += other < at + 4 ? 1 : PAGE - 5) {
      memset(text, 'a', size);
      text[at] = text[other] = '\n';
      text[0] = text[PAGE - 2] = text[size - 1] = 'x';
      tome *map = open_in_pages(text, size);
      note("ends at %llu and %llu", (unsigned long long)at, (unsigned long long)other);
      must_tell_lines(map, text, size, &letter_x, 0, size);
      must_succeed(tome_close(map));
    }
  free(text);
}

static void lines_of_many_pieces_are_told_whole(void **state) {
  (void)state;
  const size_t size = 150 * PAGE;
  unsigned char *text = malloc(size);
  dice any = dice_from(6);
  memset(text, 'a', size);
  for (uint64_t at = 0; at < size; at += 1 + roll(&any, roll(&any, 3) ? 100 : 40 * PAGE))
    text[at] = roll(&any, 2) ? '\n' : 'x';
  tome *map = open_in_pages(text, size);
  must_tell_lines(map, text, size, &letter_x, 0, size);
  must_succeed(tome_close(map));
  free(text);
}

/* Longer than what is ever read into memory at once. */
static void a_line_of_many_megabytes_is_told_whole(void **state) {
  (void)state;
  const size_t size = 36u << 20;
  const uint64_t begin = 100, end = begin + (33u << 20);
  unsigned char *text = malloc(size);
  memset(text, 'a', size);
  for (uint64_t at = 0; at < size; at += 50)
    if (at <= begin || at >= end)
      text[at] = '\n';
  text[begin] = '\n';
  text[end] = '\n';
  text[end - 1] = text[end + 7] = text[size - 1] = 'x';
  hit_list want = model_lines(text, 0, size, &letter_x, TOME_SEARCH_NUMBERS);
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  tome_pattern *pattern = pattern_of_string("x", TOME_PATTERN_IN_LINES);
  for (size_t i = 0; i < 3; i++) {
    told t = tell_search(map, text, pattern,
                         lines_options(0, TOME_END, TOME_SEARCH_NUMBERS, thread_counts[i]));
    must_be_same_hits(&t.hits, &want);
    free(t.hits.items);
  }
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

static void hundreds_of_thousands_of_lines_may_be_hits(void **state) {
  (void)state;
  const size_t size = 600000;
  unsigned char *text = malloc(size);
  memset(text, '\n', size);
  for (size_t at = 0; at < size; at += 7)
    text[at] = at % 3 ? 'x' : 'a';
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  must_tell_lines(map, text, size, &letter_x, 0, size);
  must_tell_lines(map, text, size, &nothing, 1, size - 1);
  must_succeed(tome_close(map));
  free(text);
}

static void no_more_lines_are_told_than_were_asked_for(void **state) {
  (void)state;
  const size_t size = 5 * PAGE;
  unsigned char *text = malloc(size);
  memset(text, 'x', size);
  for (size_t at = 30; at < size; at += 101)
    text[at] = '\n';
  tome *map = open_in_pages(text, size);
  tome_pattern *pattern = pattern_of_string("x", TOME_PATTERN_IN_LINES);
  hit_list want = model_lines(text, 0, size, &letter_x, TOME_SEARCH_NUMBERS);
  size_t all = want.count;
  for (size_t most = 0; most <= all + 1; most += most < 50 ? 1 : 13)
    for (size_t i = 0; i < 3; i++) {
      tome_search_options options =
          lines_options(0, TOME_END, TOME_SEARCH_NUMBERS, thread_counts[i]);
      uint64_t count;
      options.most = most;
      want.count = most < all ? most : all;
      told t = tell_search(map, text, pattern, options);
      must_be_same_hits(&t.hits, &want);
      free(t.hits.items);
      must_return(tome_search(map, pattern, &options, &count), want.count > 0);
      must_equal(count, want.count);
    }
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_lines_are_told_as_by_a_byte_loop),
      TEST(a_last_line_needs_no_end_and_behind_an_end_there_is_no_line),
      TEST(lines_belong_to_the_piece_in_which_they_begin),
      TEST(lines_of_many_pieces_are_told_whole),
      TEST(a_line_of_many_megabytes_is_told_whole),
      TEST(hundreds_of_thousands_of_lines_may_be_hits),
      TEST(no_more_lines_are_told_than_were_asked_for),
  };
  return run_matching(tests, count, arguments);
}
