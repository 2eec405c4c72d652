/* os.h: what is in memory, hints, locks on memory, and figures of use. Much of it is optional: what a system tells must be
 * right, what it does not tell it must say so. */
#include "emulator_limits.h"
#include "os_harness.h"

#include <stdlib.h>
#include <string.h>

static void figures_of_residency_are_whole_pages_of_the_range(void **state) {
  (void)state;
  needs_whole_pages();
  size_t length = granules(8), page = tome__os_system()->page;
  os_residency r = {77, 77, 77};
  os_file file = open_os_pattern("file", TOME_READ, length);
  if (!is_supported(tome__os_residency(&file, 0, length, &r))) {
    must_equal(r.resident, 77);
    close_os_file(&file);
    skip_because("this system does not tell what is in memory");
  }
  const uint64_t all[] = {r.resident, r.dirty, r.writeback};
  for (size_t i = 0; i < 3; i++)
    must(all[i] == TOME_UNKNOWN || (all[i] <= length && all[i] % page == 0));
  must(r.dirty == TOME_UNKNOWN || r.resident == TOME_UNKNOWN || r.dirty <= r.resident);
  close_os_file(&file);
}

static void each_page_is_there_or_not(void **state) {
  (void)state;
  needs_whole_pages();
  size_t page = tome__os_system()->page;
  unsigned char there[10];
  memset(there, 99, sizeof there);
  os_file file = open_os_pattern("file", TOME_READ, 8 * page);
  int r = tome__os_resident_pages(&file, 3, 5 * page, there);
  if (r == TOME_ENOTSUP) {
    close_os_file(&file);
    skip_because("this system does not tell which pages are in memory");
  }
  must_refuse(r, 0);
  for (size_t i = 0; i < 6; i++)
    must(there[i] == 0 || there[i] == 1);
  must_equal(there[6], 99);
  uint64_t bytes = tome__os_in_memory(&file, 0, 8 * page);
  must(bytes == UINT64_MAX || (bytes <= 8 * page && bytes % page == 0));
  close_os_file(&file);
}

static void evicting_loses_nothing(void **state) {
  (void)state;
  size_t length = granules(8), done = 0;
  unsigned char *bytes = malloc(length);
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  int r = tome__os_evict(&file, 3, length - 3);
  must(r == 0 || r == TOME_ENOTSUP);
  must_refuse(tome__os_read(&file, 0, bytes, length, &done), 0);
  must_equal(done, length);
  must_be_pattern(bytes, 0, length);
  unsigned char *p = map_os_file(&file, length, OS_WRITE);
  memset(p, 0x55, length);
  r = tome__os_evict(&file, 0, length);
  must(r == 0 || r == TOME_ENOTSUP);
  for (size_t i = 0; i < length; i++)
    must_equal(p[i], 0x55);
  unmap_os_file(p, length);
  close_os_file(&file);
  free(bytes);
}

/* Any alignment, any part, in any order. */
static void hints_change_no_byte(void **state) {
  (void)state;
  size_t length = granules(8);
  dice any = dice_from(7);
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  unsigned char *p = map_os_file(&file, length, OS_WRITE);
  for (int i = 0; i < 200; i++) {
    size_t at = (size_t)roll(&any, length), n = (size_t)roll(&any, length - at + 1);
    tome__os_will_need(p + at, n);
    tome__os_advise(p + at, n, (uint32_t)roll(&any, 3));
    tome__os_let_go(p + at, n);
    int there = tome__os_is_resident(p + at, n);
    must(there == 0 || there == 1);
    int r = tome__os_populate(p + at, n, roll(&any, 2) ? OS_WRITE : 0);
    must(r == 0 || r == TOME_ENOTSUP);
    p[at] = pattern_byte(at);
  }
  must_be_pattern(p, 0, length);
  unmap_os_file(p, length);
  close_os_file(&file);
  must_be_pattern_file(in_dir("file"), length);
}

static void populating_for_stores_allocates(void **state) {
  (void)state;
  size_t length = granules(4);
  os_file file = open_os_file(make_hole("hole", length), TOME_WRITE);
  unsigned char *p = map_os_file(&file, length, OS_WRITE);
  int r = tome__os_populate(p, length, OS_WRITE);
  must(r == 0 || r == TOME_ENOTSUP);
  must_be_zero(p, length);
  unmap_os_file(p, length);
  close_os_file(&file);
}

static void locked_pages_are_there(void **state) {
  (void)state;
  size_t length = granules(1);
  os_file file = open_os_pattern("file", TOME_WRITE, length);
  unsigned char *p = map_os_file(&file, length, OS_WRITE);
  int r = tome__os_lock(p + 3, length - 7);
  must(r == 0 || r == TOME_ELIMIT || r == TOME_ENOMEM || r == TOME_ENOTSUP);
  if (r == 0) {
    must_refuse(tome__os_bring_in(p, length), 0);
    must_be_pattern(p, 0, length);
    must_refuse(tome__os_unlock(p, length), 0);
  }
  unmap_os_file(p, length);
  close_os_file(&file);
}

static void limits_and_memory_are_told_or_not(void **state) {
  (void)state;
  uint64_t limit = 0, locked = 0;
  os_memory memory = {0, 0};
  tome__os_lock_limit(&limit, &locked);
  must(limit > 0);
  must(limit == UINT64_MAX || locked == UINT64_MAX || locked < UINT64_C(1) << 50);
  tome__os_memory(&memory);
  must(memory.all == UINT64_MAX || (memory.all > 1 << 20 && memory.all < UINT64_C(1) << 50));
  must(memory.free == UINT64_MAX || memory.free <= memory.all);
}

static void usage_never_falls(void **state) {
  (void)state;
  os_usage before, after;
  size_t length = granules(64);
  tome__os_usage(&before);
  unsigned char *bytes = malloc(length);
  memset(bytes, 0x55, length);
  os_file file = open_os_pattern("file", TOME_READ, length);
  unsigned char *p = map_os_file(&file, length, 0);
  must_be_pattern(p, 0, length);
  unmap_os_file(p, length);
  close_os_file(&file);
  free(bytes);
  tome__os_usage(&after);
  const uint64_t figures[][2] = {{before.minor_faults, after.minor_faults},
                                 {before.major_faults, after.major_faults},
                                 {before.disk, after.disk}};
  for (size_t i = 0; i < 3; i++) {
    must_equal(figures[i][0] == TOME_UNKNOWN, figures[i][1] == TOME_UNKNOWN);
    must(figures[i][0] <= figures[i][1]);
  }
}

static void what_is_mapped_is_told_or_not(void **state) {
  (void)state;
  if (!tells_own_pages())
    skip_because("this system does not tell of this program's pages");
  size_t length = granules(4);
  os_file file = open_os_pattern("file", TOME_READ, length);
  unsigned char *p = map_os_file(&file, length, 0);
  must_be_pattern(p, 0, length);
  uint64_t mapped = tome__os_mapped(p, length);
  must(mapped == TOME_UNKNOWN || mapped == length);
  unmap_os_file(p, length);
  close_os_file(&file);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(figures_of_residency_are_whole_pages_of_the_range),
      TEST(each_page_is_there_or_not),
      TEST(evicting_loses_nothing),
      TEST(hints_change_no_byte),
      TEST(populating_for_stores_allocates),
      TEST(locked_pages_are_there),
      TEST(limits_and_memory_are_told_or_not),
      TEST(usage_never_falls),
      TEST(what_is_mapped_is_told_or_not),
  };
  return run_matching(tests, argc, argv);
}
