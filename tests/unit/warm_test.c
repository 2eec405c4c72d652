/* Warming: all of the range is in memory afterwards, nothing else is read, and what cannot be read is told. */
#include "page_model.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEBI ((size_t)1 << 20)

static uint64_t disk_bytes(tome *map) {
  tome_stats stats = {.struct_size = sizeof stats};
  must_succeed(tome_stats_get(map, &stats));
  return stats.disk;
}

/* The system may have taken some of it back again: what stays away, time after time, was not brought in. */
static void must_warm_all(tome *map, const char *path, size_t pages, const tome_warming *warming) {
  size_t there = 0;
  for (int i = 0; i < 20 && there < pages; i++) {
    must_succeed(tome_warm(map, 0, TOME_END, warming));
    there = pages_there(path, 0, pages);
  }
  must_equal(there, pages);
}

static void all_of_it_is_in_memory_then(void **state) {
  (void)state;
  const size_t size = 41 * MEBI - 5, pages = (size + PAGE - 1) / PAGE;
  const char *path = make_cold_file("file", size);
  tome *map = open_map(path, TOME_READ);
  must_warm_all(map, path, pages, NULL);
  must_succeed(tome_close(map));
}

/* More than is looked at ahead, and than any disk reads ahead: what was brought in while it was on its way counts too. */
static void what_the_disk_is_asked_for_is_counted(void **state) {
  (void)state;
  const size_t size = 41 * MEBI, pages = size / PAGE;
  const char *path = make_cold_file("file", size);
  tome *map = open_map(path, TOME_READ);
  bring_in_pages(path, 0, pages / 100);
  bring_in_pages(path, pages / 2, pages / 10);
  must(pages_there(path, 0, pages) > 0);
  for (int i = 0; i < 2; i++) { /* then warm */
    uint64_t before = disk_bytes(map), missing = (pages - pages_there(path, 0, pages)) * PAGE;
    must_succeed(tome_warm(map, 0, TOME_END, NULL));
    must_equal(disk_bytes(map) - before, missing);
  }
  must_succeed(tome_close(map));
}

static void only_the_range_is_asked_for(void **state) {
  (void)state;
  const char *path = make_cold_file("file", 60 * PAGE);
  tome *map = open_part(path, TOME_READ, 3 * PAGE + 1, 50 * PAGE);
  must_succeed(tome_warm(map, 5 * PAGE, 2 * PAGE, NULL));
  must_equal(pages_there(path, 8, 3), 3);
  must_equal(disk_bytes(map), 3 * PAGE);
  must_succeed(tome_warm(map, 7, 0, NULL));
  must_equal(disk_bytes(map), 3 * PAGE);
  must_succeed(tome_close(map));
}

static void it_is_not_in_this_process(void **state) {
  (void)state;
  const char *path = make_cold_file("file", 8 * MEBI);
  tome *map = open_map(path, TOME_READ);
  uint64_t before = process_figure("RssFile");
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  must(process_figure("RssFile") < before + 2 * MEBI);
  must_succeed(tome_close(map));
}

static void holes_are_passed_over(void **state) {
  (void)state;
  char bytes[300];
  const size_t size = 64 * MEBI;
  memset(bytes, 'x', sizeof bytes);
  const char *path = make_hole("holes", size);
  const uint64_t islands[] = {5 * MEBI, 5 * MEBI + 40 * PAGE, 47 * MEBI};
  for (int i = 0; i < 3; i++)
    write_elsewhere(path, islands[i], bytes, sizeof bytes);
  drop_file(path);
  tome *map = open_map(path, TOME_READ);
  tome_info info = {.struct_size = sizeof info};
  must_succeed(tome_info_get(map, &info));
  if (info.hole_bytes != size - info.allocated)
    skip_because("holes cannot be told here");
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  for (int i = 0; i < 3; i++)
    must_equal(pages_there(path, islands[i] / PAGE, 1), 1);
  must_equal(disk_bytes(map), 3 * PAGE);
  /* beside them, what the system reads ahead of its own accord */
  must(pages_there(path, 0, 4 * MEBI / PAGE) == 0);
  must(pages_there(path, 56 * MEBI / PAGE, 8 * MEBI / PAGE) == 0);
  must_succeed(tome_close(map));
}

/* ---- progress ---- */

typedef struct told {
  uint64_t calls, last, length;
  uint64_t cancel_at; /* this call; 0: none */
} told;

static int note_progress(void *context, uint64_t done, uint64_t length) {
  told *t = context;
  must(t->last <= done && done <= length);
  must(t->cancel_at == 0 || t->calls < t->cancel_at);
  t->last = done;
  t->length = length;
  return ++t->calls == t->cancel_at ? -7 : 0;
}

static tome_warming telling(told *t) {
  tome_warming warming = TOME_WARMING_INIT;
  warming.progress = note_progress;
  warming.context = t;
  return warming;
}

static void progress_goes_on_to_the_end(void **state) {
  (void)state;
  const char *path = make_cold_file("file", 13 * MEBI + 1);
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 2; i++) { /* cold, then warm */
    told t = {0, 0, 0, 0};
    tome_warming warming = telling(&t);
    must_succeed(tome_warm(map, 1000, TOME_END, &warming));
    must(t.calls >= 3);
    must_equal(t.last, 13 * MEBI + 1 - 1000);
    must_equal(t.length, 13 * MEBI + 1 - 1000);
  }
  must_succeed(tome_close(map));
}

static void progress_over_a_hole_goes_to_its_end(void **state) {
  (void)state;
  told t = {0, 0, 0, 0};
  tome_warming warming = telling(&t);
  tome *map = open_map(make_hole("hole", 900 * MEBI), TOME_READ);
  must_succeed(tome_warm(map, 5, 800 * MEBI, &warming));
  must_equal(t.last, 800 * MEBI);
  must_equal(t.length, 800 * MEBI);
  must_succeed(tome_close(map));
}

static void it_can_be_canceled_at_any_call(void **state) {
  (void)state;
  tome *map = open_map(make_cold_file("file", 13 * MEBI), TOME_READ);
  for (uint64_t at = 1; at <= 3; at++) {
    told t = {.cancel_at = at};
    tome_warming warming = telling(&t);
    must_fail(tome_warm(map, 0, TOME_END, &warming), TOME_ECANCELED);
    must_equal(tome_error_last()->system, 0);
    must_equal(t.calls, at);
  }
  must_succeed(tome_close(map));
}

/* ---- the rate ---- */

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_rate_is_not_exceeded(void **state) {
  (void)state;
  const size_t size = 4 * MEBI, pages = size / PAGE;
  const char *path = make_cold_file("file", size);
  const uint64_t rates[] = {16 * MEBI, 40 * MEBI};
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 2; i++) {
    drop_file(path);
    tome_warming warming = TOME_WARMING_INIT;
    warming.rate = rates[i];
    double begun = seconds_now();
    must_succeed(tome_warm(map, 0, TOME_END, &warming));
    must(seconds_now() - begun >= (double)size / (double)rates[i]);
    must_warm_all(map, path, pages, NULL);
  }
  must_succeed(tome_close(map));
}

/* At a byte a second it would wait for ever. Should the system take a page back just then, it is tried once more. */
static void what_is_in_memory_does_not_count(void **state) {
  (void)state;
  int r = -1;
  const char *path = make_cold_file("file", 4 * MEBI);
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 10 && r < 0; i++) {
    told t = {.cancel_at = 4 * MEBI / 65536 + 10}; /* more often than there are pieces */
    tome_warming warming = telling(&t);
    warming.rate = 1;
    bring_in_pages(path, 0, 4 * MEBI / PAGE);
    r = tome_warm(map, 0, TOME_END, &warming);
  }
  must_return(r, 0);
  must_succeed(tome_close(map));
}

static void waiting_for_the_rate_can_be_canceled(void **state) {
  (void)state;
  const uint64_t rates[] = {1, 3, UINT64_MAX / 2};
  const char *path = make_cold_file("file", 64 * MEBI / 16);
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 3; i++) {
    drop_file(path);
    told t = {.cancel_at = rates[i] > MEBI ? 0 : 3};
    tome_warming warming = telling(&t);
    warming.rate = rates[i];
    must_return(tome_warm(map, 0, TOME_END, &warming) == (t.cancel_at ? TOME_ECANCELED : 0), 1);
  }
  must_succeed(tome_close(map));
}

/* ---- what is wrong ---- */

static void a_file_that_was_cut_is_told(void **state) {
  (void)state;
  const uint64_t cuts[] = {30 * PAGE + 5, 30 * PAGE, 0};
  const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY};
  for (int i = 0; i < 9; i++) {
    const char *path = make_cold_file("file", 50 * PAGE);
    tome *map = open_map(path, flags[i / 3]);
    truncate_elsewhere(path, cuts[i % 3]);
    must_fail_at(tome_warm(map, 0, 50 * PAGE, NULL), TOME_ELOST, cuts[i % 3],
                 50 * PAGE - cuts[i % 3]);
    must_fail_at(tome_warm(map, 40 * PAGE, PAGE, NULL), TOME_ELOST, 40 * PAGE, PAGE);
    must_succeed(tome_warm(map, 0, cuts[i % 3], NULL));
    must_equal(pages_there(path, 0, 30), cuts[i % 3] ? 30 : 0);
    must_succeed(tome_close(map));
    unlink(path);
  }
}

static int cut_the_file(void *path, uint64_t done, uint64_t length) {
  (void)length;
  if (done < 40 * MEBI)
    truncate_elsewhere(path, 40 * MEBI);
  return 0;
}

static void a_cut_while_it_goes_on_is_told(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_cold_file("file", 60 * MEBI));
  tome_warming warming = TOME_WARMING_INIT;
  warming.progress = cut_the_file;
  warming.context = path;
  tome *map = open_map(path, TOME_READ);
  must_fail_at(tome_warm(map, 0, TOME_END, &warming), TOME_ELOST, 40 * MEBI, 20 * MEBI);
  must_succeed(tome_close(map));
}

static void what_others_appended_is_warmed_too(void **state) {
  (void)state;
  void *bytes = new_pattern(10 * PAGE, 10 * PAGE);
  const char *path = make_pattern_file("file", 10 * PAGE);
  tome *map = open_map(path, TOME_READ);
  append_elsewhere(path, bytes, 10 * PAGE);
  drop_file(path);
  must_succeed(tome_warm(map, 0, 20 * PAGE, NULL));
  must_equal(pages_there(path, 0, 20), 20);
  must_succeed(tome_close(map));
  free(bytes);
}

static void a_private_map_keeps_what_was_stored(void **state) {
  (void)state;
  char got[4];
  const char *path = make_cold_file("file", 20 * PAGE);
  tome *map = open_map(path, TOME_COPY);
  must_succeed(tome_write(map, 5 * PAGE - 2, "mine", 4));
  must_warm_all(map, path, 20, NULL);
  must_succeed(tome_read(map, 5 * PAGE - 2, got, 4));
  must_be_bytes(got, "mine", 4);
  must_succeed(tome_close(map));
}

static void anonymous_memory_is_warm(void **state) {
  (void)state;
  tome *map = open_anonymous(10 * PAGE);
  must_succeed(tome_write(map, PAGE, "x", 1));
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  tome_residency all = {.struct_size = sizeof all};
  must_succeed(tome_residency_get(map, 0, TOME_END, &all));
  must_equal(all.resident, PAGE);
  must_succeed(tome_close(map));
}

static void ranges_outside_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 2 * PAGE), TOME_READ);
  must_fail_at(tome_warm(map, 1, 2 * PAGE, NULL), TOME_ERANGE, 1, 2 * PAGE);
  must_fail(tome_warm(map, 2 * PAGE + 1, TOME_END, NULL), TOME_ERANGE);
  must_fail(tome_warm(map, UINT64_MAX, 1, NULL), TOME_ERANGE);
  must_fail(tome_warm(map, 1, UINT64_MAX - 1, NULL), TOME_ERANGE);
  must_succeed(tome_warm(map, 2 * PAGE, TOME_END, NULL));
  must_succeed(tome_close(map));
}

static void a_shorter_struct_is_served_and_none_refused(void **state) {
  (void)state;
  told t = {.cancel_at = 1};
  tome_warming warming = telling(&t);
  tome *map = open_map(make_pattern_file("file", 2 * PAGE), TOME_READ);
  warming.struct_size = offsetof(tome_warming, progress);
  must_succeed(tome_warm(map, 0, TOME_END, &warming));
  must_equal(t.calls, 0);
  warming.struct_size = 0;
  must_fail(tome_warm(map, 0, TOME_END, &warming), TOME_EINVAL);
  warming.struct_size = sizeof warming + 1;
  must_fail(tome_warm(map, 0, TOME_END, &warming), TOME_EINVAL);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(all_of_it_is_in_memory_then),
      TEST(what_the_disk_is_asked_for_is_counted),
      TEST(only_the_range_is_asked_for),
      TEST(it_is_not_in_this_process),
      TEST(holes_are_passed_over),
      TEST(progress_goes_on_to_the_end),
      TEST(progress_over_a_hole_goes_to_its_end),
      TEST(it_can_be_canceled_at_any_call),
      TEST(a_rate_is_not_exceeded),
      TEST(what_is_in_memory_does_not_count),
      TEST(waiting_for_the_rate_can_be_canceled),
      TEST(a_file_that_was_cut_is_told),
      TEST(a_cut_while_it_goes_on_is_told),
      TEST(what_others_appended_is_warmed_too),
      TEST(a_private_map_keeps_what_was_stored),
      TEST(anonymous_memory_is_warm),
      TEST(ranges_outside_are_refused),
      TEST(a_shorter_struct_is_served_and_none_refused),
  };
  return run_matching(tests, count, arguments);
}
