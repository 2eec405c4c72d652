/* Tests skip what the library says that this system cannot do. Here the system itself is asked, so that a library that has lost an ability
 * does not lose its tests with it. */
#include "calls.h"
#include "emulator_limits.h"
#include "system_abilities.h"
#include "test_support.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int sample(void) {
  int fd = open(make_pattern_file("sample", 4 * PAGE), O_RDWR | O_CLOEXEC);
  must(fd >= 0 && fsync(fd) == 0);
  return fd;
}

/* An emulator may take any advice. */
static void pages_are_made_present_if_there_is_advice_for_it(void **state) {
  (void)state;
  void *page = new_pages(PAGE);
  int can = tome__os_calls.madvise(page, PAGE, MADV_POPULATE_WRITE) == 0 &&
            tome__os_calls.madvise(page, PAGE, INT_MAX) < 0;
  free_pages(page, PAGE);
  must(!can || system_populates());
}

static void what_is_in_memory_is_read_at_once_if_there_is_a_flag_for_it(void **state) {
  (void)state;
  char byte;
  struct iovec one = {&byte, 1};
  int fd = sample();
  must_equal(pread(fd, &byte, 1, 0), 1);
  int can = tome__os_calls.preadv2(fd, &one, 1, 0, RWF_NOWAIT) == 1;
  close(fd);
  must(!can || system_reads_at_once());
}

static void what_is_dirty_is_told_if_there_is_a_call_for_it(void **state) {
  (void)state;
  struct os_cachestat_range range = {0, PAGE};
  struct os_cachestat told;
  int fd = sample();
  int can = tome__os_calls.os_cachestat(fd, &range, &told) == 0;
  close(fd);
  must(!can || system_tells_dirty());
}

static void the_moment_of_birth_is_told_if_it_is_kept(void **state) {
  (void)state;
  struct statx status;
  int fd = sample();
  int can = tome__os_calls.statx(fd, "", AT_EMPTY_PATH, STATX_BTIME, &status) == 0 &&
            (status.stx_mask & STATX_BTIME);
  close(fd);
  must(!can || system_tells_birth());
}

static void descriptors_are_opened_anew_if_their_names_are_there(void **state) {
  (void)state;
  char path[64];
  int fd = sample();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int can = access(path, R_OK | W_OK) == 0;
  close(fd);
  must(!can || system_reopens());
}

static void pages_go_if_the_system_lets_them(void **state) {
  (void)state;
  needs_whole_pages();
  unsigned char there = 1;
  int fd = sample();
  must_equal(tome__os_calls.posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  void *page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(page != MAP_FAILED);
  int can = tome__os_calls.mincore(page, PAGE, &there) == 0 && !(there & 1);
  must_equal(munmap(page, PAGE), 0);
  close(fd);
  must(!can || system_lets_go());
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(pages_are_made_present_if_there_is_advice_for_it),
      TEST(what_is_in_memory_is_read_at_once_if_there_is_a_flag_for_it),
      TEST(what_is_dirty_is_told_if_there_is_a_call_for_it),
      TEST(the_moment_of_birth_is_told_if_it_is_kept),
      TEST(descriptors_are_opened_anew_if_their_names_are_there),
      TEST(pages_go_if_the_system_lets_them),
  };
  return run_matching(tests, count, arguments);
}
