/* Searching for matches, against byte loops. Pieces are a page, so that borders are everywhere. */
#include "search_model.h"

#include <stdlib.h>
#include <string.h>

static void must_tell_matches(tome *map, const unsigned char *text, const needles *some,
                              uint64_t from, uint64_t to) {
  tome_pattern *pattern = pattern_of(some);
  for (uint32_t flags = 0; flags <= TOME_SEARCH_OVERLAPPING; flags += TOME_SEARCH_OVERLAPPING) {
    hit_list want = model_matches(text, from, to, some, flags != 0);
    must_tell(map, text, pattern, from, to, flags, &want);
    free(want.items);
  }
  tome_pattern_free(pattern);
}

/* ---- random texts ---- */

static void random_needles_are_found_where_a_byte_loop_finds_them(void **state) {
  (void)state;
  const char *letters[] = {"a", "ab", "abAB", "a\0b"};
  const size_t counts[] = {1, 2, 4, 3};
  unsigned char *text = malloc(7 * PAGE), room[2048];
  dice any = dice_from(41);
  for (unsigned i = 0; i < how_many(16, 400); i++) {
    size_t size = roll_near_page(&any, roll(&any, 4) ? 7 * PAGE : 50);
    random_letters(&any, text, size, letters[i % 4], counts[i % 4]);
    tome *map = open_in_pages(text, size);
    for (unsigned j = 0; j < 8; j++) {
      needles some = random_needles(&any, text, size, letters[i % 4], counts[i % 4], room);
      some.flags = i % 4 == 2 && roll(&any, 2) ? TOME_PATTERN_IGNORE_CASE : 0;
      uint64_t from = roll(&any, 2) ? 0 : roll_near_page(&any, size);
      uint64_t to = from + roll_near_page(&any, size - from);
      note("text %u, %zu bytes; needles %u; [%llu, %llu)", i, size, j, (unsigned long long)from,
           (unsigned long long)to);
      must_tell_matches(map, text, &some, from, roll(&any, 2) ? size : to);
    }
    must_succeed(tome_close(map));
  }
  free(text);
}

static void memory_is_searched_as_a_file_is(void **state) {
  (void)state;
  const size_t size = 300 << 10;
  unsigned char *text = malloc(size), room[2048];
  dice any = dice_from(42);
  for (unsigned i = 0; i < how_many(12, 200); i++) {
    random_letters(&any, text, size, "abcdefgh", 2 + i % 7);
    needles some = random_needles(&any, text, size, "abcdefgh", 2 + i % 7, room);
    tome_pattern *pattern = pattern_of(&some);
    uint64_t from = roll(&any, size), to = from + roll(&any, size - from);
    uint32_t flags = roll(&any, 2) ? TOME_SEARCH_OVERLAPPING : 0;
    hit_list want = model_matches(text, from, to, &some, flags != 0);
    told t = tell_memory(text, size, pattern, search_options(from, to, flags, 0));
    must_be_same_hits(&t.hits, &want);
    free(want.items);
    free(t.hits.items);
    tome_pattern_free(pattern);
  }
  free(text);
}

/* ---- borders ---- */

static void a_match_at_any_place_around_a_border_is_found_once(void **state) {
  (void)state;
  const size_t size = 5 * PAGE;
  needles some = {.items = {{"\0across\0", 8}}, .count = 1};
  unsigned char *text = new_pattern(0, size), saved[8];
  tome_pattern *pattern = pattern_of(&some);
  tome *map = open_in_pages(text, size);
  for (uint64_t border = PAGE; border < size; border += PAGE)
    for (uint64_t at = border - 9; at <= border + 1; at++) {
      hit_list want = {0};
      memcpy(saved, text + at, 8);
      memcpy(text + at, "\0across\0", 8);
      must_succeed(tome_write(map, at, text + at, 8));
      add_hit(&want, at, 8, 0);
      must_tell(map, text, pattern, 0, TOME_END, 0, &want);
      must_tell(map, text, pattern, at, at + 8, 0, &want);
      want.count = 0;
      must_tell(map, text, pattern, 0, at + 7, 0, &want);
      must_tell(map, text, pattern, at + 1, TOME_END, 0, &want);
      memcpy(text + at, saved, 8);
      must_succeed(tome_write(map, at, text + at, 8));
      free(want.items);
    }
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(text);
}

/* Where each piece must be searched again, since a match from the last one reaches into it; some never meet. */
static void matches_do_not_overlap_however_they_meet_the_borders(void **state) {
  (void)state;
  const size_t size = 9 * PAGE + 5;
  unsigned char *text = malloc(size);
  char needle[64];
  memset(text, 'a', size);
  memset(needle, 'a', sizeof needle);
  tome *map = open_in_pages(text, size);
  for (size_t length = 1; length < sizeof needle; length += length < 10 ? 1 : 9) {
    needles some = {.items = {{needle, length}}, .count = 1};
    must_tell_matches(map, text, &some, 0, size);
    must_tell_matches(map, text, &some, 3, size);
  }
  must_succeed(tome_close(map));
  free(text);
}

static void a_needle_of_many_pieces_is_found(void **state) {
  (void)state;
  const size_t size = 40 * PAGE, length = 6 * PAGE + 5;
  unsigned char *text = new_pattern(0, size);
  tome *map = open_in_pages(text, size);
  for (uint64_t at = 0; at + length <= size; at += 3 * PAGE - 1) {
    needles some = {.items = {{text + at, length}}, .count = 1};
    must_tell_matches(map, text, &some, 0, size);
  }
  must_succeed(tome_close(map));
  free(text);
}

static void matches_across_4_GiB_are_found(void **state) {
  (void)state;
  const uint64_t border = UINT64_C(4) << 30;
  tome *map = open_map(make_hole("text", border + (2 << 20)), TOME_WRITE);
  tome_pattern *pattern = pattern_of_string("needle", 0);
  hit_list want = {0};
  const uint64_t places[] = {border - 3, border + 500000};
  for (size_t i = 0; i < 2; i++) {
    must_succeed(tome_write(map, places[i], "needle", 6));
    add_hit(&want, places[i], 6, 0);
  }
  must_tell(map, NULL, pattern, border - 300000, TOME_END, 0, &want);
  free(want.items);
  tome_pattern_free(pattern);
  must_succeed(tome_close(map));
}

/* ---- ending early ---- */

static void no_more_hits_are_told_than_were_asked_for(void **state) {
  (void)state;
  const size_t size = 30 * PAGE;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome *map = open_in_pages(text, size);
  tome_pattern *pattern = pattern_of_string("word", 0);
  size_t all = want.count;
  for (size_t most = 0; most <= all + 1; most += most < 20 ? 1 : 17)
    for (size_t i = 0; i < 3; i++) {
      uint64_t count = 77;
      tome_search_options options = search_options(0, TOME_END, 0, thread_counts[i]);
      options.most = most;
      told t = tell_search(map, text, pattern, options);
      want.count = most < all ? most : all;
      must_be_same_hits(&t.hits, &want);
      must_return(tome_search(map, pattern, &options, &count), want.count > 0);
      must_equal(count, want.count);
      free(t.hits.items);
    }
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

static int stop_after_some(void *context, const tome_hit *hits, size_t count) {
  told *t = context;
  for (size_t i = 0; i < count; i++)
    add_hit(&t->hits, hits[i].offset, hits[i].length, 0);
  return t->hits.count >= t->stop_after;
}

static void a_callback_ends_the_search(void **state) {
  (void)state;
  const size_t size = 30 * PAGE;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome *map = open_in_pages(text, size);
  tome_pattern *pattern = pattern_of_string("word", 0);
  size_t all = want.count;
  for (size_t after = 1; after <= all; after += 7)
    for (size_t i = 0; i < 3; i++) {
      tome_search_options options = search_options(0, TOME_END, 0, thread_counts[i]);
      told t = {.stop_after = after};
      options.found = stop_after_some;
      options.context = &t;
      must_return(tome_search(map, pattern, &options, &t.count), 1);
      must_equal(t.count, t.hits.count);
      must(t.count >= after && t.count < after + UNIT / 611 + 2);
      want.count = t.hits.count;
      must_be_same_hits(&t.hits, &want);
      free(t.hits.items);
    }
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

typedef struct watch {
  hit_list hits;
  uint64_t calls, cancel_at, done, total;
} watch;

static int write_hits(void *context, const tome_hit *hits, size_t count) {
  watch *w = context;
  for (size_t i = 0; i < count; i++)
    add_hit(&w->hits, hits[i].offset, hits[i].length, 0);
  return 0;
}

static int watch_progress(void *context, uint64_t done, uint64_t total) {
  watch *w = context;
  must(done > w->done && done <= total);
  w->done = done;
  w->total = total;
  return ++w->calls == w->cancel_at;
}

static watch run_watched(tome *map, const tome_pattern *pattern, uint32_t threads,
                         uint64_t cancel_at) {
  watch w = {.cancel_at = cancel_at};
  tome_search_options options = search_options(7, TOME_END, 0, threads);
  options.found = write_hits;
  options.progress = watch_progress;
  options.context = &w;
  uint64_t count;
  int r = tome_search(map, pattern, &options, &count);
  must_equal(r, w.cancel_at && w.calls == w.cancel_at ? TOME_ECANCELED : 1);
  if (r < 0)
    must_equal(tome_error_last()->code, TOME_ECANCELED);
  must_equal(count, w.hits.count);
  return w;
}

static void a_search_can_be_cancelled_whenever_it_tells_its_progress(void **state) {
  (void)state;
  const size_t size = 12 * PAGE;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome *map = open_in_pages(text, size);
  tome_pattern *pattern = pattern_of_string("word", 0);
  for (size_t i = 0; i < 3; i++) {
    watch all = run_watched(map, pattern, thread_counts[i], 0);
    must_equal(all.total, size - 7);
    must_equal(all.done, size - 7);
    must_be_same_hits(&all.hits, &want);
    for (uint64_t at = 1; at <= all.calls; at++) {
      watch some = run_watched(map, pattern, thread_counts[i], at);
      must(some.hits.count <= want.count);
      hit_list part = {want.items, some.hits.count, 0};
      must_be_same_hits(&some.hits, &part);
      must(some.hits.count == want.count || want.items[some.hits.count].offset >= some.done + 7);
      free(some.hits.items);
    }
    free(all.hits.items);
  }
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

/* ---- much and little ---- */

static void every_byte_may_be_a_match(void **state) {
  (void)state;
  const size_t size = 300000;
  unsigned char *text = malloc(size);
  memset(text, 'a', size);
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  needles some[] = {{.items = {{"a", 1}}, .count = 1},
                    {.items = {{"aaa", 3}}, .count = 1},
                    {.items = {{"", 0}}, .count = 1},
                    {.items = {{"a", 1}, {"", 0}, {"aab", 3}}, .count = 3}};
  for (size_t i = 0; i < sizeof some / sizeof *some; i++)
    must_tell_matches(map, text, &some[i], 0, size);
  must_succeed(tome_close(map));
  free(text);
}

/* An empty match right behind another is none, also where one batch of matches ends and the next begins. */
static void empty_matches_do_not_follow_others(void **state) {
  (void)state;
  const size_t size = 100001;
  unsigned char *text = malloc(size);
  needles some[] = {{.items = {{"a", 1}, {"", 0}}, .count = 2},
                    {.items = {{"ba", 2}, {"", 0}}, .count = 2}};
  for (size_t i = 0; i < size; i++)
    text[i] = i % 3 == 0 ? 'a' : 'b';
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  for (size_t i = 0; i < 2; i++)
    must_tell_matches(map, text, &some[i], i, size);
  must_succeed(tome_close(map));
  free(text);
}

static void nothing_is_found_in_nothing_but_the_empty_string(void **state) {
  (void)state;
  tome *map = open_in_pages("", 0);
  tome_pattern *empty = pattern_of_string("", 0), *some = pattern_of_string("a", 0), *none = NULL;
  must_succeed(tome_pattern_new(&none, NULL, 0, 0));
  hit_list want = {0};
  must_tell(map, NULL, some, 0, TOME_END, 0, &want);
  must_tell(map, NULL, none, 0, TOME_END, 0, &want);
  add_hit(&want, 0, 0, 0);
  must_tell(map, NULL, empty, 0, TOME_END, 0, &want);
  must_return(tome_search_memory(NULL, 0, some, NULL, NULL), 0);
  must_return(tome_search_memory(NULL, 0, empty, NULL, NULL), 1);
  must_succeed(tome_close(map));
  tome_pattern_free(empty);
  tome_pattern_free(some);
  tome_pattern_free(none);
  free(want.items);
}

/* ---- what is refused ---- */

static void what_goes_not_together_is_refused(void **state) {
  (void)state;
  const uint32_t bad[] = {32,
                          UINT32_MAX,
                          TOME_SEARCH_INVERT,
                          TOME_SEARCH_NUMBERS,
                          TOME_SEARCH_LINES,
                          TOME_SEARCH_LINES | TOME_SEARCH_OVERLAPPING};
  tome *map = open_in_pages("0123456789", 10);
  tome_pattern *pattern = pattern_of_string("1", 0);
  uint64_t count = 77;
  tome_search_options options;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    options = search_options(0, TOME_END, bad[i], 0);
    note("flags %u", bad[i]);
    must_fail(tome_search(map, pattern, &options, &count), TOME_EINVAL);
    must_fail(tome_search_memory("1", 1, pattern, &options, &count), TOME_EINVAL);
  }
  options = search_options(0, TOME_END, 0, 0);
  options.struct_size--;
  must_fail(tome_search(map, pattern, &options, &count), TOME_EINVAL);
  options = search_options(0, TOME_END, TOME_SEARCH_BACKWARD, 0);
  must_fail(tome_search(map, pattern, &options, &count), TOME_ENOTSUP);
  must_fail(tome_search_memory("1", 1, pattern, &options, &count), TOME_ENOTSUP);
  const uint64_t ranges[][2] = {{5, 4}, {0, 11}, {11, 11}, {11, TOME_END}, {UINT64_MAX, TOME_END}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    options = search_options(ranges[i][0], ranges[i][1], 0, 0);
    note("range %zu of the list", i);
    must_fail(tome_search(map, pattern, &options, &count), TOME_ERANGE);
    must_fail(tome_search_memory("0123456789", 10, pattern, &options, &count), TOME_ERANGE);
  }
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
}

/* ---- maps of all kinds, and what happens to them ---- */

static void stores_of_a_private_map_are_seen(void **state) {
  (void)state;
  const size_t size = 60 * PAGE;
  unsigned char *text = new_pattern(0, size);
  tome *map = open_map(make_file("text", text, size), TOME_COPY);
  tome_pattern *pattern = pattern_of_string("secret", 0);
  hit_list want = {0};
  for (uint64_t at = 2 * PAGE - 3; at < size - PAGE; at += 20 * PAGE) {
    memcpy(text + at, "secret", 6);
    must_succeed(tome_write(map, at, "secret", 6));
    add_hit(&want, at, 6, 0);
  }
  must_tell(map, text, pattern, 0, TOME_END, 0, &want);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

static void parts_and_memory_are_searched(void **state) {
  (void)state;
  const size_t size = 20 * PAGE;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  needles some = {.items = {{"word", 4}}, .count = 1};
  tome *part = open_part(make_file("text", text, size), TOME_READ, PAGE + 3, 9 * PAGE);
  must_tell_matches(part, text + PAGE + 3, &some, 0, 9 * PAGE);
  must_tell_matches(part, text + PAGE + 3, &some, 77, 8 * PAGE);
  must_succeed(tome_close(part));
  tome *memory = open_anonymous(size);
  must_succeed(tome_write(memory, 0, text, size));
  must_tell_matches(memory, text, &some, 0, size);
  must_succeed(tome_close(memory));
  free(want.items);
  free(text);
}

typedef struct meddling {
  hit_list hits;
  tome *map;
  const tome_pattern *pattern;
  int done;
} meddling;

static int meddle(void *context, const tome_hit *hits, size_t count) {
  meddling *m = context;
  for (size_t i = 0; i < count; i++)
    add_hit(&m->hits, hits[i].offset, hits[i].length, 0);
  if (!m->done)
    append_elsewhere(in_dir("text"), "wordword", 8);
  m->done = 1;
  return 0;
}

static void what_is_appended_meanwhile_is_not_searched(void **state) {
  (void)state;
  const size_t size = 30 * PAGE;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome_pattern *pattern = pattern_of_string("word", 0);
  for (size_t i = 0; i < 3; i++) {
    tome *map = open_in_pages(text, size);
    meddling m = {0};
    tome_search_options options = search_options(0, TOME_END, 0, thread_counts[i]);
    options.found = meddle;
    options.context = &m;
    must_return(tome_search(map, pattern, &options, NULL), 1);
    must_be_same_hits(&m.hits, &want);
    free(m.hits.items);
    must_succeed(tome_refresh(map));
    must_return(tome_search(map, pattern, NULL, &options.most), 1);
    must_equal(options.most, want.count + 2);
    must_succeed(tome_close(map));
  }
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

static int search_again(void *context, const tome_hit *hits, size_t count) {
  meddling *m = context;
  uint64_t others = 0;
  tome_search_options options = search_options(hits[0].offset, TOME_END, 0, 2);
  must_return(tome_search(m->map, m->pattern, &options, &others), 1);
  must(others >= count);
  return 0;
}

static void a_callback_may_search_the_map(void **state) {
  (void)state;
  const size_t size = 10 * PAGE;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  tome_pattern *pattern = pattern_of_string("word", 0);
  tome *map = open_in_pages(text, size);
  meddling m = {.map = map, .pattern = pattern};
  tome_search_options options = search_options(0, TOME_END, 0, 7);
  options.found = search_again;
  options.context = &m;
  must_return(tome_search(map, pattern, &options, NULL), 1);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_needles_are_found_where_a_byte_loop_finds_them),
      TEST(memory_is_searched_as_a_file_is),
      TEST(a_match_at_any_place_around_a_border_is_found_once),
      TEST(matches_do_not_overlap_however_they_meet_the_borders),
      TEST(a_needle_of_many_pieces_is_found),
      TEST(matches_across_4_GiB_are_found),
      TEST(no_more_hits_are_told_than_were_asked_for),
      TEST(a_callback_ends_the_search),
      TEST(a_search_can_be_cancelled_whenever_it_tells_its_progress),
      TEST(every_byte_may_be_a_match),
      TEST(empty_matches_do_not_follow_others),
      TEST(nothing_is_found_in_nothing_but_the_empty_string),
      TEST(what_goes_not_together_is_refused),
      TEST(stores_of_a_private_map_are_seen),
      TEST(parts_and_memory_are_searched),
      TEST(what_is_appended_meanwhile_is_not_searched),
      TEST(a_callback_may_search_the_map),
  };
  return run_matching(tests, count, arguments);
}
