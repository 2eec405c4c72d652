/* A file cut inside its last page raises no signal: the rest of the page reads as zeros, and stores into it go nowhere. Each
 * operation notices all the same: those that load at once, those that store at the next flush, check or close. */
#include "cut_weather.h"
#include "planted_bug.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE (3 * PAGE + 1000)

static char path[512];
static unsigned notices; /* how often a call noticed what no signal told */
static weather *sky;

static tome *open_file(uint32_t flags, int windowed) {
  strcpy(path, make_pattern_file("file", SIZE));
  return open_windowed(path, flags, windowed ? PAGE : 0);
}

#define must_notice(call, first, count)                                                            \
  do {                                                                                             \
    must_fail_at(call, TOME_ELOST, first, count);                                                  \
    notices++;                                                                                     \
  } while (0)

static void begin_noticing(void) {
  sky = begin_weather(0);
  count_patches(sky);
  notices = 0;
}

static void end_noticing(void) {
  must_equal(sky->patches, 0); /* no signal told of it */
  stop_counting();
  munmap(sky, sizeof *sky);
  must(notices > 0);
  tell_figure("silent cuts noticed", notices);
}

/* Each run once with pages that were touched before, and once with the first touch after the cut. */
enum { RUNS = 12 };

static size_t cut_of(int run) {
  const size_t cuts[] = {SIZE - 1, SIZE - 500, 3 * PAGE + 1};
  return cuts[run % 3];
}

static tome *open_and_cut(uint32_t flags, int run) {
  tome *map = open_file(flags, run / 3 % 2);
  if (run / 6 == 0)
    must_read_pattern(map, 0, SIZE);
  truncate_elsewhere(path, cut_of(run));
  note("run %d, cut at %zu of %zu", run, cut_of(run), (size_t)SIZE);
  return map;
}

/* ---- what loads ---- */

static void read_and_search(void *unused) {
  (void)unused;
  unsigned char *got = malloc(SIZE), needle[4];
  for (int run = 0; run < RUNS; run++) {
    size_t cut = cut_of(run);
    uint64_t at = 77;
    tome *map = open_and_cut(TOME_READ, run);
    must_notice(tome_read(map, 0, got, SIZE), cut, SIZE - cut);
    must_notice(tome_read(map, cut - 1, got, 2), cut, 1);
    must_notice(tome_read(map, SIZE - 1, got, 1), SIZE - 1, 1);
    must_read_pattern(map, 0, cut);
    fill_pattern(needle, SIZE - 4, 4);
    must_notice(tome_find(map, needle, 4, 3 * PAGE, SIZE, &at), cut, SIZE - cut);
    must_notice(tome_rfind(map, needle, 4, 3 * PAGE, SIZE, &at), cut, SIZE - cut);
    must_notice(tome_find(map, "\0", 1, 3 * PAGE, SIZE, &at), cut, 1);
    must_equal(at, 77);
    tome_view view = begin_view(map, cut - 1, SIZE - cut + 1, TOME_VIEW_READ);
    must_notice(tome_view_end(&view), cut, SIZE - cut);
    must_succeed(tome_close(map));
  }
  free(got);
}

static void reading_and_searching_notice_a_cut_inside_the_last_page(void **state) {
  (void)state;
  begin_noticing();
  read_and_search(NULL);
  end_noticing();
}

static void moving_notices_a_cut_inside_the_last_page_and_stores_no_zeros(void **state) {
  (void)state;
  begin_noticing();
  for (int run = 0; run < RUNS; run++) {
    size_t cut = cut_of(run);
    tome *map = open_and_cut(TOME_WRITE, run);
    must_notice(tome_move(map, 0, cut - 1, SIZE - cut + 1), cut, SIZE - cut);
    must_be_pattern_file(path, cut);
    must_read_pattern(map, 0, cut);
    must_succeed(tome_close(map));
  }
  end_noticing();
}

/* Zeros that are really there are no loss, whichever page they end in. */
static void zeros_at_the_end_of_a_file_that_was_not_cut_are_no_loss(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE), *got = malloc(SIZE);
  memset(bytes + SIZE - 600, 0, 600);
  for (int windowed = 0; windowed < 2; windowed++) {
    strcpy(path, make_file("file", bytes, SIZE));
    tome *map = open_windowed(path, TOME_READ, windowed ? PAGE : 0);
    for (int time = 0; time < 2; time++) {
      must_succeed(tome_read(map, 0, got, SIZE));
      must_be_bytes(got, bytes, SIZE);
    }
    tome_view view = begin_view(map, SIZE - 300, 300, TOME_VIEW_READ);
    must_succeed(tome_view_end(&view));
    truncate_elsewhere(path, SIZE - 1);
    must_fail_at(tome_read(map, SIZE - 300, got, 300), TOME_ELOST, SIZE - 1, 1);
    must_succeed(tome_close(map));
  }
  free(bytes);
  free(got);
}

/* ---- what stores ---- */

enum { BY_WRITE, BY_FILL, BY_MOVE, BY_VIEW, STORES };

/* 20 bytes before the cut and 30 behind it. Only the end of a view may tell of it by itself, and does. */
static void store(tome *map, int by, size_t cut) {
  char bytes[50];
  memset(bytes, 'x', sizeof bytes);
  if (by == BY_WRITE)
    must_succeed(tome_write(map, cut - 20, bytes, 50));
  else if (by == BY_FILL)
    must_succeed(tome_fill(map, cut - 20, 50, 'x'));
  else if (by == BY_MOVE)
    must_succeed(tome_move(map, cut - 20, PAGE, 50));
  else {
    tome_view view = begin_view(map, cut - 20, 50, TOME_VIEW_WRITE);
    memcpy(view.data, bytes, 50);
    must_notice(tome_view_end(&view), cut, 30);
  }
}

enum { FLUSH_START, FLUSH_WRITTEN, FLUSH_DURABLE, BY_CHECK, BY_CLOSE, BY_REFRESH, TELLERS };

static void must_be_told(tome *map, int teller, size_t cut) {
  tome_range lost = {0, 0};
  if (teller <= FLUSH_DURABLE)
    must_notice(tome_flush(map, cut - 20, 50, teller), cut, 30);
  else if (teller == BY_REFRESH)
    must_succeed(tome_refresh(map));
  if (teller == BY_CHECK || teller == BY_REFRESH) {
    must_fail(tome_check(map, &lost), TOME_ELOST);
    must_equal(lost.offset, cut);
    must_equal(lost.length, 30);
    notices++;
  }
  if (teller == BY_CLOSE)
    must_notice(tome_close(map), cut, 30);
  else
    must_succeed(tome_close(map));
}

static void store_and_be_told(void *unused) {
  (void)unused;
  for (int i = 0; i < 2 * STORES * TELLERS; i++) {
    size_t cut = SIZE - 500;
    int by = i / 2 % STORES, teller = i / 2 / STORES;
    tome *map = open_file(TOME_WRITE, i % 2);
    note("store %d, told by %d, windowed %d", by, teller, i % 2);
    must_read_pattern(map, 0, SIZE);
    truncate_elsewhere(path, cut);
    store(map, by, cut);
    must_be_told(map, teller, cut);
    must_equal(file_length(path), cut);
  }
}

static void stores_into_a_cut_tail_are_told_by_each_flush_by_check_and_by_close(void **state) {
  (void)state;
  begin_noticing();
  store_and_be_told(NULL);
  end_noticing();
}

/* What is stored there can be read back and hides that bytes before it in its page are lost, as guard.h says; no others. */
static void
what_was_stored_behind_a_cut_hides_at_most_what_lies_before_it_in_its_page(void **state) {
  (void)state;
  unsigned char got[400];
  for (int windowed = 0; windowed < 2; windowed++) {
    size_t cut = 2 * PAGE + 500;
    tome *map = open_file(TOME_WRITE, windowed);
    must_read_pattern(map, 0, SIZE);
    truncate_elsewhere(path, cut);
    int stored = tome_write(map, cut + 300, "stored", 6);
    must(stored == 0 || stored == TOME_ELOST);
    must_fail_at(tome_read(map, cut + 306, got, 90), TOME_ELOST, cut + 306, 90);
    must_fail_at(tome_read(map, 3 * PAGE + 10, got, 10), TOME_ELOST, 3 * PAGE + 10, 10);
    must_fail_at(tome_read(map, cut - 10, got, 400), TOME_ELOST, cut, 390);
    if (stored == 0)
      must_fail(tome_check(map, NULL), TOME_ELOST);
    must_succeed(tome_refresh(map));
    must_fail(tome_read(map, cut + 300, got, 6), TOME_ERANGE);
    must_read_pattern(map, 0, cut);
    must_succeed(tome_close(map));
  }
}

/* ---- what changes the size ---- */

static void what_changes_the_size_adopts_a_cut_inside_the_last_page_first(void **state) {
  (void)state;
  for (int i = 0; i < 2 * 3; i++) {
    size_t cut = SIZE - 500;
    uint64_t at = 77;
    char byte;
    tome *map = open_file(TOME_WRITE, i % 2);
    must_read_pattern(map, 0, SIZE);
    truncate_elsewhere(path, cut);
    if (i / 2 == 0) {
      must_succeed(tome_append(map, "new", 3, &at));
      must_equal(at, cut);
      must_equal(tome_size(map), cut + 3);
    } else if (i / 2 == 1) {
      must_succeed(tome_resize(map, cut + 3));
      must_succeed(tome_write(map, cut, "new", 3));
    } else {
      must_succeed(tome_refresh(map));
      must_fail(tome_read(map, cut, &byte, 1), TOME_ERANGE);
      must_succeed(tome_append(map, "new", 3, NULL));
    }
    char *want = new_pattern(0, SIZE);
    memcpy(want + cut, "new", 3);
    must_be_file(path, want, cut + 3);
    must_succeed(tome_close(map));
    free(want);
  }
}

static void store_behind_and_grow(void) {
  for (int i = 0; i < 4; i++) {
    char got[30];
    size_t cut = SIZE - 500;
    strcpy(path, make_pattern_file("disk/file", SIZE));
    tome *map = open_windowed(path, TOME_WRITE | TOME_GROW, i % 2 ? PAGE : 0);
    must_read_pattern(map, 0, SIZE);
    truncate_elsewhere(path, cut);
    store(map, BY_WRITE, cut);
    if (i / 2)
      must_succeed(tome_resize(map, SIZE));
    else
      must_succeed(tome_write(map, SIZE, "new", 3));
    must_succeed(tome_read(map, cut, got, 30));
    must_be_zero(got, 30);
    must_fail(tome_close(map), TOME_ELOST);
  }
}

static void what_was_stored_behind_a_cut_does_not_come_back_when_the_file_grows(void **state) {
  (void)state;
  on_disk(DISK_SMALL, store_behind_and_grow);
}

/* ---- planted bugs ---- */

static void run_reads(void *unused) {
  begin_noticing();
  read_and_search(unused);
}

static void run_stores(void *unused) {
  begin_noticing();
  store_and_be_told(unused);
}

static void a_check_of_the_tail_that_believes_the_old_size_is_found(void **state) {
  (void)state;
  must_find_bug("a check of the tail that believes the old size", plant_old_size, run_reads, NULL);
}

static void a_lost_store_that_is_not_told_is_found(void **state) {
  (void)state;
  must_find_bug("a lost store that is not told", plant_old_size, run_stores, NULL);
  must_find_bug("stores that nobody looks after", plant_no_guard, run_stores, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(reading_and_searching_notice_a_cut_inside_the_last_page),
      TEST(moving_notices_a_cut_inside_the_last_page_and_stores_no_zeros),
      TEST(zeros_at_the_end_of_a_file_that_was_not_cut_are_no_loss),
      TEST(stores_into_a_cut_tail_are_told_by_each_flush_by_check_and_by_close),
      TEST(what_was_stored_behind_a_cut_hides_at_most_what_lies_before_it_in_its_page),
      TEST(what_was_stored_behind_a_cut_does_not_come_back_when_the_file_grows),
      TEST(what_changes_the_size_adopts_a_cut_inside_the_last_page_first),
      TEST(a_check_of_the_tail_that_believes_the_old_size_is_found),
      TEST(a_lost_store_that_is_not_told_is_found),
  };
  return run_matching(tests, count, arguments);
}
