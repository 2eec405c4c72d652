/* A loss is told to everybody who asks about it, and no later call can hide it: neither our own growth over the place that was
 * cut, nor what was told about other bytes. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES = 10 };
#define SIZE ((size_t)PAGES * UNIT)
#define STORED (6 * UNIT + 100)
#define CUT (3 * UNIT + 10)

static char path[512];

static tome *open_file(uint32_t flags) {
  strcpy(path, make_pattern_file("file", SIZE));
  return open_map(path, flags);
}

static void must_be_in_file(uint64_t offset, const char text[6]) {
  char got[6];
  must_equal(read_from(path, offset, got, 6), 6);
  must_be_bytes(got, text, 6);
}

/* ---- who tells that stores were cut away ---- */

static void check_tells(tome *map) {
  must_fail(tome_check(map, NULL), TOME_ELOST);
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_close(map));
}

static void flush_tells(tome *map) {
  must_fail(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN), TOME_ELOST);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN));
  must_succeed(tome_close(map));
}

static void close_tells(tome *map) {
  must_fail(tome_close(map), TOME_ELOST);
}

typedef void teller(tome *map);
static teller *const tellers[] = {check_tells, flush_tells, close_tells};
enum { TELLERS = sizeof tellers / sizeof tellers[0] };

/* ---- the file is made longer again by ourselves ---- */

static void resize_less(tome *map) {
  must_succeed(tome_resize(map, 8 * UNIT));
  must_equal(file_length(path), 8 * UNIT);
}

static void resize_more(tome *map) {
  must_succeed(tome_resize(map, 2 * SIZE));
  must_equal(file_length(path), 2 * SIZE);
}

static void append_much(tome *map) {
  static unsigned char bytes[8 << 16]; /* past what was stored, also by the largest units */
  uint64_t at;
  must_succeed(tome_append(map, bytes, sizeof bytes, &at));
  must_equal(at, CUT);
  must_equal(file_length(path), CUT + sizeof bytes);
}

static void write_at_old_end(tome *map) {
  must_succeed(tome_write(map, SIZE, "z", 1));
  must_equal(file_length(path), SIZE + 1);
}

typedef void grower(tome *map);

static void must_be_told_after(grower *grow) {
  for (int i = 0; i < TELLERS; i++) {
    note("teller %d", i);
    tome *map = open_file(TOME_WRITE | TOME_GROW);
    must_succeed(tome_write(map, STORED, "stored", 6));
    truncate_elsewhere(path, CUT);
    grow(map);
    char got[6];
    must_succeed(tome_read(map, STORED, got, 6));
    must_be_zero(got, 6);
    tellers[i](map);
  }
}

static void a_resize_below_the_old_size_does_not_hide_a_cut(void **state) {
  (void)state;
  must_be_told_after(resize_less);
}

static void a_resize_above_the_old_size_does_not_hide_a_cut(void **state) {
  (void)state;
  must_be_told_after(resize_more);
}

static void an_append_does_not_hide_a_cut(void **state) {
  (void)state;
  needs_whole_pages();
  must_be_told_after(append_much);
}

static void a_growing_write_does_not_hide_a_cut(void **state) {
  (void)state;
  must_be_told_after(write_at_old_end);
}

static void the_range_of_a_cut_that_was_grown_over_is_told(void **state) {
  (void)state;
  tome *map = open_file(TOME_WRITE);
  must_succeed(tome_write(map, STORED, "stored", 6));
  truncate_elsewhere(path, CUT);
  must_succeed(tome_resize(map, SIZE));
  tome_range lost;
  must_fail(tome_check(map, &lost), TOME_ELOST);
  must(lost.offset >= CUT && lost.offset <= STORED);
  must(lost.offset + lost.length >= STORED + 6 && lost.offset + lost.length <= SIZE);
  must_succeed(tome_close(map));
}

static void growing_after_a_cut_that_spared_all_stores_is_no_loss(void **state) {
  (void)state;
  tome *map = open_file(TOME_WRITE | TOME_GROW);
  must_succeed(tome_write(map, 100, "stored", 6));
  truncate_elsewhere(path, CUT);
  must_succeed(tome_resize(map, 8 * UNIT));
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN));
  must_succeed(tome_close(map));
}

/* ---- bytes that made the file longer are stores as well ---- */

static void store_by_write(tome *map) {
  must_succeed(tome_write(map, SIZE, "stored", 6));
}

static void store_by_gap(tome *map) {
  must_succeed(tome_write(map, SIZE + 2 * UNIT, "stored", 6));
}

static void store_by_append(tome *map) {
  uint64_t at;
  must_succeed(tome_append(map, "stored", 6, &at));
  must_equal(at, SIZE);
}

static void must_tell_of_growth(grower *store, size_t cut) {
  for (int i = 0; i < TELLERS; i++) {
    note("teller %d, cut at %zu", i, cut);
    tome *map = open_file(TOME_WRITE | TOME_GROW);
    store(map);
    truncate_elsewhere(path, cut);
    tellers[i](map);
    must_be_pattern_file(path, cut);
  }
}

static void appended_and_grown_bytes_that_were_cut_away_are_told(void **state) {
  (void)state;
  grower *const stores[] = {store_by_write, store_by_gap, store_by_append};
  for (int i = 0; i < 3; i++) {
    must_tell_of_growth(stores[i], SIZE);
    must_tell_of_growth(stores[i], CUT);
  }
}

/* ---- what is told about some bytes says nothing about others ---- */

/* A view of the whole file loses two pages that it stores into. */
static tome_view lose_two_pages(tome *map) {
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_WRITE);
  truncate_elsewhere(path, 0);
  memcpy((char *)view.data + UNIT, "first", 5);
  memcpy((char *)view.data + 5 * UNIT, "second", 6);
  truncate_elsewhere(path, SIZE);
  return view;
}

static void a_flush_of_one_lost_page_does_not_silence_that_of_another(void **state) {
  (void)state;
  tome *map = open_file(TOME_WRITE);
  tome_view view = lose_two_pages(map);
  must_fail(tome_flush(map, UNIT, UNIT, TOME_FLUSH_WRITTEN), TOME_ELOST);
  must_fail(tome_flush(map, 5 * UNIT, UNIT, TOME_FLUSH_WRITTEN), TOME_ELOST);
  must_be_hole(path, UNIT, UNIT);
  must_be_hole(path, 5 * UNIT, UNIT);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void a_flush_does_not_speak_of_pages_that_it_was_not_asked_about(void **state) {
  (void)state;
  tome *map = open_file(TOME_WRITE);
  tome_view view = begin_view(map, 0, 8 * UNIT, TOME_VIEW_WRITE);
  truncate_elsewhere(path, 2 * UNIT);
  ((volatile char *)view.data)[5 * UNIT] = 'x';
  truncate_elsewhere(path, SIZE);
  must_succeed(tome_flush(map, 0, 2 * UNIT, TOME_FLUSH_WRITTEN));
  must_succeed(tome_flush(map, 9 * UNIT, UNIT, TOME_FLUSH_WRITTEN));
  must_fail(tome_flush(map, 5 * UNIT, UNIT, TOME_FLUSH_WRITTEN), TOME_ELOST);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

/* Every page was touched, so that the read that is lost goes to memory as well. */
static tome_view lose_a_page_then_read_another(tome *map) {
  char got[10];
  must_read_pattern(map, 0, SIZE);
  tome_view view = begin_view(map, UNIT, UNIT, TOME_VIEW_WRITE);
  truncate_elsewhere(path, 0);
  memcpy(view.data, "stored", 6);
  must_fail(tome_read(map, 7 * UNIT, got, 10), TOME_ELOST);
  truncate_elsewhere(path, SIZE);
  return view;
}

static void an_unrelated_read_does_not_silence_check_about_a_live_view(void **state) {
  (void)state;
  tome *map = open_file(TOME_WRITE);
  tome_view view = lose_a_page_then_read_another(map);
  tome_range lost;
  must_fail(tome_check(map, &lost), TOME_ELOST);
  must(lost.offset <= UNIT && lost.offset + lost.length >= UNIT + 6);
  must_be_hole(path, UNIT, UNIT);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void an_unrelated_read_does_not_silence_flush_about_a_live_view(void **state) {
  (void)state;
  tome *map = open_file(TOME_WRITE);
  tome_view view = lose_a_page_then_read_another(map);
  must_fail(tome_flush(map, UNIT, UNIT, TOME_FLUSH_WRITTEN), TOME_ELOST);
  must_be_hole(path, UNIT, UNIT);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_close(map));
}

/* ---- storing where a view has lost pages ---- */

/* The view's zeros lay where the file is again; a store must not go into them. */
static void a_store_into_a_file_that_was_grown_again_is_in_the_file(void **state) {
  (void)state;
  tome *map = open_file(TOME_WRITE | TOME_GROW);
  tome_view view = begin_view(map, UNIT, UNIT, TOME_VIEW_WRITE);
  truncate_elsewhere(path, 0);
  ((volatile char *)view.data)[0] = 'x';
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), 0);
  must_succeed(tome_resize(map, SIZE));
  must_succeed(tome_write(map, 5 * UNIT, "stored", 6));
  must_be_in_file(5 * UNIT, "stored");
  must_succeed(tome_write(map, UNIT + 50, "beside", 6));
  must_be_in_file(UNIT + 50, "beside");
  must_fail(tome_view_end(&view), TOME_ELOST);
  int result = tome_close(map); /* the view might have stored before its page was lost */
  must(result == 0 || result == TOME_ELOST);
}

/* The patch over the last page of the old file is also over what the page holds once the file has grown. */
static void what_is_appended_after_a_loss_is_in_the_file(void **state) {
  (void)state;
  const size_t size = UNIT + 50;
  char got[10];
  strcpy(path, make_pattern_file("file", size));
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 0, size, TOME_VIEW_READ);
  truncate_elsewhere(path, 18);
  must_equal(((volatile unsigned char *)view.data)[UNIT + 4], 0);
  void *bytes = new_pattern(18, 2 * UNIT);
  must_succeed(tome_append(map, bytes, 2 * UNIT, NULL));
  must_read_pattern(map, UNIT + 200, sizeof got);
  must_succeed(tome_write(map, UNIT + 200, "stored", 6));
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_read(map, UNIT + 200, got, 6));
  must_be_bytes(got, "stored", 6);
  must_succeed(tome_close(map));
  memcpy((char *)bytes + UNIT + 200 - 18, "stored", 6);
  char *all = new_pattern(0, 18 + 2 * UNIT);
  memcpy(all + 18, bytes, 2 * UNIT);
  must_be_file(path, all, 18 + 2 * UNIT);
  free(all);
  free(bytes);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_resize_below_the_old_size_does_not_hide_a_cut),
      TEST(a_resize_above_the_old_size_does_not_hide_a_cut),
      TEST(an_append_does_not_hide_a_cut),
      TEST(a_growing_write_does_not_hide_a_cut),
      TEST(the_range_of_a_cut_that_was_grown_over_is_told),
      TEST(growing_after_a_cut_that_spared_all_stores_is_no_loss),
      TEST(appended_and_grown_bytes_that_were_cut_away_are_told),
      TEST(a_flush_of_one_lost_page_does_not_silence_that_of_another),
      TEST(a_flush_does_not_speak_of_pages_that_it_was_not_asked_about),
      TEST(an_unrelated_read_does_not_silence_check_about_a_live_view),
      TEST(an_unrelated_read_does_not_silence_flush_about_a_live_view),
      TEST(what_is_appended_after_a_loss_is_in_the_file),
      TEST(a_store_into_a_file_that_was_grown_again_is_in_the_file),
  };
  return run_matching(tests, count, arguments);
}
