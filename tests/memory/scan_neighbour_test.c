/* A scan of a file larger than the memory there is leaves alone what others have in memory, and what was in memory of the file
 * itself; a scan that fits stays in memory.
 *
 * All this in a control group, which the kernel counts the pages to that a process of it brings in. What of a file is in memory
 * is asked by mincore(2) of a mapping of the test's own. The system may take memory from anybody at any moment; so a scan that
 * seems to have pushed something out is given two more tries. */
#include "calls.h"
#include "large_file.h"
#include "planted_bug.h"
#include "small_memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEBI(n) ((uint64_t)(n) << 20)

/* A file of this size does not fit the group; the small one does, and what an emulator takes for itself. */
static const memory_limit group = {MEBI(112), 0};
#define NEIGHBOUR MEBI(32)
#define LARGE MEBI(128)
#define SMALL MEBI(24)

/* Of the large file some MiB are in memory before, and single pages all over. */
#define BLOCK_FROM MEBI(40)
#define BLOCK_TO MEBI(45)
#define PAGES_APART MEBI(1)

enum { TRIES = 3 };

/* Bytes above 127 are nowhere in the files. */
static const unsigned char absent[] = "\xF1 needle \xF3";
enum { NEEDLE = sizeof absent - 1 };

/* ---- scans ---- */

typedef void scan_function(tome *map);

static void find(tome *map) {
  must_return(tome_find(map, absent, NEEDLE, 0, TOME_END, NULL), 0);
}

static void rfind(tome *map) {
  must_return(tome_rfind(map, absent, NEEDLE, 0, TOME_END, NULL), 0);
}

static void count(tome *map) {
  uint64_t n;
  must_return(tome_count(map, absent, NEEDLE, 0, TOME_END, &n), 0);
}

static void search_with(tome *map, uint32_t flags, uint32_t search_flags) {
  tome_search_options options = TOME_SEARCH_INIT;
  const tome_needle needle = {absent, NEEDLE};
  tome_pattern *pattern = NULL;
  options.threads = 4;
  options.flags = search_flags;
  must_succeed(tome_pattern_new(&pattern, &needle, 1, flags));
  must_return(tome_search(map, pattern, &options, NULL), 0);
  tome_pattern_free(pattern);
}

static void search(tome *map) {
  search_with(map, 0, 0);
}

static void search_lines(tome *map) {
  search_with(map, TOME_PATTERN_IN_LINES, TOME_SEARCH_LINES);
}

static void walk_matches(tome *map, uint32_t flags) {
  const tome_needle needle = {absent, NEEDLE};
  tome_pattern *pattern = NULL;
  tome_matches *matches = NULL;
  tome_range match;
  must_succeed(tome_pattern_new(&pattern, &needle, 1, 0));
  must_succeed(tome_matches_begin(&matches, map, pattern, 0, TOME_END, flags));
  must_return(tome_matches_next(matches, &match), 0);
  tome_matches_end(matches);
  tome_pattern_free(pattern);
}

static void walk_forward(tome *map) {
  walk_matches(map, 0);
}

static void walk_backward(tome *map) {
  walk_matches(map, TOME_SEARCH_BACKWARD);
}

static void count_lines(tome *map) {
  uint64_t lines;
  must(tome_lines_count(map, NULL, &lines) >= 0);
}

static const struct way {
  const char *name;
  scan_function *scan;
} ways[] = {
    {"a find", find},
    {"a find of the last", rfind},
    {"a count", count},
    {"a search by several threads", search},
    {"a search for lines", search_lines},
    {"a walk over matches", walk_forward},
    {"a walk over matches from the end", walk_backward},
    {"counting lines", count_lines},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* ---- what is in memory ---- */

/* Each page of [0, length): whether it is. */
static unsigned char *pages_of(const char *path, uint64_t length) {
  unsigned char *pages = malloc(length / PAGE);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
  must(pages != NULL && map != MAP_FAILED);
  must_equal(mincore(map, length, pages), 0);
  munmap(map, length);
  close(fd);
  return pages;
}

static uint64_t bytes_in_memory(const char *path, uint64_t length) {
  unsigned char *pages = pages_of(path, length);
  uint64_t n = 0;
  for (uint64_t i = 0; i < length / PAGE; i++)
    n += pages[i] & 1;
  free(pages);
  return n * PAGE;
}

/* Exactly these, whatever the disk's read-ahead. */
static void bring_in(const char *path, uint64_t from, uint64_t to, uint64_t apart, size_t length) {
  char *room = malloc(length);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(room != NULL && fd >= 0);
  must_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
  for (uint64_t at = from; at < to; at += apart)
    must_equal(pread(fd, room, length, (off_t)at), length);
  close(fd);
  free(room);
}

/* The bytes of large files hold no ends of lines. */
static void end_lines(const char *path, uint64_t length) {
  for (uint64_t at = MEBI(1) / 4; at < length; at += MEBI(1) / 4)
    plant_bytes(path, at, "\n", 1);
}

/* How many of 100 pages that were in memory before are there now, of those that were brought in. */
static uint64_t percent_left(const char *path, uint64_t length, const unsigned char *before) {
  unsigned char *now = pages_of(path, length);
  uint64_t had = 0, has = 0;
  for (uint64_t i = 0; i < length / PAGE; i++) {
    had += before[i] & 1;
    has += before[i] & now[i] & 1;
  }
  free(now);
  must(had > 0);
  return had ? 100 * has / had : 0;
}

/* ---- a scan in the group ---- */

typedef struct outcome {
  uint64_t neighbour, own; /* of 100 pages that were in memory before */
  uint64_t left;           /* bytes of the large file that were not, and are now */
} outcome;

static void scan_file(const char *path, scan_function *scan) {
  tome *map = open_map(path, TOME_READ);
  scan(map);
  must_succeed(tome_close(map));
}

/* Also before the scan the system may have taken what was just brought in: once more, then. */
static void bring_in_both(const char *neighbour, const char *large) {
  for (int i = 0; i < TRIES; i++) {
    evict_file(neighbour);
    evict_file(large);
    bring_in(neighbour, 0, NEIGHBOUR, PAGE * 16, PAGE * 16);
    bring_in(large, BLOCK_FROM, BLOCK_TO, PAGE * 16, PAGE * 16);
    bring_in(large, PAGE, LARGE, PAGES_APART, PAGE);
    if (bytes_in_memory(neighbour, NEIGHBOUR) >= NEIGHBOUR / 100 * 95 &&
        bytes_in_memory(large, LARGE) >= BLOCK_TO - BLOCK_FROM)
      return;
  }
  must(!"the system leaves what was brought in where it is");
}

static outcome scan_large(const struct way *way) {
  const char *neighbour = in_dir("neighbour"), *large = in_dir("large");
  bring_in_both(neighbour, large);
  unsigned char *of_neighbour = pages_of(neighbour, NEIGHBOUR), *own = pages_of(large, LARGE);
  uint64_t before = bytes_in_memory(large, LARGE);
  must(before < LARGE / 8);
  scan_file(large, way->scan);
  outcome seen = {percent_left(neighbour, NEIGHBOUR, of_neighbour), percent_left(large, LARGE, own),
                  bytes_in_memory(large, LARGE)};
  seen.left = seen.left > before ? seen.left - before : 0;
  free(of_neighbour);
  free(own);
  return seen;
}

static int is_good(const outcome *seen) {
  return seen->neighbour >= 95 && seen->own >= 95 && seen->left <= MEBI(8);
}

static void leave_others_alone(void *context) {
  const struct way *way = context;
  outcome seen = scan_large(way);
  for (int i = 1; i < TRIES && !is_good(&seen); i++)
    seen = scan_large(way);
  must(seen.neighbour >= 95);
  must(seen.own >= 95);
  must(seen.left <= MEBI(8));
}

static void run_beside_a_neighbour(void *context) {
  skip_without(group);
  make_large_file("neighbour", NEIGHBOUR);
  make_large_file("large", LARGE);
  end_lines(in_dir("large"), LARGE);
  run_limited(group, leave_others_alone, context);
  must_equal(unlink(in_dir("neighbour")), 0);
  must_equal(unlink(in_dir("large")), 0);
}

/* What is a few MiB for the group would not be with what a sanitizer keeps. */
static void skip_where_it_cannot_run(void) {
  skip_without_disk();
  if (SANITIZED)
    skip_because("a sanitizer wants more memory than the group has");
}

static void neighbour_stays(void **state) {
  skip_where_it_cannot_run();
  run_beside_a_neighbour(*state);
}

static void stay_in_memory(void *context) {
  const struct way *way = context;
  uint64_t there = 0;
  for (int i = 0; i < TRIES && there < SMALL / 100 * 95; i++) {
    evict_file(in_dir("small"));
    scan_file(in_dir("small"), way->scan);
    there = bytes_in_memory(in_dir("small"), SMALL);
  }
  must(there >= SMALL / 100 * 95);
}

static void what_fits_stays(void **state) {
  skip_where_it_cannot_run();
  skip_without(group);
  make_large_file("small", SMALL);
  end_lines(in_dir("small"), SMALL);
  run_limited(group, stay_in_memory, *state);
  must_equal(unlink(in_dir("small")), 0);
}

/* ---- planted bugs ---- */

static int evict_nothing(int fd, off_t offset, off_t n, int advice) {
  return advice == POSIX_FADV_DONTNEED ? 0 : posix_fadvise(fd, offset, n, advice);
}

static void plant_a_scan_that_evicts_nothing(void) {
  tome__os_calls.posix_fadvise = evict_nothing;
}

static int find_nothing_there(int fd, const struct os_cachestat_range *range,
                              struct os_cachestat *status) {
  (void)fd, (void)range;
  *status = (struct os_cachestat){0};
  return 0;
}

static void plant_a_census_that_finds_nothing(void) {
  tome__os_calls.os_cachestat = find_nothing_there;
}

static const struct planted {
  const char *name;
  plant *bug;
} bugs[] = {
    {"a scan that evicts nothing", plant_a_scan_that_evicts_nothing},
    {"a scan that takes all for its own", plant_a_census_that_finds_nothing},
};

static void bug_is_found(void **state) {
  const struct planted *one = *state;
  skip_where_it_cannot_run();
  must_find_bug(one->name, one->bug, run_beside_a_neighbour, (void *)(uintptr_t)&ways[0]);
}

/* ---- all tests ---- */

enum { BUGS = sizeof bugs / sizeof bugs[0], TESTS = 2 * WAYS + BUGS };

static struct CMUnitTest tests[TESTS];
static char names[TESTS][128];

/* Names are sentences of one word, as everywhere. */
static void list(size_t i, CMUnitTestFunction function, const void *state) {
  for (char *space = names[i]; (space = strchr(space, ' ')) != NULL;)
    *space = '_';
  tests[i] = (struct CMUnitTest){names[i], function, begin_test, end_memory_test,
                                 (void *)(uintptr_t)state};
}

static void list_tests(void) {
  size_t n = 0;
  for (size_t i = 0; i < WAYS; i++, n++) {
    snprintf(names[n], sizeof names[n], "%s larger than memory leaves what is there alone",
             ways[i].name);
    list(n, neighbour_stays, &ways[i]);
  }
  for (size_t i = 0; i < WAYS; i++, n++) {
    snprintf(names[n], sizeof names[n], "%s that fits memory stays there", ways[i].name);
    list(n, what_fits_stays, &ways[i]);
  }
  for (size_t i = 0; i < BUGS; i++, n++) {
    snprintf(names[n], sizeof names[n], "%s is found", bugs[i].name);
    list(n, bug_is_found, &bugs[i]);
  }
}

int main(int argument_count, char **arguments) {
  use_a_disk();
  list_tests();
  return run_matching(tests, argument_count, arguments);
}
