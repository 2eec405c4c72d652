/* Which pages a scan lets go of, page by page, on a system that is played: it has little memory, tells what of the file is in it,
 * and reads a MiB further ahead than it is asked to. Every page that was not there before is let go exactly once, behind the
 * scan, and no other page ever. */
#include "calls.h"
#include "test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 6000 };
#define READ_AHEAD (((size_t)1 << 20) / PAGE)

static const unsigned char needle[] = "\xF1 needle \xF2";
enum { NEEDLE = sizeof needle - 1 };

/* ---- the system ---- */

static os_calls real;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char before[PAGES], now[PAGES], was_read[PAGES], let_go[PAGES], asked[PAGES];
static size_t
    wrong; /* pages of before that were let go, pages let go before they were read, asked for in vain */
static void *mapped;
static off_t mapped_from;

static size_t there_in(size_t from, size_t to) {
  size_t n = 0;
  for (size_t i = from; i < to && i < PAGES; i++)
    n += now[i];
  return n;
}

static int tell_how_many(int fd, const struct os_cachestat_range *range, struct os_cachestat *ret) {
  (void)fd;
  size_t from = (size_t)(range->offset / PAGE);
  size_t to = (size_t)((range->offset + range->length + PAGE - 1) / PAGE);
  pthread_mutex_lock(&lock);
  *ret = (struct os_cachestat){.cached = there_in(from, to)};
  pthread_mutex_unlock(&lock);
  return 0;
}

static void *map_and_note(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
  void *address = real.mmap(at, n, protection, flags, fd, offset);
  mapped = address;
  mapped_from = offset;
  return address;
}

static int tell_which(void *at, size_t n, unsigned char *pages) {
  must(at == mapped);
  pthread_mutex_lock(&lock);
  for (size_t i = 0; i < (n + PAGE - 1) / PAGE; i++) {
    size_t page = (size_t)mapped_from / PAGE + i;
    pages[i] = page < PAGES && now[page];
  }
  pthread_mutex_unlock(&lock);
  return 0;
}

static int take_advice(int fd, off_t offset, off_t n, int advice) {
  (void)fd;
  if (advice != POSIX_FADV_DONTNEED && advice != POSIX_FADV_WILLNEED)
    return 0;
  pthread_mutex_lock(&lock);
  for (size_t i = (size_t)offset / PAGE; i < ((size_t)(offset + n) + PAGE - 1) / PAGE; i++) {
    if (i >= PAGES || before[i] || (advice == POSIX_FADV_DONTNEED && !was_read[i])) {
      wrong++;
    } else if (advice == POSIX_FADV_DONTNEED) {
      let_go[i]++;
      now[i] = 0;
    } else {
      asked[i] = now[i] = 1;
    }
  }
  pthread_mutex_unlock(&lock);
  return 0;
}

static void come_in(size_t from, size_t length) {
  pthread_mutex_lock(&lock);
  for (size_t i = from / PAGE; i < PAGES && i < (from + length) / PAGE + READ_AHEAD; i++)
    if (!let_go[i])
      now[i] = 1;
  for (size_t i = from / PAGE; i < PAGES && i * PAGE < from + length; i++)
    was_read[i] = 1;
  pthread_mutex_unlock(&lock);
}

static ssize_t read_ahead(int fd, void *to, size_t n, off_t at) {
  struct stat status;
  ssize_t r = real.pread(fd, to, n, at);
  if (fstat(fd, &status) == 0 && status.st_size > 0) /* of the system's own files it is 0 */
    come_in((size_t)at, r > 0 ? (size_t)r : 0);
  return r;
}

static ssize_t read_nothing_now(int fd, const struct iovec *to, int count, off_t at, int flags) {
  (void)fd, (void)to, (void)count, (void)at, (void)flags;
  errno = EAGAIN;
  return -1;
}

static int have_little_memory(struct sysinfo *info) {
  *info = (struct sysinfo){.totalram = 100, .freeram = 10, .mem_unit = (unsigned)PAGE};
  return 0;
}

static void play(void) {
  real = tome__os_calls;
  memset(now, 0, sizeof now);
  memcpy(now, before, sizeof now);
  memset(was_read, 0, sizeof was_read);
  memset(let_go, 0, sizeof let_go);
  memset(asked, 0, sizeof asked);
  wrong = 0;
  tome__os_calls.os_cachestat = tell_how_many;
  tome__os_calls.mmap = map_and_note;
  tome__os_calls.mincore = tell_which;
  tome__os_calls.posix_fadvise = take_advice;
  tome__os_calls.pread = read_ahead;
  tome__os_calls.preadv2 = read_nothing_now;
  tome__os_calls.sysinfo = have_little_memory;
}

/* ---- scans ---- */

typedef void scan_function(tome *map, uint32_t threads);

static void find(tome *map, uint32_t threads) {
  (void)threads;
  must_return(tome_find(map, needle, NEEDLE, 0, TOME_END, NULL), 0);
}

static void rfind(tome *map, uint32_t threads) {
  (void)threads;
  must_return(tome_rfind(map, needle, NEEDLE, 0, TOME_END, NULL), 0);
}

static void count(tome *map, uint32_t threads) {
  uint64_t n;
  (void)threads;
  must_return(tome_count(map, needle, NEEDLE, 0, TOME_END, &n), 0);
}

static tome_pattern *new_pattern_of_needle(void) {
  const tome_needle one = {needle, NEEDLE};
  tome_pattern *pattern = NULL;
  must_succeed(tome_pattern_new(&pattern, &one, 1, 0));
  return pattern;
}

static void search(tome *map, uint32_t threads) {
  tome_search_options options = TOME_SEARCH_INIT;
  tome_pattern *pattern = new_pattern_of_needle();
  options.threads = threads;
  must_return(tome_search(map, pattern, &options, NULL), 0);
  tome_pattern_free(pattern);
}

static void walk(tome *map, uint32_t flags) {
  tome_pattern *pattern = new_pattern_of_needle();
  tome_matches *matches = NULL;
  tome_range match;
  must_succeed(tome_matches_begin(&matches, map, pattern, 0, TOME_END, flags));
  must_return(tome_matches_next(matches, &match), 0);
  tome_matches_end(matches);
  tome_pattern_free(pattern);
}

static void walk_forward(tome *map, uint32_t threads) {
  (void)threads;
  walk(map, 0);
}

static void walk_backward(tome *map, uint32_t threads) {
  (void)threads;
  walk(map, TOME_SEARCH_BACKWARD);
}

static void count_lines(tome *map, uint32_t threads) {
  tome_lines_options options = TOME_LINES_INIT;
  uint64_t n;
  options.threads = threads;
  must(tome_lines_count(map, &options, &n) >= 0);
}

static const struct way {
  const char *name;
  scan_function *scan;
  uint32_t threads;
} ways[] = {
    {"find", find, 1},
    {"rfind", rfind, 1},
    {"count", count, 1},
    {"search", search, 1},
    {"search by three", search, 3},
    {"matches", walk_forward, 1},
    {"matches from the end", walk_backward, 1},
    {"lines", count_lines, 1},
    {"lines by three", count_lines, 3},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* ---- what must hold ---- */

/* Pages of the part [from, to) of the file that the scan read and did not find there. */
static void must_have_let_go(size_t from, size_t to) {
  size_t missed = 0, twice = 0, outside = 0;
  for (size_t i = 0; i < PAGES; i++) {
    int is_inside = i >= from / PAGE && i * PAGE < to;
    missed += is_inside && !before[i] && let_go[i] == 0;
    twice += let_go[i] > 1;
    outside += !is_inside && let_go[i];
  }
  must_equal(wrong, 0);
  must_equal(missed, 0);
  must_equal(twice, 0);
  must_equal(outside, 0);
}

static void scan_part(const struct way *way, const char *path, size_t from, size_t to) {
  note("%s, bytes %zu to %zu", way->name, from, to);
  play();
  tome *map = open_part(path, TOME_READ, from, to - from);
  way->scan(map, way->threads);
  must_succeed(tome_close(map));
  tome__os_calls = real;
  must_have_let_go(from, to);
}

static const char *make_scanned(void) {
  return make_pattern_file("file", (size_t)PAGES * PAGE);
}

static void of_a_file_that_was_not_there_all_is_let_go(void **state) {
  (void)state;
  const char *path = make_scanned();
  memset(before, 0, sizeof before);
  for (size_t i = 0; i < WAYS; i++)
    scan_part(&ways[i], path, 0, (size_t)PAGES * PAGE);
}

static void what_was_there_stays(void **state) {
  (void)state;
  const char *path = make_scanned();
  dice any = dice_from(7);
  for (size_t i = 0; i < PAGES; i++)
    before[i] = i % 2000 > 1800 || roll(&any, 50) == 0;
  for (size_t i = 0; i < WAYS; i++)
    scan_part(&ways[i], path, 0, (size_t)PAGES * PAGE);
}

static void of_a_part_nothing_else_is_let_go(void **state) {
  (void)state;
  const char *path = make_scanned();
  dice any = dice_from(8);
  for (size_t i = 0; i < PAGES; i++)
    before[i] = i % 1500 > 1400 || roll(&any, 90) == 0;
  for (size_t i = 0; i < WAYS; i++)
    scan_part(&ways[i], path, 3 * PAGE + 123, (size_t)(PAGES - 5) * PAGE - 321);
}

static void backward_only_what_is_missing_is_asked_for(void **state) {
  (void)state;
  const char *path = make_scanned();
  for (size_t i = 0; i < PAGES; i++)
    before[i] = i % 3 == 0;
  scan_part(&ways[1], path, 0, (size_t)PAGES * PAGE);
  size_t n = 0;
  for (size_t i = 0; i < PAGES; i++)
    n += asked[i];
  must(n > PAGES / 2);
}

/* The census takes memory. */
static void *have_no_memory_for_a_census(size_t count_of, size_t size) {
  return count_of == 1 && size > 4096 && size < 8192 ? NULL : real.calloc(count_of, size);
}

static void without_memory_for_it_nothing_is_let_go(void **state) {
  (void)state;
  const char *path = make_scanned();
  memset(before, 0, sizeof before);
  for (size_t i = 0; i < WAYS; i++) {
    play();
    tome *map = open_map(path, TOME_READ);
    tome__os_calls.calloc = have_no_memory_for_a_census;
    ways[i].scan(map, ways[i].threads);
    must_succeed(tome_close(map));
    tome__os_calls = real;
    must_equal(wrong, 0);
    for (size_t page = 0; page < PAGES; page++)
      must_equal(let_go[page], 0);
  }
}

static int tell_nothing_of_pages(void *at, size_t n, unsigned char *pages) {
  (void)at, (void)n, (void)pages;
  errno = EAGAIN;
  return -1;
}

static void what_cannot_be_told_is_not_let_go(void **state) {
  (void)state;
  const char *path = make_scanned();
  for (size_t i = 0; i < PAGES; i++)
    before[i] = i % 3 == 0;
  for (size_t i = 0; i < WAYS; i++) {
    play();
    tome__os_calls.mincore = tell_nothing_of_pages;
    tome *map = open_map(path, TOME_READ);
    ways[i].scan(map, ways[i].threads);
    must_succeed(tome_close(map));
    tome__os_calls = real;
    for (size_t page = 0; page < PAGES; page++)
      must_equal(let_go[page], 0);
  }
}

int main(int argument_count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(of_a_file_that_was_not_there_all_is_let_go),
      TEST(what_was_there_stays),
      TEST(of_a_part_nothing_else_is_let_go),
      TEST(backward_only_what_is_missing_is_asked_for),
      TEST(without_memory_for_it_nothing_is_let_go),
      TEST(what_cannot_be_told_is_not_let_go),
  };
  return run_matching(tests, argument_count, arguments);
}
