/* A disk that cannot read some of its pages: each call names the bytes, has done what lies before them, and succeeds as soon as
 * the disk does. The disk is flaky_disk.c. */
#include "calls.h"
#include "flaky_mount.h"
#include "planted_bug.h"
#include "planted_reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 64, BAD = 10 };
#define SIZE (PAGES * PAGE)
#define BAD_AT (BAD * PAGE)

static unsigned long struck;

static void break_reading(uint64_t first, uint64_t end) {
  drop_pages(flaky_file());
  flaky_fail("read", first, end, EIO);
}

static void break_page(void) {
  break_reading(BAD_AT, BAD_AT + PAGE);
}

/* The fault did strike, and it is over. */
static void heal_disk(void) {
  unsigned long now = flaky_struck("read");
  must(now > 0);
  struck += now;
  flaky_clear();
}

static tome *open_way(uint32_t flags, size_t window) {
  tome *map = NULL;
  tome_options options = test_options(flags);
  if (!(flags & TOME_COPY) && window != 0)
    options.window = window;
  must_succeed(tome_open(&map, flaky_file(), flags, &options));
  return map;
}

/* All of the file is there again, and no patch is left: as much is mapped as before. */
static void must_be_healed(tome *map, uint64_t mapped) {
  must_read_pattern(map, 0, SIZE);
  must_succeed(tome_check(map, NULL));
  if (mapped != 0)
    must_equal(mapped_bytes(flaky_file()), mapped);
}

/* A body with a map, once through the whole mapping and once through windows. */
typedef void map_test(tome *map);

static void run_on_map(map_test *body, uint32_t flags) {
  const size_t windows[] = {0, 4 * PAGE};
  for (int i = 0; i < (flags & TOME_COPY ? 1 : 2); i++) {
    note("window %zu, flags %u", windows[i], flags);
    fill_flaky_file(SIZE);
    tome *map = open_way(flags, windows[i]);
    uint64_t mapped = mapped_bytes(flaky_file()); /* windows come and go */
    body(map);
    must_be_healed(map, windows[i] == 0 && forced_window() == 0 ? mapped : 0);
    must_succeed(tome_close(map));
  }
}

static void run_on_maps(map_test *body) {
  struck = 0;
  run_on_map(body, TOME_READ);
  run_on_map(body, TOME_WRITE);
  run_on_map(body, TOME_COPY);
  tell_figure("reads that the disk refused", struck);
}

/* ---- reading ---- */

static void must_lose_just_the_bad_page(tome *map) {
  unsigned char *got = malloc(SIZE);
  must_fail_at(tome_read(map, BAD_AT - 2 * PAGE - 5, got, 6 * PAGE), TOME_ELOST, BAD_AT, PAGE);
  must_fail_at(tome_read(map, BAD_AT + 100, got, 50), TOME_ELOST, BAD_AT + 100, 50);
  must_fail_at(tome_read(map, BAD_AT + PAGE - 1, got, 2), TOME_ELOST, BAD_AT + PAGE - 1, 1);
  must_read_pattern(map, 0, BAD_AT);
  must_read_pattern(map, BAD_AT + PAGE, SIZE - BAD_AT - PAGE);
  free(got);
}

static void read_cold(tome *map) {
  break_page();
  must_lose_just_the_bad_page(map);
  heal_disk();
}

/* What was read before is read as memory, but the system has thrown it out meanwhile. */
static void read_evicted(tome *map) {
  unsigned char *got = malloc(SIZE);
  must_succeed(tome_read(map, 0, got, SIZE));
  free(got);
  break_page();
  must_lose_just_the_bad_page(map);
  heal_disk();
}

static void read_all(void) {
  run_on_maps(read_cold);
  run_on_maps(read_evicted);
}

static void a_read_names_the_bytes_that_the_disk_could_not_read(void **state) {
  (void)state;
  on_flaky_disk(1, 0, read_all);
}

/* ---- any range, against what must be lost ---- */

static void read_anywhere(dice *any, tome *map) {
  uint64_t bad = roll(any, PAGES) * PAGE, bad_end = bad + (1 + roll(any, 3)) * PAGE;
  static unsigned char got[PAGES << 16];
  break_reading(bad, bad_end);
  for (int i = 0; i < 20; i++) {
    uint64_t from = roll_near_page(any, SIZE - 1), length = roll_near_page(any, SIZE - from);
    note("%zu + %zu while %zu to %zu is bad", (size_t)from, (size_t)length, (size_t)bad,
         (size_t)bad_end);
    int r = tome_read(map, from, got, (size_t)length);
    int meets = length > 0 && from < bad_end && from + length > bad;
    must_equal(r, meets ? TOME_ELOST : 0);
    if (r == 0)
      must_be_pattern(got, from, (size_t)length);
    else {
      must_equal(tome_error_last()->offset, from > bad ? from : bad);
      must(tome_error_last()->length > 0);
      uint64_t end = tome_error_last()->offset + tome_error_last()->length;
      must(end <= bad_end && end <= from + length);
    }
  }
  struck += flaky_struck("read");
  flaky_clear();
}

/* A fault before the first touch, or after all of it was read once; what a page table holds stays in memory. */
static void read_at_random(void) {
  static unsigned char all[PAGES << 16];
  dice any = dice_from(1);
  struck = 0;
  for (uint64_t i = how_many(100, 5000); i > 0; i--) {
    fill_flaky_file(SIZE);
    size_t window = i % 3 ? forced_window() : 4 * PAGE;
    tome *map = open_way(i % 2 ? TOME_READ : TOME_WRITE, window);
    if (window == 0 && roll(&any, 2))
      must_succeed(tome_read(map, 0, all, SIZE));
    read_anywhere(&any, map);
    must_be_healed(map, 0);
    must_succeed(tome_close(map));
  }
  must(struck > 0);
  tell_figure("reads that the disk refused", struck);
}

static void a_read_fails_only_if_it_meets_bad_bytes_and_names_the_first(void **state) {
  (void)state;
  on_flaky_disk(1, 0, read_at_random);
}

/* ---- views ---- */

static void look_through_view(tome *map) {
  tome_view view = begin_view(map, PAGE, SIZE - PAGE, TOME_VIEW_READ);
  break_page();
  const unsigned char *data = view.data;
  must_be_pattern(data, PAGE, BAD_AT - PAGE);
  must_be_zero(data + BAD_AT - PAGE, PAGE);
  must_be_pattern(data + BAD_AT, BAD_AT + PAGE, SIZE - BAD_AT - PAGE);
  must_fail_at(tome_check(map, NULL), TOME_ELOST, BAD_AT, PAGE);
  heal_disk();
  must_be_pattern(data + BAD_AT - PAGE, BAD_AT, PAGE); /* check put the file back */
  must_fail_at(tome_view_end(&view), TOME_ELOST, BAD_AT, PAGE);
  view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  must_be_pattern(view.data, 0, SIZE);
  must_succeed(tome_view_end(&view));
}

static void look_through_views(void) {
  run_on_maps(look_through_view);
}

static void a_view_loads_zeros_from_the_bad_page_only_and_its_end_names_it(void **state) {
  (void)state;
  on_flaky_disk(1, 0, look_through_views);
}

/* ---- searching ---- */

static void search_around(tome *map) {
  unsigned char low[16], high[16], none[16];
  uint64_t at = 77;
  fill_pattern(low, 2 * PAGE + 9, sizeof low);
  fill_pattern(high, SIZE - 100, sizeof high);
  fill_pattern(none, SIZE + 5, sizeof none);
  break_page();
  must_fail(tome_find(map, high, 16, 0, TOME_END, &at), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  must_fail(tome_find(map, none, 16, 5 * PAGE, 20 * PAGE, &at), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  must_fail(tome_rfind(map, low, 16, 0, TOME_END, &at), TOME_ELOST);
  must_equal(tome_error_last()->offset + tome_error_last()->length, BAD_AT + PAGE);
  must_equal(at, 77);
  must_return(tome_find(map, low, 16, 0, TOME_END, &at), 1);
  must_equal(at, 2 * PAGE + 9);
  must_return(tome_rfind(map, high, 16, 0, TOME_END, &at), 1);
  must_equal(at, SIZE - 100);
  must_return(tome_find(map, none, 16, BAD_AT + PAGE, TOME_END, &at), 0);
  must_return(tome_rfind(map, none, 16, 0, BAD_AT, &at), 0);
  heal_disk();
  must_return(tome_find(map, high, 16, 0, TOME_END, &at), 1);
  must_return(tome_rfind(map, low, 16, 0, TOME_END, &at), 1);
  must_return(tome_find(map, none, 16, 0, TOME_END, &at), 0);
}

static void search(void) {
  run_on_maps(search_around);
}

static void a_search_stops_at_the_bad_page_and_finds_what_lies_before_it(void **state) {
  (void)state;
  on_flaky_disk(1, 0, search);
}

typedef struct seen {
  uint64_t count, last;
} seen;

static int see(void *context, const tome_hit *hits, size_t count) {
  seen *s = context;
  s->count += count;
  s->last = hits[count - 1].offset;
  return 0;
}

static uint64_t count_by_loop(unsigned char byte, uint64_t from, uint64_t to, uint64_t *ret_last) {
  uint64_t count = 0;
  for (uint64_t at = from; at < to; at++)
    if (pattern_byte(at) == byte) {
      count++;
      *ret_last = at;
    }
  return count;
}

/* Of the matches of one byte all are told that lie before the bad page, or in a walk from the end, behind it. */
static void search_for_all(tome *map) {
  const unsigned char byte = pattern_byte(5);
  const tome_needle needle = {&byte, 1};
  tome_pattern *pattern = NULL;
  tome_matches *walk = NULL;
  tome_range match = {0, 0};
  uint64_t last = 0, ignored, count = 77;
  uint64_t before = count_by_loop(byte, 0, BAD_AT, &last);
  uint64_t behind = count_by_loop(byte, BAD_AT + PAGE, SIZE, &ignored);
  must_succeed(tome_pattern_new(&pattern, &needle, 1, 0));
  break_page();
  for (uint32_t threads = 1; threads < 4; threads++) {
    seen told = {0};
    tome_search_options options = TOME_SEARCH_INIT;
    options.threads = threads;
    options.found = see;
    options.context = &told;
    must_fail_at(tome_search(map, pattern, &options, &count), TOME_ELOST, BAD_AT, PAGE);
    must(count == before && told.count == before && told.last == last);
  }
  must_succeed(tome_matches_begin(&walk, map, pattern, 0, TOME_END, TOME_SEARCH_BACKWARD));
  for (uint64_t i = 0; i < behind; i++)
    must_return(tome_matches_next(walk, &match), 1);
  must_fail_at(tome_matches_next(walk, &match), TOME_ELOST, BAD_AT, PAGE);
  must(match.offset >= BAD_AT + PAGE);
  tome_matches_end(walk);
  count = 77;
  must_fail(tome_count(map, &byte, 1, 0, TOME_END, &count), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  must_equal(count, 77);
  heal_disk();
  must_return(tome_search(map, pattern, NULL, &count), 1);
  must_equal(count, count_by_loop(byte, 0, SIZE, &ignored));
  must_return(tome_count(map, &byte, 1, 0, TOME_END, &count), 1);
  must_equal(count, count_by_loop(byte, 0, SIZE, &ignored));
  tome_pattern_free(pattern);
}

/* The empty string is found at every place: thousands of them lie behind the bad page, more than are found at once. */
static void walk_to_bad_page(tome *map) {
  tome_pattern *pattern = NULL;
  tome_matches *walk = NULL;
  tome_range match = {0, 0};
  const tome_needle needle = {"", 0};
  const uint64_t to = BAD_AT + 14 * PAGE;
  must_succeed(tome_pattern_new(&pattern, &needle, 1, 0));
  break_page();
  must_succeed(tome_matches_begin(&walk, map, pattern, 0, to, TOME_SEARCH_BACKWARD));
  for (uint64_t at = to + 1; at-- > BAD_AT + PAGE;) {
    must_return(tome_matches_next(walk, &match), 1);
    must_equal(match.offset, at);
  }
  must_fail_at(tome_matches_next(walk, &match), TOME_ELOST, BAD_AT, PAGE);
  tome_matches_end(walk);
  tome_pattern_free(pattern);
  heal_disk();
}

static void search_all(void) {
  run_on_maps(search_for_all);
  run_on_maps(walk_to_bad_page);
}

static void a_search_for_all_matches_tells_those_before_the_bad_page(void **state) {
  (void)state;
  on_flaky_disk(1, 0, search_all);
}

/* ---- storing ---- */

/* Part of a page is stored: the rest of it has to be read first. */
static void write_over(tome *map) {
  unsigned char ones[3 * 65536], want[4 * 65536];
  memset(ones, 1, sizeof ones);
  break_page();
  must_fail(tome_write(map, BAD_AT - 100, ones, PAGE), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  must_fail_at(tome_write(map, BAD_AT + 10, ones, 20), TOME_ELOST, BAD_AT + 10, 20);
  must_fail(tome_fill(map, BAD_AT - 50, 100, 1), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  heal_disk();
  fill_pattern(want, BAD_AT - PAGE, 3 * PAGE);
  memset(want + PAGE - 100, 1, 100);
  unsigned char got[4 * 65536];
  must_succeed(tome_read(map, BAD_AT - PAGE, got, 3 * PAGE));
  must_be_bytes(got, want, 3 * PAGE);
  must_succeed(tome_write(map, BAD_AT - 100, ones, PAGE));
  memset(want + PAGE - 100, 1, PAGE);
  must_succeed(tome_read(map, BAD_AT - PAGE, got, 3 * PAGE));
  must_be_bytes(got, want, 3 * PAGE);
  fill_pattern(want, BAD_AT - 100, PAGE); /* as run_on_map() wants it */
  must_succeed(tome_write(map, BAD_AT - 100, want, PAGE));
}

static void write_on_maps(void) {
  struck = 0;
  run_on_map(write_over, TOME_WRITE);
  run_on_map(write_over, TOME_COPY);
  tell_figure("reads that the disk refused", struck);
}

static void a_write_stores_what_lies_before_the_bad_page_and_names_the_rest(void **state) {
  (void)state;
  on_flaky_disk(1, 0, write_on_maps);
}

static void move_away(tome *map) {
  const uint64_t to = 40 * PAGE;
  unsigned char *got = malloc(SIZE);
  break_page();
  must_fail(tome_move(map, to, BAD_AT - 8 * PAGE, 16 * PAGE), TOME_ELOST);
  uint64_t first = tome_error_last()->offset;
  must_equal(first, BAD_AT);
  heal_disk();
  must_succeed(tome_read(map, 0, got, SIZE));
  for (size_t i = 0; i < SIZE; i++) { /* no zeros: the old byte or the moved one */
    int moved = i >= to && i < to + 16 * PAGE;
    must(got[i] == pattern_byte(i) ||
         (moved && got[i] == pattern_byte(i - to + BAD_AT - 8 * PAGE)));
  }
  must_succeed(tome_move(map, to, BAD_AT - 8 * PAGE, 16 * PAGE));
  must_succeed(tome_read(map, to, got, 16 * PAGE));
  must_be_pattern(got, BAD_AT - 8 * PAGE, 16 * PAGE);
  fill_pattern(got, to, 16 * PAGE);
  must_succeed(tome_write(map, to, got, 16 * PAGE));
  free(got);
}

static void move_on_maps(void) {
  struck = 0;
  run_on_map(move_away, TOME_WRITE);
  run_on_map(move_away, TOME_COPY);
  tell_figure("reads that the disk refused", struck);
}

static void a_move_stops_at_the_bad_page_and_puts_no_zeros_in_its_place(void **state) {
  (void)state;
  on_flaky_disk(1, 0, move_on_maps);
}

/* ---- broken on purpose ---- */

static os_calls real;

static ssize_t pread_that_never_fails(int fd, void *to, size_t n, off_t at) {
  ssize_t got = real.pread(fd, to, n, at);
  return got == (ssize_t)n ? got : (ssize_t)n;
}

static void look_at_no_error(void) {
  real = tome__os_calls;
  plant_reading(pread_that_never_fails);
}

static void strike(void *context) {
  on_flaky_disk(1, 0, (disk_test *)context);
}

static void a_read_error_that_nobody_looks_at_is_noticed(void **state) {
  (void)state;
  must_find_bug("a read error is not looked at", look_at_no_error, strike, (void *)read_all);
}

static void bad_pages_without_the_guard_are_noticed(void **state) {
  (void)state;
  must_find_bug("the guard is off on a bad disk", plant_no_guard, strike,
                (void *)look_through_views);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_read_names_the_bytes_that_the_disk_could_not_read),
      TEST(a_read_fails_only_if_it_meets_bad_bytes_and_names_the_first),
      TEST(a_view_loads_zeros_from_the_bad_page_only_and_its_end_names_it),
      TEST(a_search_stops_at_the_bad_page_and_finds_what_lies_before_it),
      TEST(a_search_for_all_matches_tells_those_before_the_bad_page),
      TEST(a_write_stores_what_lies_before_the_bad_page_and_names_the_rest),
      TEST(a_move_stops_at_the_bad_page_and_puts_no_zeros_in_its_place),
      TEST(a_read_error_that_nobody_looks_at_is_noticed),
      TEST(bad_pages_without_the_guard_are_noticed),
  };
  return run_matching(tests, count, arguments);
}
