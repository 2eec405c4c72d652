/* The counters, against what the test itself makes happen. */
#include "emulator_limits.h"
#include "system_abilities.h"
#include "test_support.h"

#include <string.h>

enum { PAGES = 64 };

static tome_stats stats_of(tome *map) {
  tome_stats stats;
  memset(&stats, 0xAA, sizeof stats);
  stats.struct_size = sizeof stats;
  must_succeed(tome_stats_get(map, &stats));
  must_equal(stats.struct_size, sizeof stats);
  return stats;
}

static void must_have_read(tome *map, tome_stats before, uint64_t calls, uint64_t called,
                           uint64_t waits, uint64_t fetched) {
  tome_stats now = stats_of(map);
  must_equal(now.calls - before.calls, calls);
  must_equal(now.called - before.called, called);
  must_equal(now.waits - before.waits, waits);
  must_equal(now.disk - before.disk, fetched);
  must_equal(now.lost_faults - before.lost_faults, 0);
}

/* ---- reading ---- */

static void a_new_map_has_read_nothing(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGES * PAGE), TOME_READ);
  tome_stats stats = stats_of(map);
  must_equal(stats.calls, 0);
  must_equal(stats.called, 0);
  must_equal(stats.waits, 0);
  must_equal(stats.disk, 0);
  must_equal(stats.lost_faults, 0);
  must_succeed(tome_close(map));
}

static void a_first_read_is_one_call_and_the_second_none(void **state) {
  (void)state;
  if (forced_window())
    skip_because("through windows nothing is read by system call");
  tome *map = open_map(make_pattern_file("file", PAGES * PAGE), TOME_READ);
  tome_stats before = stats_of(map);
  char bytes[100];
  must_succeed(tome_read(map, 10 * PAGE + 5, bytes, 100));
  must_have_read(map, before, 1, 100, 0, 0);
  must_succeed(tome_read(map, 10 * PAGE, bytes, 100));
  must_have_read(map, before, 1, 100, 0, 0);
  must_succeed(tome_close(map));
}

static void the_process_counts_what_all_its_maps_do(void **state) {
  (void)state;
  enum { MAPS = 3 };
  static const char *const names[MAPS] = {"file", "other", "third"};
  char bytes[PAGES];
  tome *maps[MAPS];
  tome_stats before = stats_of(NULL);
  for (int i = 0; i < MAPS; i++) {
    maps[i] = open_map(make_pattern_file(names[i], PAGES * PAGE), TOME_READ);
    for (uint64_t page = 0; page < PAGES; page += 7)
      must_succeed(tome_read(maps[i], page * PAGE, bytes, (size_t)(page + 1)));
  }
  tome_stats all = stats_of(NULL);
  uint64_t calls = 0, called = 0, waits = 0, fetched = 0;
  for (int i = 0; i < MAPS; i++) {
    tome_stats one = stats_of(maps[i]);
    calls += one.calls;
    called += one.called;
    waits += one.waits;
    fetched += one.disk;
    must_succeed(tome_close(maps[i]));
  }
  must(forced_window() || calls >= MAPS * 10);
  must_equal(all.calls - before.calls, calls);
  must_equal(all.called - before.called, called);
  must_equal(all.waits - before.waits, waits);
  must_equal(all.disk - before.disk, fetched);
  must_equal(stats_of(NULL).calls, all.calls);
}

static unsigned char look(const void *at) {
  return *(const volatile unsigned char *)at;
}

static void a_fault_that_finds_no_page_is_counted(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGES * UNIT);
  tome *map = open_map(path, TOME_READ);
  tome_stats process = stats_of(NULL);
  tome_view view = begin_view(map, 0, PAGES * UNIT, TOME_VIEW_READ);
  must_equal(look(view.data), pattern_byte(0));
  must_equal(stats_of(map).lost_faults, 0);
  truncate_elsewhere(path, UNIT);
  /* The first touch patches all that was cut; the second meets the patch. */
  must_equal(look((char *)view.data + 20 * UNIT), 0);
  must_equal(stats_of(map).lost_faults, 1);
  must_equal(look((char *)view.data + 30 * UNIT), 0);
  must_equal(stats_of(map).lost_faults, 1);
  must_equal(stats_of(NULL).lost_faults, process.lost_faults + 1);
  must_fail_at(tome_view_end(&view), TOME_ELOST, UNIT, (PAGES - 1) * UNIT);
  must_succeed(tome_close(map));
}

/* ---- memory ---- */

static void mapped_is_what_was_touched(void **state) {
  (void)state;
  const uint32_t flags[] = {TOME_READ, TOME_READ | TOME_NOGUARD, TOME_COPY};
  if (!system_tells_mapped() || !tells_own_pages())
    skip_because("this system does not tell what is mapped");
  for (int i = 0; i < 3; i++) {
    tome *map = open_map(make_pattern_file("file", PAGES * PAGE), flags[i]);
    tome_stats none = stats_of(map), process = stats_of(NULL);
    must_equal(none.mapped, 0);
    tome_view view = begin_view(map, 0, PAGES * PAGE, TOME_VIEW_READ);
    for (size_t page = 0; page < PAGES; page++)
      must_equal(look((char *)view.data + page * PAGE), pattern_byte(page * PAGE));
    must_equal(stats_of(map).mapped, PAGES * PAGE);
    must_equal(stats_of(NULL).mapped, process.mapped + PAGES * PAGE);
    must_succeed(tome_view_end(&view));
    must_succeed(tome_close(map));
    must_equal(stats_of(NULL).mapped, process.mapped);
  }
}

static void mapped_counts_scattered_pages(void **state) {
  (void)state;
  enum { MANY = 4096 }; /* more stretches than are told at once */
  if (!system_tells_mapped() || !tells_own_pages())
    skip_because("this system does not tell what is mapped");
  if (!maps_single_pages())
    skip_because("this system makes more present than what is touched");
  tome *map = open_anonymous(MANY * PAGE);
  tome_view view = begin_view(map, 0, MANY * PAGE, TOME_VIEW_READ);
  for (size_t page = 0; page < MANY; page += 2)
    ((volatile unsigned char *)view.data)[page * PAGE] = 1;
  must_equal(stats_of(map).mapped, MANY / 2 * PAGE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

/* ---- the process ---- */

static void a_map_does_not_know_the_figures_of_the_process(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  tome_stats stats = stats_of(map);
  must_equal(stats.minor_faults, TOME_UNKNOWN);
  must_equal(stats.major_faults, TOME_UNKNOWN);
  must_equal(stats.process_disk, TOME_UNKNOWN);
  must_succeed(tome_close(map));
}

/* ---- the struct ---- */

static void fields_that_the_caller_does_not_know_are_left_alone(void **state) {
  (void)state;
  const size_t known = offsetof(tome_stats, waits);
  tome_stats stats, blank;
  memset(&stats, 0xAA, sizeof stats);
  memset(&blank, 0xAA, sizeof blank);
  stats.struct_size = known;
  must_succeed(tome_stats_get(NULL, &stats));
  must_equal(stats.struct_size, known);
  must_be_bytes((char *)&stats + known, (char *)&blank + known, sizeof stats - known);
}

static void a_struct_of_another_size_is_refused(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  tome_stats none = {0}, large = {.struct_size = sizeof large + 1};
  must_fail(tome_stats_get(map, &none), TOME_EINVAL);
  must_fail(tome_stats_get(NULL, &none), TOME_EINVAL);
  must_fail(tome_stats_get(map, &large), TOME_EINVAL);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_new_map_has_read_nothing),
      TEST(a_first_read_is_one_call_and_the_second_none),
      TEST(the_process_counts_what_all_its_maps_do),
      TEST(a_fault_that_finds_no_page_is_counted),
      TEST(mapped_is_what_was_touched),
      TEST(mapped_counts_scattered_pages),
      TEST(a_map_does_not_know_the_figures_of_the_process),
      TEST(fields_that_the_caller_does_not_know_are_left_alone),
      TEST(a_struct_of_another_size_is_refused),
  };
  return run_matching(tests, count, arguments);
}
