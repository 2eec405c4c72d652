/* What many reads at once take of memory, and what they leave there of the file. */
#include "calls.h"
#include "emulator_limits.h"
#include "gather_batch.h"
#include "system_abilities.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (40 * PAGE + 1234)

/* ---- a million ---- */

/* Bytes of a line of /proc/self/status, such as "VmPeak:". */
static uint64_t process_bytes(const char *name) {
  char line[256];
  unsigned long long kibibytes = 0;
  FILE *status = fopen("/proc/self/status", "re");
  must(status != NULL);
  while (fgets(line, sizeof line, status))
    if (strncmp(line, name, strlen(name)) == 0)
      kibibytes = strtoull(line + strlen(name), NULL, 10);
  fclose(status);
  return kibibytes * 1024;
}

static void a_million_spans_take_little_memory(void **state) {
  (void)state;
  enum { COUNT = 1000000 };
  const size_t size = 256 * PAGE;
  unsigned char *bytes = new_pattern(0, size);
  const char *path = make_file("file", bytes, size);
  dice any = dice_from(5);
  batch b = new_batch(COUNT, (size_t)COUNT * 8);
  for (int i = 0; i < COUNT; i++)
    add_span(&b, roll(&any, size - 8), 1 + (size_t)i % 8);
  tome *map = open_map(path, TOME_READ);
  drop_from_memory(path);
  uint64_t before = process_bytes("VmSize:"), peak = process_bytes("VmPeak:");
  must_succeed(tome_gather(map, b.spans, COUNT));
  uint64_t after = process_bytes("VmPeak:");
  must_hold(&b, bytes);
  must_gather(map, &b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
  if (SANITIZED || !keeps_address_limit() || peak > before + (1 << 20))
    skip_because("this process's memory cannot be measured");
  must(after - before < 1 << 20);
}

/* ---- what is left in memory ---- */

enum { LARGE = 16 << 20 };

/* Which pages of a file are in memory, one byte each, by mincore(2). */
static unsigned char *resident_pages(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  unsigned char *pages = calloc(LARGE / PAGE, 1);
  void *p = mmap(NULL, LARGE, PROT_READ, MAP_SHARED, fd, 0);
  must(p != MAP_FAILED);
  must_equal(mincore(p, LARGE, pages), 0);
  for (size_t i = 0; i < LARGE / PAGE; i++)
    pages[i] &= 1;
  munmap(p, LARGE);
  close(fd);
  return pages;
}

static size_t count_resident(const char *path) {
  unsigned char *pages = resident_pages(path);
  size_t count = 0;
  for (size_t i = 0; i < LARGE / PAGE; i++)
    count += pages[i];
  free(pages);
  return count;
}

/* A large file of which nothing is in memory; NULL where that cannot be had. */
static const char *cold_file(const unsigned char *bytes) {
  const char *path = make_file("large", bytes, LARGE);
  drop_from_memory(path);
  return count_resident(path) == 0 ? path : NULL;
}

/* The pages of the spans and no others. */
static unsigned char *pages_of(const batch *b) {
  unsigned char *pages = calloc(LARGE / PAGE, 1);
  for (size_t i = 0; i < b->count; i++)
    for (uint64_t at = b->spans[i].offset; at < b->spans[i].offset + b->spans[i].length; at++)
      pages[at / PAGE] = 1;
  return pages;
}

static size_t count_pages(const batch *b) {
  unsigned char *pages = pages_of(b);
  size_t count = 0;
  for (size_t i = 0; i < LARGE / PAGE; i++)
    count += pages[i];
  free(pages);
  return count;
}

/* At both ends, side by side, one page after another, far apart, and over several pages. */
static batch scattered(void) {
  dice any = dice_from(11);
  const size_t pages = LARGE / PAGE;
  batch b = new_batch(90, (size_t)90 * 4 * PAGE);
  add_span(&b, 5, 20);
  add_span(&b, LARGE - 1, 1);
  for (size_t i = 0; i < 20; i++)
    add_span(&b, (pages / 16 + i) * PAGE + 7, 100);
  for (size_t i = 20; i > 0; i--)
    add_span(&b, (pages / 4 + 2 * i) * PAGE, 1);
  for (size_t i = 0; i < 40; i++) {
    size_t page = pages / 2 + roll(&any, pages / 2 - 4);
    add_span(&b, page * PAGE + roll(&any, PAGE), 1 + roll(&any, 3 * PAGE));
  }
  return b;
}

static void must_be_resident(const char *path, const batch *b) {
  unsigned char *got = resident_pages(path), *want = pages_of(b);
  must_be_bytes(got, want, LARGE / PAGE);
  free(got);
  free(want);
}

static void a_cold_gather_leaves_behind_the_pages_of_its_spans_alone(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, LARGE);
  const char *path = cold_file(bytes);
  if (path) {
    batch b = scattered();
    tome *map = open_map(path, TOME_READ);
    must_gather(map, &b, bytes);
    must_be_resident(path, &b);
    must_succeed(tome_close(map));
    free_batch(&b);
  }
  free(bytes);
  if (!path)
    skip_because("this file system keeps all of a file in memory");
}

/* Where the map works through windows, it keeps pages mapped that others cannot drop; so it is opened anew. */
static void pages_that_were_known_and_dropped_are_read_alone_again(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, LARGE);
  const char *path = cold_file(bytes);
  size_t left = 0;
  if (path) {
    batch b = scattered();
    tome *map = open_map(path, TOME_READ);
    must_gather(map, &b, bytes);
    if (forced_window()) {
      must_succeed(tome_close(map));
      map = open_map(path, TOME_READ);
    }
    drop_from_memory(path);
    left = count_resident(path);
    must_gather(map, &b, bytes);
    if (left == 0)
      must_be_resident(path, &b);
    must_succeed(tome_close(map));
    free_batch(&b);
  }
  free(bytes);
  if (!path || left > 0)
    skip_because("this file system keeps all of a file in memory");
}

static void what_a_gather_asked_of_the_disk_is_counted(void **state) {
  (void)state;
  if (forced_window() && !system_counts_pages())
    skip_because(
        "this system does not tell how much of a file is in memory: what is, counts again");
  unsigned char *bytes = new_pattern(0, LARGE);
  const char *path = cold_file(bytes);
  if (path) {
    batch b = scattered();
    tome *map = open_map(path, TOME_READ);
    tome_stats before = {.struct_size = sizeof before}, after = before;
    must_succeed(tome_stats_get(map, &before));
    must_gather(map, &b, bytes);
    must_succeed(tome_stats_get(map, &after));
    must_equal(after.disk - before.disk, count_pages(&b) * PAGE);
    must_gather(map, &b, bytes);
    before = after;
    must_succeed(tome_stats_get(map, &after));
    must_equal(after.disk, before.disk);
    must_succeed(tome_close(map));
    free_batch(&b);
  }
  free(bytes);
  if (!path)
    skip_because("this file system keeps all of a file in memory");
}

/* How many bytes the system was asked about before they were asked for. */
static os_calls real;
static uint64_t asked;

static int cachestat_that_counts(int fd, const struct os_cachestat_range *range,
                                 struct os_cachestat *status) {
  asked += range->length;
  return real.os_cachestat(fd, range, status);
}

static void no_page_is_asked_for_twice(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE);
  const char *path = make_file("file", bytes, SIZE);
  batch b = new_batch(900, (size_t)900 * PAGE);
  for (size_t i = 0; i < 300; i++) {
    add_span(&b, 3 * PAGE + i, 100);
    add_span(&b, 9 * PAGE - 150 + i, 10);
    add_span(&b, 20 * PAGE + i, PAGE);
  }
  tome *map = open_map(path, TOME_READ);
  real = tome__os_calls;
  asked = 0;
  tome__os_calls.os_cachestat = cachestat_that_counts;
  must_gather(map, &b, bytes);
  tome__os_calls = real;
  must_equal(asked, 5 * PAGE); /* 3, 8 and 9, 20 and 21 */
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

/* ---- asking without waiting ---- */

/* Pages on their way are not told as being there. Long, for a disk. */
static void await_resident(const char *path, size_t count) {
  for (int i = 0; count_resident(path) < count; i++) {
    must(i < 20000);
    usleep(1000);
  }
}

static void prefetch_brings_exactly_the_pages_of_its_ranges(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, LARGE);
  const char *path = cold_file(bytes);
  if (path) {
    batch b = scattered();
    tome_range ranges[90];
    for (size_t i = 0; i < b.count; i++)
      ranges[i] = (tome_range){b.spans[i].offset, b.spans[i].length};
    tome *map = open_map(path, TOME_READ);
    must_succeed(tome_prefetch(map, ranges, b.count));
    await_resident(path, count_pages(&b));
    must_be_resident(path, &b);
    must_gather(map, &b, bytes);
    must_be_resident(path, &b);
    must_succeed(tome_close(map));
    free_batch(&b);
  }
  free(bytes);
  if (!path)
    skip_because("this file system keeps all of a file in memory");
}

static void prefetch_asks_for_nothing_if_a_range_is_outside(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, LARGE);
  const char *path = cold_file(bytes);
  if (path) {
    tome_range ranges[] = {{0, 100}, {LARGE / 2, 0}, {LARGE - 1, 2}, {UINT64_MAX, 7}};
    tome *map = open_map(path, TOME_READ);
    must_fail_at(tome_prefetch(map, ranges, 4), TOME_ERANGE, LARGE - 1, 2);
    must_fail_at(tome_prefetch(map, ranges + 3, 1), TOME_ERANGE, UINT64_MAX, 7);
    must_equal(count_resident(path), 0);
    must_succeed(tome_prefetch(map, ranges, 2));
    await_resident(path, 1);
    must_equal(count_resident(path), 1);
    must_succeed(tome_close(map));
  }
  free(bytes);
  if (!path)
    skip_because("this file system keeps all of a file in memory");
}

/* More than is collected at once: of each page three. */
static void many_ranges_are_prefetched(void **state) {
  (void)state;
  const size_t count = 3 * (LARGE / PAGE);
  unsigned char *bytes = new_pattern(0, LARGE);
  const char *path = cold_file(bytes);
  if (path) {
    tome_range *ranges = calloc(count, sizeof *ranges);
    for (size_t i = 0; i < count; i++)
      ranges[i] = (tome_range){i * 7919 % count / 3 * PAGE + i % PAGE, 1};
    tome *map = open_map(path, TOME_READ);
    must_succeed(tome_prefetch(map, ranges, count));
    await_resident(path, LARGE / PAGE);
    must_succeed(tome_close(map));
    free(ranges);
  }
  free(bytes);
  if (!path)
    skip_because("this file system keeps all of a file in memory");
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_million_spans_take_little_memory),
      TEST(a_cold_gather_leaves_behind_the_pages_of_its_spans_alone),
      TEST(pages_that_were_known_and_dropped_are_read_alone_again),
      TEST(what_a_gather_asked_of_the_disk_is_counted),
      TEST(no_page_is_asked_for_twice),
      TEST(prefetch_brings_exactly_the_pages_of_its_ranges),
      TEST(prefetch_asks_for_nothing_if_a_range_is_outside),
      TEST(many_ranges_are_prefetched),
  };
  return run_matching(tests, count, arguments);
}
