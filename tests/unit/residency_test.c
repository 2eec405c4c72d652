/* What is in memory, against mincore(2) on a mapping of the test's own. */
#include "page_model.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static tome_residency residency_of(tome *map, uint64_t offset, uint64_t length) {
  tome_residency all;
  memset(&all, 0xAA, sizeof all);
  all.struct_size = sizeof all;
  must_succeed(tome_residency_get(map, offset, length, &all));
  must_equal(all.struct_size, sizeof all);
  return all;
}

/* The pages that a range touches: a plain model. */
static uint64_t first_page(uint64_t offset) {
  return offset / PAGE;
}

static size_t count_pages(uint64_t offset, uint64_t length) {
  return length ? (size_t)((offset + length - 1) / PAGE - offset / PAGE + 1) : 0;
}

enum { PAGES = 300 };

/* Random pages are in memory; no others are. */
static const char *make_patchy_file(dice *any) {
  const char *path = make_cold_file("patchy", PAGES * PAGE - 100);
  for (int i = 0; i < 12; i++) {
    uint64_t first = roll(any, PAGES);
    bring_in_pages(path, first, 1 + roll(any, PAGES - first < 9 ? PAGES - first : 9));
  }
  return path;
}

static void must_agree(tome *map, const char *path, uint64_t origin, uint64_t offset,
                       uint64_t length) {
  unsigned char want[PAGES] = {0}, again[PAGES] = {0}, got[PAGES + 1];
  size_t count = count_pages(origin + offset, length), there = 0;
  note("%zu bytes at %zu", (size_t)length, (size_t)offset);
  memset(got, 7, sizeof got);
  tome_residency all;
  do { /* until the system has taken none back meanwhile */
    if (count > 0)
      look_at_pages(path, first_page(origin + offset), count, want);
    must_succeed(tome_residency_pages(map, offset, length, got, count));
    all = residency_of(map, offset, length);
    if (count > 0)
      look_at_pages(path, first_page(origin + offset), count, again);
  } while (memcmp(want, again, count) != 0);
  must_be_bytes(got, want, count);
  must_equal(got[count], 7);
  for (size_t i = 0; i < count; i++)
    there += want[i];
  must_equal(all.pages, count * PAGE);
  must_equal(all.resident, there * PAGE);
}

static void numbers_and_pages_are_those_of_mincore(void **state) {
  (void)state;
  dice any = dice_from(5);
  const char *path = make_patchy_file(&any);
  const uint64_t size = PAGES * PAGE - 100;
  must(pages_there(path, 0, PAGES) > 0 && pages_there(path, 0, PAGES) < PAGES);
  tome *map = open_map(path, TOME_READ);
  must_agree(map, path, 0, 0, size);
  for (uint64_t i = 0; i < how_many(200, 20000); i++) {
    uint64_t offset = roll_near_page(&any, size);
    must_agree(map, path, 0, offset, roll_near_page(&any, size - offset));
  }
  must_succeed(tome_close(map));
}

static void a_part_counts_the_pages_of_the_file(void **state) {
  (void)state;
  dice any = dice_from(6);
  const char *path = make_patchy_file(&any);
  const uint64_t origin = 3 * PAGE - 1, size = 100 * PAGE + 2;
  tome *map = open_part(path, TOME_READ, origin, size);
  must_equal(residency_of(map, 0, TOME_END).pages, 102 * PAGE);
  must_equal(residency_of(map, 0, 2).pages, 2 * PAGE);
  must_equal(residency_of(map, 1, PAGE).pages, PAGE);
  for (uint64_t i = 0; i < how_many(100, 10000); i++) {
    uint64_t offset = roll_near_page(&any, size);
    must_agree(map, path, origin, offset, roll_near_page(&any, size - offset));
  }
  must_succeed(tome_close(map));
}

/* A second reader, by another name for the same pages. */
static void asking_brings_nothing_in(void **state) {
  (void)state;
  unsigned char pages[64];
  const char *path = make_cold_file("file", 64 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  must_equal(residency_of(map, 0, TOME_END).resident, 0);
  must_succeed(tome_residency_pages(map, 0, TOME_END, pages, sizeof pages));
  must_be_zero(pages, sizeof pages);
  must_equal(pages_there(path, 0, 64), 0);
  must_succeed(tome_close(map));
}

/* Someone else may have it written back at any moment. */
static void what_is_not_written_back_is_dirty(void **state) {
  (void)state;
  uint64_t seen = 0;
  const char *path = make_cold_file("file", 16 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  if (residency_of(map, 0, TOME_END).dirty == TOME_UNKNOWN)
    give_up("this system does not tell what is dirty");
  must_equal(residency_of(map, 0, TOME_END).dirty, 0);
  for (int i = 0; i < 100 && seen != 2 * PAGE; i++) {
    must_succeed(tome_write(map, 5 * PAGE - 1, "ab", 2));
    tome_residency all = residency_of(map, 0, TOME_END);
    seen = all.dirty + all.writeback;
  }
  must_equal(seen, 2 * PAGE);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_equal(residency_of(map, 0, TOME_END).dirty, 0);
  must_equal(residency_of(map, 0, TOME_END).writeback, 0);
  must_succeed(tome_close(map));
}

static void holes_are_told_to_the_byte(void **state) {
  (void)state;
  const uint64_t step = 1u << 20;
  const char *path = make_hole("holes", 5 * step);
  write_elsewhere(path, step, "one", 3);
  write_elsewhere(path, 3 * step, "two", 3);
  uint64_t block = file_allocated(path) / 2;
  tome *map = open_part(path, TOME_READ, 100, 5 * step - 200);
  tome_residency all = residency_of(map, 0, TOME_END);
  if (all.holes == TOME_UNKNOWN)
    skip_because("holes cannot be told here");
  must_equal(all.holes, 5 * step - 200 - 2 * block);
  must_equal(residency_of(map, 0, step - 100).holes, step - 100);
  must_equal(residency_of(map, 7, 50).holes, 50);
  must_equal(residency_of(map, step - 100, 3).holes, 0);
  must_equal(residency_of(map, step - 101, 3).holes, 1);
  must_equal(residency_of(map, 4 * step, 1000).holes, 1000);
  must_equal(residency_of(map, 4 * step, 0).holes, 0);
  must_succeed(tome_close(map));
}

static void an_empty_map_has_nothing(void **state) {
  (void)state;
  unsigned char none = 7;
  tome *map = open_map(make_file("empty", "", 0), TOME_READ);
  tome_residency all = residency_of(map, 0, TOME_END);
  must(all.pages == 0 && all.resident == 0 && all.dirty == 0 && all.writeback == 0 &&
       all.holes == 0);
  must_succeed(tome_residency_pages(map, 0, TOME_END, &none, 0));
  must_equal(none, 7);
  must_succeed(tome_close(map));
}

static void anonymous_memory_is_counted_where_it_was_stored(void **state) {
  (void)state;
  unsigned char pages[8];
  static const unsigned char want[8] = {0, 0, 1, 1, 0, 0, 0, 0};
  tome *map = open_anonymous(8 * PAGE);
  must_succeed(tome_write(map, 3 * PAGE - 1, "ab", 2));
  must_succeed(tome_residency_pages(map, 0, TOME_END, pages, sizeof pages));
  must_be_bytes(pages, want, sizeof pages);
  must_equal(residency_of(map, 0, TOME_END).resident, 2 * PAGE);
  must_succeed(tome_close(map));
}

static void ranges_outside_are_refused(void **state) {
  (void)state;
  unsigned char pages[8];
  tome_residency all = {.struct_size = sizeof all};
  tome *map = open_map(make_pattern_file("file", 2 * PAGE), TOME_READ);
  must_fail_at(tome_residency_get(map, 1, 2 * PAGE, &all), TOME_ERANGE, 1, 2 * PAGE);
  must_fail(tome_residency_get(map, 2 * PAGE + 1, TOME_END, &all), TOME_ERANGE);
  must_fail(tome_residency_get(map, UINT64_MAX, 1, &all), TOME_ERANGE);
  must_fail(tome_residency_get(map, 1, UINT64_MAX - 1, &all), TOME_ERANGE);
  must_fail_at(tome_residency_pages(map, 1, 2 * PAGE, pages, 8), TOME_ERANGE, 1, 2 * PAGE);
  must_fail(tome_residency_pages(map, UINT64_MAX, TOME_END, pages, 8), TOME_ERANGE);
  must_succeed(tome_close(map));
}

static void too_little_room_is_refused(void **state) {
  (void)state;
  unsigned char pages[3] = {7, 7, 7};
  tome *map = open_map(make_pattern_file("file", 3 * PAGE), TOME_READ);
  must_fail(tome_residency_pages(map, 0, TOME_END, pages, 2), TOME_EINVAL);
  must_fail(tome_residency_pages(map, 1, PAGE, pages, 1), TOME_EINVAL);
  must(pages[0] == 7 && pages[1] == 7 && pages[2] == 7);
  must_succeed(tome_residency_pages(map, 0, PAGE, pages, 1));
  must_equal(pages[1], 7);
  must_succeed(tome_close(map));
}

static void a_shorter_struct_is_served(void **state) {
  (void)state;
  tome_residency all, blank;
  const size_t known = offsetof(tome_residency, dirty);
  tome *map = open_map(make_pattern_file("file", 3 * PAGE), TOME_READ);
  memset(&all, 0xAA, sizeof all);
  memset(&blank, 0xAA, sizeof blank);
  all.struct_size = known;
  must_succeed(tome_residency_get(map, 0, TOME_END, &all));
  must_equal(all.struct_size, known);
  must_equal(all.pages, 3 * PAGE);
  must_be_bytes((char *)&all + known, (char *)&blank + known, sizeof all - known);
  must_succeed(tome_close(map));
}

static void a_struct_of_no_known_size_is_refused(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  tome_residency all = {0};
  must_fail(tome_residency_get(map, 0, TOME_END, &all), TOME_EINVAL);
  all.struct_size = sizeof all + 1;
  must_fail(tome_residency_get(map, 0, TOME_END, &all), TOME_EINVAL);
  must_equal(all.pages, 0);
  must_succeed(tome_close(map));
}

/* Of a file that he neither owns nor may write the kernel would say that all of it is there. */
static void must_not_be_told(void *context) {
  char path[512];
  unsigned char pages[64];
  strcpy(path, context);
  become_nobody();
  tome *map = open_map(path, TOME_READ);
  tome_residency all = residency_of(map, 0, TOME_END);
  must_equal(all.pages, 64 * PAGE);
  must_equal(all.resident, TOME_UNKNOWN);
  must_equal(all.dirty, TOME_UNKNOWN);
  must_equal(all.writeback, TOME_UNKNOWN);
  must_fail(tome_residency_pages(map, 0, TOME_END, pages, sizeof pages), TOME_ENOTSUP);
  must_succeed(tome_close(map));
}

static void who_is_not_told_by_the_system_hears_so(void **state) {
  (void)state;
  if (geteuid() != 0)
    skip_because("a file of somebody else's can be made by root only");
  char path[512];
  strcpy(path, make_cold_file("foreign", 64 * PAGE));
  must_equal(chmod(path, 0444), 0);
  must_equal(chmod(in_dir(""), 0755), 0);
  int status = child_status(must_not_be_told, path);
  must_equal(status, 0);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(numbers_and_pages_are_those_of_mincore),
      TEST(a_part_counts_the_pages_of_the_file),
      TEST(asking_brings_nothing_in),
      TEST(what_is_not_written_back_is_dirty),
      TEST(holes_are_told_to_the_byte),
      TEST(an_empty_map_has_nothing),
      TEST(anonymous_memory_is_counted_where_it_was_stored),
      TEST(ranges_outside_are_refused),
      TEST(too_little_room_is_refused),
      TEST(a_shorter_struct_is_served),
      TEST(a_struct_of_no_known_size_is_refused),
      TEST(who_is_not_told_by_the_system_hears_so),
  };
  return run_matching(tests, count, arguments);
}
