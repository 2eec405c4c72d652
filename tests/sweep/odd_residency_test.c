/* Older kernels, and refusals: what is in memory, warming and locking where a call of the table is missing or says no. */
#include "calls.h"
#include "page_model.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGES = 64 };

static os_calls real;

static int begin_with_calls(void **state) {
  real = tome__os_calls;
  return begin_test(state);
}

static int end_with_calls(void **state) {
  tome__os_calls = real;
  return end_test(state);
}

static uint64_t locked(void) {
  return process_figure("VmLck");
}

/* ---- before Linux 6.5 ---- */

static int no_cachestat(int fd, const struct os_cachestat_range *range,
                        struct os_cachestat *status) {
  (void)fd, (void)range, (void)status;
  errno = ENOSYS;
  return -1;
}

static void without_cachestat_mincore_tells(void **state) {
  (void)state;
  unsigned char got[PAGES], want[PAGES];
  const char *path = make_cold_file("file", PAGES * PAGE - 9);
  bring_in_pages(path, 3, 10);
  bring_in_pages(path, 63, 1);
  tome__os_calls.os_cachestat = no_cachestat;
  tome *map = open_map(path, TOME_READ);
  tome_residency all = {.struct_size = sizeof all};
  must_succeed(tome_residency_get(map, 0, TOME_END, &all));
  must_equal(all.pages, PAGES * PAGE);
  must_equal(all.resident, 11 * PAGE);
  must_equal(all.dirty, TOME_UNKNOWN);
  must_equal(all.writeback, TOME_UNKNOWN);
  must_succeed(tome_residency_get(map, 12 * PAGE + 5, 3 * PAGE, &all));
  must_equal(all.pages, 4 * PAGE);
  must_equal(all.resident, PAGE);
  look_at_pages(path, 0, PAGES, want);
  must_succeed(tome_residency_pages(map, 0, TOME_END, got, PAGES));
  must_be_bytes(got, want, PAGES);
  tome_info info = {.struct_size = sizeof info};
  must_succeed(tome_info_get(map, &info));
  must_equal(info.resident, 11 * PAGE);
  must_equal(info.dirty, TOME_UNKNOWN);
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  must_equal(pages_there(path, 0, PAGES), PAGES);
  must_evict(map, 0, TOME_END, path, 0, PAGES);
  must_succeed(tome_close(map));
}

/* To him mincore() says that all is there. */
static void must_not_believe(void *given) {
  char path[512];
  unsigned char pages[PAGES];
  strcpy(path, given);
  become_nobody();
  tome *map = open_map(path, TOME_READ);
  tome_residency all = {.struct_size = sizeof all};
  must_succeed(tome_residency_get(map, 0, TOME_END, &all));
  must_equal(all.resident, TOME_UNKNOWN);
  must_fail(tome_residency_pages(map, 0, TOME_END, pages, PAGES), TOME_ENOTSUP);
  tome_info info = {.struct_size = sizeof info};
  must_succeed(tome_info_get(map, &info));
  must_equal(info.resident, TOME_UNKNOWN);
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  must_succeed(tome_close(map));
}

static void mincore_is_not_believed_where_it_lies(void **state) {
  (void)state;
  if (geteuid() != 0)
    skip_because("a file of somebody else's can be made by root only");
  char path[512];
  strcpy(path, make_cold_file("foreign", PAGES * PAGE));
  must_equal(chmod(path, 0444), 0);
  must_equal(chmod(in_dir(""), 0755), 0);
  tome__os_calls.os_cachestat = no_cachestat;
  in_child(must_not_believe, path);
  must_equal(pages_there(path, 0, PAGES), PAGES);
}

static int refused_mincore(void *at, size_t n, unsigned char *pages) {
  (void)at, (void)n, (void)pages;
  errno = EAGAIN;
  return -1;
}

static void pages_that_cannot_be_asked_for_are_told(void **state) {
  (void)state;
  unsigned char pages[PAGES];
  tome *map = open_map(make_pattern_file("file", PAGES * PAGE), TOME_READ);
  tome__os_calls.mincore = refused_mincore;
  must_fail(tome_residency_pages(map, 0, TOME_END, pages, PAGES), TOME_ENOMEM);
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  must_succeed(tome_close(map));
}

static unsigned seeks;

static off_t counted_lseek(int fd, off_t offset, int whence) {
  seeks++;
  return real.lseek(fd, offset, whence);
}

static void who_does_not_know_of_holes_does_not_wait_for_them(void **state) {
  (void)state;
  tome *map = open_map(make_hole("hole", 100 * PAGE), TOME_READ);
  tome_residency all = {.struct_size = offsetof(tome_residency, holes)};
  tome__os_calls.lseek = counted_lseek;
  must_succeed(tome_residency_get(map, 0, TOME_END, &all));
  must_equal(seeks, 0);
  all.struct_size = sizeof all;
  must_succeed(tome_residency_get(map, 0, TOME_END, &all));
  must(seeks > 0);
  must_succeed(tome_close(map));
}

/* ---- locking ---- */

/* Sanitizers leave out mlock() and munlock(), and then the counts are wrong. */
static int lock_really(const void *address, size_t length) {
  return (int)syscall(SYS_mlock, address, length);
}

static int unlock_really(const void *address, size_t length) {
  return (int)syscall(SYS_munlock, address, length);
}

static int no_mlock2(const void *at, size_t n, unsigned flags) {
  (void)at, (void)n, (void)flags;
  errno = ENOSYS;
  return -1;
}

static int mlock2_without_flag(const void *at, size_t n, unsigned flags) {
  (void)at, (void)n, (void)flags;
  errno = EINVAL;
  return -1;
}

/* Whether pages can be locked as they come in. Where not, all are read at once, and one that cannot be had is no memory. */
static int can_lock_on_fault(void) {
  char *page = aligned_alloc(PAGE, PAGE);
  must(page != NULL);
  int can = tome__os_calls.mlock2(page, PAGE, 1 /* MLOCK_ONFAULT */) == 0;
  munlock(page, PAGE);
  free(page);
  return can;
}

static int no_populate(void *at, size_t n, int advice) {
  if (advice != 22 && advice != 23) /* MADV_POPULATE_READ, MADV_POPULATE_WRITE */
    return real.madvise(at, n, advice);
  errno = EINVAL;
  return -1;
}

static void lock_and_unlock(uint32_t flags) {
  const char *path = make_cold_file("file", PAGES * PAGE);
  tome *map = open_map(path, flags);
  must_succeed(tome_lock(map, 5 * PAGE + 1, 10 * PAGE));
  must_equal(locked(), 11 * PAGE);
  must_equal(pages_there(path, 5, 11), 11);
  must_succeed(tome_unlock(map, 7 * PAGE, PAGE));
  must_equal(locked(), 10 * PAGE);
  truncate_elsewhere(path, 20 * PAGE);
  int r = tome_lock(map, 0, TOME_END);
  must(r == TOME_ELOST || (r == TOME_ENOMEM && !can_lock_on_fault()));
  must_equal(locked(), 10 * PAGE);
  must_succeed(tome_close(map));
}

static void older_kernels_lock_all_the_same(void **state) {
  (void)state;
  const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY};
  for (int i = 0; i < 3; i++) {
    note("flags %u", flags[i]);
    tome__os_calls.madvise = no_populate;
    lock_and_unlock(flags[i]);
    tome__os_calls.mlock2 = no_mlock2;
    lock_and_unlock(flags[i]);
    tome__os_calls.madvise = real.madvise;
    lock_and_unlock(flags[i]);
    tome__os_calls.mlock2 = mlock2_without_flag;
    lock_and_unlock(flags[i]);
    tome__os_calls.mlock2 = real.mlock2;
  }
}

static int mlock2_with_too_many_mappings(const void *at, size_t n, unsigned flags) {
  (void)at, (void)n, (void)flags;
  errno = ENOMEM;
  return -1;
}

static int no_limit(int resource, struct rlimit *limit) {
  (void)resource;
  limit->rlim_cur = limit->rlim_max = RLIM_INFINITY;
  return 0;
}

static void too_many_mappings_are_not_taken_for_the_limit(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGES * PAGE), TOME_READ);
  tome__os_calls.mlock2 = mlock2_with_too_many_mappings;
  tome__os_calls.getrlimit = no_limit;
  must_fail(tome_lock(map, 0, TOME_END), TOME_ENOMEM);
  tome__os_calls.mlock2 = real.mlock2;
  must_equal(locked(), 0);
  must_succeed(tome_lock(map, 0, TOME_END));
  must_equal(locked(), PAGES * PAGE);
  must_succeed(tome_close(map));
}

/* ---- cut while it is being locked ---- */

static tome *cut_map;

/* What was cut off is as long as before again, but nobody has asked for that to be locked. */
static void cut_and_grow(void) {
  must_succeed(tome_resize(cut_map, 10 * PAGE));
  must_succeed(tome_resize(cut_map, PAGES * PAGE));
}

static int mlock2_of_what_is_cut(const void *at, size_t n, unsigned flags) {
  tome__os_calls.mlock2 = real.mlock2;
  cut_and_grow();
  return real.mlock2(at, n, flags);
}

/* As it is brought in, an older kernel locks it once more. */
static int mlock_of_what_is_cut(const void *at, size_t n) {
  tome__os_calls.mlock = lock_really;
  cut_and_grow();
  return lock_really(at, n);
}

static void must_keep_nothing_locked(uint64_t window) {
  tome_options options = TOME_OPTIONS_INIT;
  options.window = (size_t)window;
  must_succeed(tome_open(&cut_map, make_pattern_file("file", PAGES * PAGE), TOME_WRITE, &options));
  must_succeed(tome_lock(cut_map, 5 * PAGE, 40 * PAGE));
  must_equal(locked(), 5 * PAGE);
  must_succeed(tome_unlock(cut_map, 0, TOME_END));
  must_equal(locked(), 0);
  must_succeed(tome_close(cut_map));
}

static void what_is_cut_while_it_is_being_locked_does_not_stay_so(void **state) {
  const uint64_t windows[] = {0, 4 * PAGE};
  (void)state;
  for (int i = 0; i < 2; i++) {
    note("windows of %u", (unsigned)windows[i]);
    tome__os_calls.mlock2 = mlock2_of_what_is_cut;
    must_keep_nothing_locked(windows[i]);
    must(tome__os_calls.mlock2 == real.mlock2);
    tome__os_calls.madvise = no_populate;
    tome__os_calls.mlock = mlock_of_what_is_cut;
    must_keep_nothing_locked(windows[i]);
    must(tome__os_calls.mlock == lock_really);
    tome__os_calls.madvise = real.madvise;
  }
}

static int refused_munlock(const void *at, size_t n) {
  (void)at, (void)n;
  errno = ENOMEM;
  return -1;
}

static void *no_calloc(size_t count, size_t size) {
  (void)count, (void)size;
  errno = ENOMEM;
  return NULL;
}

static void an_unlock_that_fails_changes_nothing(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGES * PAGE), TOME_READ);
  must_succeed(tome_lock(map, 0, 30 * PAGE));
  tome__os_calls.munlock = refused_munlock;
  must_fail(tome_unlock(map, 0, 10 * PAGE), TOME_ENOMEM);
  tome__os_calls.munlock = real.munlock;
  tome__os_calls.calloc = no_calloc;
  must_fail(tome_unlock(map, 10 * PAGE, 10 * PAGE), TOME_ENOMEM);
  must_equal(locked(), 30 * PAGE);
  must_succeed(tome_unlock(map, 0, 10 * PAGE)); /* which needs no memory */
  tome__os_calls.calloc = real.calloc;
  must_equal(locked(), 20 * PAGE);
  must_succeed(tome_unlock(map, 20 * PAGE, 5 * PAGE));
  must_equal(locked(), 15 * PAGE);
  must_succeed(tome_close(map));
}

/* ---- sleeping ---- */

static unsigned naps;
static uint64_t slept;

/* Half of it, then a signal. */
static int interrupted_nap(const struct timespec *wanted, struct timespec *left) {
  struct timespec half = {0, wanted->tv_nsec / 2};
  if (++naps % 2 == 0) {
    slept += (uint64_t)wanted->tv_nsec;
    return 0;
  }
  slept += (uint64_t)half.tv_nsec;
  *left = (struct timespec){wanted->tv_sec, wanted->tv_nsec - half.tv_nsec};
  errno = EINTR;
  return -1;
}

static int stop_after_some(void *context, uint64_t done, uint64_t length) {
  (void)done, (void)length;
  return ++*(int *)context == 4;
}

static void an_interrupted_sleep_goes_on(void **state) {
  (void)state;
  int calls = 0;
  tome_warming warming = TOME_WARMING_INIT;
  tome *map = open_map(make_cold_file("file", PAGES * PAGE), TOME_READ);
  tome__os_calls.nanosleep = interrupted_nap;
  warming.rate = 1;
  warming.progress = stop_after_some;
  warming.context = &calls;
  must_fail(tome_warm(map, 0, TOME_END, &warming), TOME_ECANCELED);
  must_equal(naps, 2 * calls);
  must_equal(slept, (uint64_t)calls * 100 * 1000 * 1000);
  must_succeed(tome_close(map));
}

#define ODD_TEST(function)                                                                         \
  cmocka_unit_test_setup_teardown(function, begin_with_calls, end_with_calls)

int main(int count, char **arguments) {
  tome__os_calls.mlock = lock_really;
  tome__os_calls.munlock = unlock_really;
  const struct CMUnitTest tests[] = {
      ODD_TEST(without_cachestat_mincore_tells),
      ODD_TEST(mincore_is_not_believed_where_it_lies),
      ODD_TEST(pages_that_cannot_be_asked_for_are_told),
      ODD_TEST(who_does_not_know_of_holes_does_not_wait_for_them),
      ODD_TEST(older_kernels_lock_all_the_same),
      ODD_TEST(too_many_mappings_are_not_taken_for_the_limit),
      ODD_TEST(what_is_cut_while_it_is_being_locked_does_not_stay_so),
      ODD_TEST(an_unlock_that_fails_changes_nothing),
      ODD_TEST(an_interrupted_sleep_goes_on),
  };
  return run_matching(tests, count, arguments);
}
