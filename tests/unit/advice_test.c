/* What is read of a file besides what was asked for, and what the system is told: by mincore(2), and the flags of mappings in
 * /proc/self/smaps, where `rr` is random and `sr` sequential. */
#include "emulator_limits.h"
#include "system_abilities.h"
#include "test_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/* More than a view that asks for all of its pages. */
#define STEP ((size_t)256 << 10)
#define SIZE (24 * STEP)

/* In steps: far from each other and from the file's beginning, in no order. */
static const size_t places[] = {17, 3, 11, 21, 7, 14, 5, 19, 9, 22, 2, 12};
enum { PLACES = sizeof places / sizeof *places };

/* ---- what is in memory ---- */

static unsigned char *pages_of(const char *path) {
  unsigned char *pages = malloc(SIZE / PAGE);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  void *mapped = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
  must(fd >= 0 && mapped != MAP_FAILED);
  must_equal(mincore(mapped, SIZE, pages), 0);
  must_equal(munmap(mapped, SIZE), 0);
  must_equal(close(fd), 0);
  for (size_t i = 0; i < SIZE / PAGE; i++)
    pages[i] &= 1;
  return pages;
}

static size_t count_in_memory(const char *path) {
  size_t count = 0;
  unsigned char *pages = pages_of(path);
  for (size_t i = 0; i < SIZE / PAGE; i++)
    count += pages[i];
  free(pages);
  return count;
}

static void must_be_in_memory(const char *path, size_t offset, size_t length) {
  unsigned char *pages = pages_of(path);
  for (size_t at = offset; at < offset + length; at += PAGE)
    must(pages[at / PAGE]);
  free(pages);
}

/* Written to the disk, and out of memory. What was being read ahead at that moment comes in afterwards: then once more. */
static int evict_file(const char *path) {
  size_t left = 1;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  must_equal(fsync(fd), 0);
  for (int tries = 0; tries < 1000 && left > 0; tries++) {
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    left = count_in_memory(path);
    usleep(left > 0 ? 1000 : 0);
  }
  must_equal(close(fd), 0);
  return left == 0;
}

#define must_be_cold(path)                                                                         \
  do {                                                                                             \
    if (!evict_file(path))                                                                         \
      skip_because("this file system keeps its files in memory");                                  \
  } while (0)

/* ---- what the system was told ---- */

/* Whether the mapping that holds an address has a flag. */
static int has_flag(const void *at, const char *flag) {
  FILE *smaps = fopen("/proc/self/smaps", "re");
  char line[1024], wanted[8];
  int inside = 0, found = 0;
  unsigned long from, to;
  must(smaps != NULL);
  snprintf(wanted, sizeof wanted, " %s", flag);
  while (fgets(line, sizeof line, smaps)) {
    if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
      inside = (uintptr_t)at >= from && (uintptr_t)at < to;
    else if (inside && strncmp(line, "VmFlags:", 8) == 0)
      found |= strstr(line, wanted) != NULL;
  }
  fclose(smaps);
  return found;
}

typedef enum told { NOTHING, RANDOM, SEQUENTIAL } told;

static told told_of(const void *at) {
  int random = has_flag(at, "rr"), sequential = has_flag(at, "sr");
  must(!(random && sequential));
  return random ? RANDOM : sequential ? SEQUENTIAL : NOTHING;
}

/* An empty view has the address and touches nothing. */
static unsigned char *address_of(tome *map, uint64_t offset) {
  tome_view view = begin_view(map, offset, 0, TOME_VIEW_READ);
  unsigned char *address = view.data;
  must_succeed(tome_view_end(&view));
  return address;
}

static told told_of_map(tome *map) {
  return told_of(address_of(map, 0));
}

#define skip_through_windows()                                                                     \
  do {                                                                                             \
    if (forced_window())                                                                           \
      skip_because("through windows there is no base");                                            \
    if (!follows_advice() || !has_flag(__func__, "rd"))                                            \
      skip_because("the system follows no advice, or tells no flags of mappings");                 \
  } while (0)

static tome *open_advised(const char *path, uint32_t advice) {
  tome *map;
  tome_options options = test_options(TOME_READ);
  options.advice = advice;
  must_succeed(tome_open(&map, path, TOME_READ, &options));
  return map;
}

/* ---- reading ---- */

static void read_at(tome *map, uint64_t offset, size_t length) {
  unsigned char bytes[4096];
  must_succeed(tome_read(map, offset, bytes, length));
  must_be_pattern(bytes, offset, length);
}

static void read_places(tome *map) {
  for (int i = 0; i < PLACES; i++)
    read_at(map, places[i] * STEP + 100, 64);
}

static void read_in_order(tome *map, uint64_t from, uint64_t to, size_t piece) {
  for (uint64_t at = from; at < to; at += piece)
    read_at(map, at, piece);
}

static void reading_here_and_there_is_noticed_and_so_is_reading_in_order(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  skip_through_windows();
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_map(path, TOME_READ);
  for (int time = 0; time < 2; time++) {
    must_equal(told_of_map(map), NOTHING);
    read_places(map);
    must_equal(told_of_map(map), RANDOM);
    read_in_order(map, STEP, 2 * STEP, 512);
    must_equal(told_of_map(map), NOTHING);
    must_succeed(tome_evict(map, 0, TOME_END));
    must(evict_file(path));
  }
  must_succeed(tome_close(map));
}

static void what_is_in_memory_says_nothing_of_how_it_is_read(void **state) {
  (void)state;
  skip_through_windows();
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  read_places(map);
  must_equal(told_of_map(map), NOTHING);
  must_succeed(tome_close(map));
}

/* One page for each, and what pread(2) would read of another file in the same way. */
static void reads_one_by_one_leave_what_pread_leaves(void **state) {
  (void)state;
  if (forced_window())
    skip_because("through windows faults read");
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  const char *other = make_pattern_file("other", SIZE);
  must_be_cold(other);
  tome *map = open_map(path, TOME_READ);
  int fd = open(other, O_RDONLY | O_CLOEXEC);
  char bytes[64];
  read_places(map);
  for (int i = 0; i < PLACES; i++)
    must_equal(pread(fd, bytes, 64, (off_t)(places[i] * STEP + 100)), 64);
  unsigned char *got = pages_of(path), *want = pages_of(other);
  must_be_bytes(got, want, SIZE / PAGE);
  free(got);
  free(want);
  must_equal(close(fd), 0);
  must_succeed(tome_close(map));
}

static void told_to_be_random_nothing_is_read_but_the_pages_asked_for(void **state) {
  (void)state;
  if (forced_window())
    needs_followed_advice();
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_advised(path, TOME_ADVICE_RANDOM);
  read_at(map, 0, 64);
  read_at(map, PAGE, 64);
  read_at(map, 2 * PAGE - 10, 20);
  read_places(map);
  must_equal(count_in_memory(path), 3 + PLACES);
  must_succeed(tome_close(map));
}

/* ---- options ---- */

static void the_options_are_told_to_the_system(void **state) {
  (void)state;
  skip_through_windows();
  const char *path = make_pattern_file("file", 4 * PAGE);
  const uint32_t advice[] = {TOME_ADVICE_NOTICE, TOME_ADVICE_RANDOM, TOME_ADVICE_SEQUENTIAL};
  const told wanted[] = {NOTHING, RANDOM, SEQUENTIAL};
  for (int i = 0; i < 3; i++) {
    tome *map = open_advised(path, advice[i]);
    must_equal(told_of_map(map), wanted[i]);
    must_equal(told_of(address_of(map, 4 * PAGE - 1)), wanted[i]);
    must_succeed(tome_close(map));
  }
}

static void what_was_told_is_not_noticed_otherwise(void **state) {
  (void)state;
  skip_through_windows();
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_advised(path, TOME_ADVICE_SEQUENTIAL);
  read_places(map);
  must_equal(told_of_map(map), SEQUENTIAL);
  must_succeed(tome_close(map));
  must(evict_file(path));
  map = open_advised(path, TOME_ADVICE_RANDOM);
  read_in_order(map, 0, STEP, 512);
  must_equal(told_of_map(map), RANDOM);
  must_succeed(tome_close(map));
}

static void unknown_advice_is_refused(void **state) {
  (void)state;
  tome *map = NULL;
  tome_options options = test_options(TOME_READ);
  options.advice = 3;
  must_fail(tome_open(&map, make_pattern_file("file", PAGE), TOME_READ, &options), TOME_EINVAL);
  must_fail(tome_anonymous(&map, PAGE, &options), TOME_EINVAL);
  must(map == NULL);
}

static void memory_may_be_advised(void **state) {
  (void)state;
  tome *map;
  tome_options options = test_options(TOME_WRITE);
  options.advice = TOME_ADVICE_RANDOM;
  must_succeed(tome_anonymous(&map, 4 * PAGE, &options));
  must_succeed(tome_write(map, PAGE, "x", 1));
  tome_view view = begin_view(map, 0, 4 * PAGE, TOME_VIEW_WRITE | TOME_VIEW_SEQUENTIAL);
  must_equal(((unsigned char *)view.data)[PAGE], 'x');
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

/* A descriptor that the caller shares with us: what he reads by it is read ahead as ever. */
static void read_by_shared_descriptor(void *context) {
  int fd = *(int *)context;
  char text[64], byte;
  become_nobody();
  snprintf(text, sizeof text, "/proc/self/fd/%d", fd);
  must(open(text, O_RDONLY | O_CLOEXEC) < 0);
  tome *map;
  tome_options options = test_options(TOME_READ);
  options.advice = TOME_ADVICE_RANDOM;
  must_succeed(tome_open_fd(&map, fd, TOME_READ, &options));
  must_equal(pread(fd, &byte, 1, 0), 1);
  must_succeed(tome_close(map));
}

static void a_shared_descriptor_keeps_its_read_ahead(void **state) {
  (void)state;
  char byte;
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must_equal(pread(fd, &byte, 1, 0), 1);
  must_equal(close(fd), 0);
  size_t usual = count_in_memory(path);
  if (usual < 2)
    skip_because("this disk reads nothing ahead");
  must(evict_file(path));
  fd = open(path, O_RDONLY | O_CLOEXEC);
  must_equal(fchmod(fd, 0), 0);
  in_child(read_by_shared_descriptor, &fd);
  must_equal(fchmod(fd, 0600), 0);
  must_equal(count_in_memory(path), usual);
  must_equal(close(fd), 0);
}

/* ---- views ---- */

static unsigned char look(const void *at) {
  return *(const volatile unsigned char *)at;
}

static void a_small_view_reads_its_own_pages_alone(void **state) {
  (void)state;
  needs_followed_advice();
  const size_t lengths[] = {1, 4096, 50000, 128 << 10};
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  for (int i = 0; i < 4; i++) {
    must(evict_file(path));
    tome *map = open_map(path, TOME_READ);
    const size_t at = places[i] * STEP;
    tome_view view = begin_view(map, at, lengths[i], TOME_VIEW_READ);
    for (size_t n = 0; n < lengths[i]; n += PAGE)
      must_equal(look((char *)view.data + n), pattern_byte(at + n));
    must_succeed(tome_view_end(&view));
    must_be_in_memory(path, at, lengths[i]);
    must_equal(count_in_memory(path), (lengths[i] + PAGE - 1) / PAGE);
    must_succeed(tome_close(map));
  }
}

static void what_a_view_asked_for_is_counted(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_map(path, TOME_READ);
  tome_stats stats = {.struct_size = sizeof stats};
  for (int time = 0; time < 2; time++) {
    tome_view view = begin_view(map, 5 * STEP, 100000, TOME_VIEW_READ);
    must_equal(look(view.data), pattern_byte(5 * STEP));
    must_succeed(tome_view_end(&view));
    must_succeed(tome_stats_get(map, &stats));
    must_equal(stats.disk, (100000 + PAGE - 1) / PAGE * PAGE);
    must_equal(stats.calls, 0);
  }
  must_succeed(tome_close(map));
}

static void the_end_of_a_view_that_nobody_looked_at_reads_nothing(void **state) {
  (void)state;
  const uint32_t intents[] = {TOME_VIEW_READ, TOME_VIEW_RANDOM, TOME_VIEW_SEQUENTIAL};
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 3; i++) {
    tome_view view = begin_view(map, 3 * STEP, 2 * STEP, intents[i]);
    must_succeed(tome_view_end(&view));
    must_equal(count_in_memory(path), 0);
  }
  must_succeed(tome_close(map));
}

static void a_cut_is_told_by_the_end_of_a_view_that_nobody_looked_at(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_map(path, TOME_READ);
  tome_view view = begin_view(map, 3 * STEP, 2 * STEP, TOME_VIEW_READ);
  truncate_elsewhere(path, 4 * STEP + 10);
  must_fail_at(tome_view_end(&view), TOME_ELOST, 4 * STEP + 10, STEP - 10);
  must_succeed(tome_close(map));
}

static void in_a_random_view_a_page_is_read_alone(void **state) {
  (void)state;
  needs_followed_advice();
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_map(path, TOME_READ);
  tome_view view = begin_view(map, STEP, 22 * STEP, TOME_VIEW_RANDOM);
  for (int i = 0; i < 5; i++)
    must_equal(look((char *)view.data + places[i] * STEP), pattern_byte((places[i] + 1) * STEP));
  must_equal(count_in_memory(path), 5);
  must_succeed(tome_view_end(&view));
  must_equal(count_in_memory(path), 5);
  must_succeed(tome_close(map));
}

static void a_view_s_kind_of_reading_holds_for_its_pages_until_its_end(void **state) {
  (void)state;
  skip_through_windows();
  const uint32_t intents[] = {TOME_VIEW_RANDOM, TOME_VIEW_SEQUENTIAL};
  const told wanted[] = {RANDOM, SEQUENTIAL};
  const uint32_t advice[] = {TOME_ADVICE_NOTICE, TOME_ADVICE_RANDOM, TOME_ADVICE_SEQUENTIAL};
  const told around[] = {NOTHING, RANDOM, SEQUENTIAL};
  const char *path = make_pattern_file("file", 100 * PAGE);
  for (int i = 0; i < 6; i++) {
    tome *map = open_advised(path, advice[i % 3]);
    unsigned mappings = count_mappings(path);
    tome_view view = begin_view(map, 10 * PAGE + 5, 10 * PAGE, intents[i / 3]);
    unsigned char *data = view.data;
    must_equal(told_of(data), wanted[i / 3]);
    must_equal(told_of(data + 10 * PAGE - 1), wanted[i / 3]);
    must_equal(told_of(data - PAGE), around[i % 3]);
    must_equal(told_of(data + 11 * PAGE), around[i % 3]);
    must_succeed(tome_view_end(&view));
    must_equal(told_of(data), around[i % 3]);
    must_equal(count_mappings(path), mappings);
    must_succeed(tome_close(map));
  }
}

static void through_windows_a_view_s_kind_of_reading_ends_with_it(void **state) {
  (void)state;
  if (!forced_window())
    skip_because("not through windows");
  needs_followed_advice();
  tome *map = open_map(make_pattern_file("file", 4 * PAGE), TOME_READ);
  tome_view view = begin_view(map, PAGE, PAGE, TOME_VIEW_RANDOM);
  unsigned char *data = view.data;
  must_equal(told_of(data), has_flag(__func__, "rd") ? RANDOM : NOTHING);
  must_succeed(tome_view_end(&view));
  must_equal(told_of(data), NOTHING); /* the window is kept */
  must_succeed(tome_close(map));
}

static void where_views_overlap_the_others_count_when_one_has_ended(void **state) {
  (void)state;
  skip_through_windows();
  tome *map = open_map(make_pattern_file("file", 100 * PAGE), TOME_READ);
  tome_view wide = begin_view(map, 10 * PAGE, 50 * PAGE, TOME_VIEW_RANDOM);
  tome_view narrow = begin_view(map, 20 * PAGE, 10 * PAGE, TOME_VIEW_SEQUENTIAL);
  unsigned char *data = wide.data;
  must_equal(told_of(data), RANDOM);
  must_equal(told_of(data + 10 * PAGE), SEQUENTIAL);
  must_succeed(tome_view_end(&narrow));
  must_equal(told_of(data + 10 * PAGE), RANDOM);
  must_succeed(tome_view_end(&wide));
  must_equal(told_of(data), NOTHING);
  must_equal(told_of(data + 10 * PAGE), NOTHING);
  must_succeed(tome_close(map));
}

static void what_the_map_notices_does_not_change_a_view_s_own(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  skip_through_windows();
  const char *path = make_pattern_file("file", SIZE);
  must_be_cold(path);
  tome *map = open_map(path, TOME_READ);
  tome_view view = begin_view(map, 0, STEP, TOME_VIEW_SEQUENTIAL);
  tome_view plain = begin_view(map, 23 * STEP, STEP, TOME_VIEW_READ);
  unsigned char *data = view.data, *plain_data = plain.data;
  read_places(map);
  must_equal(told_of(data), SEQUENTIAL);
  must_equal(told_of(data + STEP), RANDOM);
  must_equal(told_of(plain_data), NOTHING); /* large views are not like small reads */
  tome_view late = begin_view(map, 15 * STEP, STEP, TOME_VIEW_READ);
  must_equal(told_of(late.data), NOTHING);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_view_end(&plain));
  must_succeed(tome_view_end(&late));
  must_equal(told_of(data), RANDOM);
  must_equal(told_of(plain_data), RANDOM);
  must_equal(count_mappings(path), 1);
  must_succeed(tome_close(map));
}

static void the_file_put_back_under_lost_pages_is_as_the_map_is(void **state) {
  (void)state;
  skip_through_windows();
  const char *path = make_pattern_file("file", 100 * PAGE);
  tome *map = open_advised(path, TOME_ADVICE_RANDOM);
  tome_view view = begin_view(map, 0, 100 * PAGE, TOME_VIEW_READ);
  unsigned char *data = view.data;
  truncate_elsewhere(path, 50 * PAGE);
  must_equal(look(data + 60 * PAGE), 0);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_equal(told_of(data), RANDOM);
  must_equal(told_of(data + 60 * PAGE), RANDOM);
  must_equal(count_mappings(path), 1);
  must_succeed(tome_close(map));
}

/* Each view that differs from its neighbours makes two mappings more, of which a process may have 65,530. */
static void views_by_the_thousand_leave_room_for_mappings(void **state) {
  (void)state;
  skip_through_windows();
  enum { VIEWS = 3000 };
  static tome_view views[VIEWS];
  const char *path = make_hole("file", 2 * VIEWS * PAGE);
  tome *map = open_map(path, TOME_READ);
  for (int time = 0; time < 2; time++) {
    for (size_t i = 0; i < VIEWS; i++)
      views[i] = begin_view(map, (2 * i + 1) * PAGE, 100, TOME_VIEW_RANDOM);
    must(count_mappings(path) > 1000);
    must(count_mappings(path) < 5000);
    for (size_t i = 0; i < VIEWS; i++)
      must_succeed(tome_view_end(&views[i]));
    must_equal(count_mappings(path), 1);
  }
  for (size_t i = 0; i < VIEWS; i++)
    views[i] = begin_view(map, (2 * i + 1) * PAGE, 100, TOME_VIEW_RANDOM);
  truncate_elsewhere(path, PAGE);
  for (size_t i = 0; i < VIEWS; i++)
    must_equal(look(views[i].data), 0);
  for (size_t i = 0; i < VIEWS; i++)
    must_fail(tome_view_end(&views[i]), TOME_ELOST);
  must_equal(count_mappings(path), 1);
  must_succeed(tome_close(map));
}

static void views_that_a_close_ends_are_not_counted_any_more(void **state) {
  (void)state;
  skip_through_windows();
  enum { VIEWS = 1500 };
  const char *path = make_hole("file", 2 * VIEWS * PAGE);
  for (int time = 0; time < 3; time++) {
    tome *map = open_map(path, TOME_READ);
    for (size_t i = 0; i < VIEWS; i++)
      begin_view(map, (2 * i + 1) * PAGE, 100, TOME_VIEW_RANDOM);
    must(count_mappings(path) > 1000);
    must_succeed(tome_close(map));
  }
}

/* ---- known pages that went ---- */

/* The system takes the pages back, behind the map's back. */
static int page_out(tome *map, const char *path) {
  madvise(address_of(map, 0), SIZE, MADV_PAGEOUT);
  return count_in_memory(path) < SIZE / PAGE / 10;
}

static uint64_t calls_of(tome *map) {
  tome_stats stats = {.struct_size = sizeof stats};
  must_succeed(tome_stats_get(map, &stats));
  return stats.calls;
}

/* Reading was noticed to be random; afterwards all that is known goes, and is read in order. */
static void known_pages_that_went_are_not_waited_for_one_by_one(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  skip_through_windows();
  const size_t pieces[] = {64, 1000};
  const char *path = make_pattern_file("file", SIZE);
  for (int i = 0; i < 2; i++) {
    must_be_cold(path);
    tome *map = open_map(path, TOME_READ);
    for (int time = 0; time < 2; time++) /* the second time as memory */
      read_in_order(map, 0, SIZE, 4096);
    must_succeed(tome_evict(map, 0, 6 * STEP));
    for (size_t n = 0; n < 8; n++)
      read_at(map, (n * 5 % 8) * 30 * PAGE, 64);
    must_equal(told_of_map(map), RANDOM);
    if (!page_out(map, path)) {
      must_succeed(tome_close(map));
      skip_because("the system does not let pages go");
    }
    uint64_t before = calls_of(map);
    read_in_order(map, 6 * STEP, SIZE - 4096, pieces[i]);
    must(calls_of(map) > before);
    must_equal(told_of_map(map), NOTHING);
    must_succeed(tome_close(map));
  }
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(reading_here_and_there_is_noticed_and_so_is_reading_in_order),
      TEST(what_is_in_memory_says_nothing_of_how_it_is_read),
      TEST(reads_one_by_one_leave_what_pread_leaves),
      TEST(told_to_be_random_nothing_is_read_but_the_pages_asked_for),
      TEST(the_options_are_told_to_the_system),
      TEST(what_was_told_is_not_noticed_otherwise),
      TEST(unknown_advice_is_refused),
      TEST(memory_may_be_advised),
      TEST(a_shared_descriptor_keeps_its_read_ahead),
      TEST(a_small_view_reads_its_own_pages_alone),
      TEST(what_a_view_asked_for_is_counted),
      TEST(the_end_of_a_view_that_nobody_looked_at_reads_nothing),
      TEST(a_cut_is_told_by_the_end_of_a_view_that_nobody_looked_at),
      TEST(in_a_random_view_a_page_is_read_alone),
      TEST(a_view_s_kind_of_reading_holds_for_its_pages_until_its_end),
      TEST(through_windows_a_view_s_kind_of_reading_ends_with_it),
      TEST(where_views_overlap_the_others_count_when_one_has_ended),
      TEST(what_the_map_notices_does_not_change_a_view_s_own),
      TEST(the_file_put_back_under_lost_pages_is_as_the_map_is),
      TEST(views_by_the_thousand_leave_room_for_mappings),
      TEST(views_that_a_close_ends_are_not_counted_any_more),
      TEST(known_pages_that_went_are_not_waited_for_one_by_one),
  };
  return run_matching(tests, count, arguments);
}
