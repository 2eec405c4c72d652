/* A flush that failed once: no later one claims success, through whatever map of the file. The system itself would: it
 * tells of a failed write-back once. */
#include "calls.h"
#include "planted_calls.h"
#include "system_abilities.h"
#include "test_support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static os_calls real;

static int failing_fdatasync(int fd) {
  (void)fd;
  errno = EIO;
  return -1;
}

static int odd_errno;

/* File systems of programs and servers tell what they like. */
static int fdatasync_failing_oddly(int fd) {
  (void)fd;
  errno = odd_errno;
  return -1;
}

static void *mmap_without_memory(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  (void)at, (void)n, (void)prot, (void)flags, (void)fd, (void)offset;
  errno = ENOMEM;
  return MAP_FAILED;
}

static int no_statx(int at, const char *path, int flags, unsigned wanted, void *status) {
  (void)at, (void)path, (void)flags, (void)wanted, (void)status;
  errno = ENOSYS;
  return -1;
}

static void must_fail_to_flush(tome *map) {
  const int levels[] = {TOME_FLUSH_START, TOME_FLUSH_WRITTEN, TOME_FLUSH_DURABLE};
  for (int i = 0; i < 3; i++) {
    must_fail_at(tome_flush(map, 5, 7, levels[i]), TOME_EIO, 5, 7);
    must_equal(tome_error_last()->system, EIO);
  }
}

static void fail_once(tome *map) {
  real = tome__os_calls;
  tome__os_calls.fdatasync = failing_fdatasync;
  must_fail_at(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE), TOME_EIO, 0, tome_size(map));
  tome__os_calls = real;
}

static char path[512];
static unsigned files_made;

static int fstat_of_another_inode(int fd, struct stat *status) {
  int r = fstat(fd, status);
  status->st_ino += (ino_t)files_made << 32;
  return r;
}

/* The inode may be that of an earlier one: who is not told when it was created is told of another inode. */
static void make_new_file(void) {
  strcpy(path, make_pattern_file("file", 3 * PAGE));
  files_made++;
  if (!system_tells_birth())
    tome__os_calls.fstat = fstat_of_another_inode;
}

static tome *open_and_fail_once(void) {
  make_new_file();
  tome *map = open_map(path, TOME_WRITE);
  fail_once(map);
  return map;
}

static void a_failed_flush_sticks_to_the_map(void **state) {
  (void)state;
  tome *map = open_and_fail_once();
  must_fail_to_flush(map);
  must_succeed(tome_close(map));
}

static void a_failed_flush_sticks_to_a_map_that_was_open_before(void **state) {
  (void)state;
  make_new_file();
  tome *map = open_map(path, TOME_WRITE);
  tome *other = open_part(path, TOME_WRITE, 10, 100);
  must_succeed(tome_flush(other, 0, TOME_END, TOME_FLUSH_DURABLE));
  fail_once(map);
  must_fail_to_flush(other);
  must_succeed(tome_close(map));
  must_fail_to_flush(other);
  must_succeed(tome_close(other));
}

static void a_failed_flush_sticks_to_a_map_that_is_opened_afterwards(void **state) {
  (void)state;
  must_succeed(tome_close(open_and_fail_once()));
  must_equal(link(path, in_dir("other name")), 0);
  tome *again = open_map(in_dir("other name"), TOME_WRITE);
  must_fail_to_flush(again);
  must_succeed(tome_close(again));
}

/* The system tells of it as of any other failure of writing: once. */
static void must_stick(int system) {
  make_new_file();
  tome *map = open_map(path, TOME_WRITE);
  real = tome__os_calls;
  odd_errno = system;
  tome__os_calls.fdatasync = fdatasync_failing_oddly;
  must_fail_at(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE), TOME_EIO, 0, 3 * PAGE);
  must_equal(tome_error_last()->system, system);
  tome__os_calls = real;
  must_fail_at(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE), TOME_EIO, 0, 3 * PAGE);
  must_succeed(tome_close(map));
}

static void a_flush_that_lost_pages_sticks_whatever_the_system_calls_it(void **state) {
  static const int errors[] = {ENOMEM, EBUSY, EAGAIN, ETXTBSY, EOPNOTSUPP, ENOSYS};
  (void)state;
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    must_stick(errors[i]);
}

/* A flush that maps the file to do so. */
static void a_flush_that_could_not_begin_can_be_made_again(void **state) {
  (void)state;
  make_new_file();
  tome *map = open_map(path, TOME_WRITE);
  real = tome__os_calls;
  tome__os_calls.mmap = mmap_without_memory;
  int r = tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE);
  int system = tome_error_last()->system;
  tome__os_calls = real;
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(map));
  if (r == 0)
    skip_because("flushing maps nothing on this system");
  must_equal(r, TOME_ENOMEM);
  must_equal(system, ENOMEM);
}

static void a_failed_flush_does_not_stick_to_another_file(void **state) {
  (void)state;
  if (!system_tells_birth())
    skip_because("this system does not tell when a file was created");
  must_succeed(tome_close(open_and_fail_once()));
  usleep(20000); /* the clock of a file system ticks every few milliseconds */
  /* Made again and again, so that one of them has the same inode number as the first. */
  for (int i = 0; i < 20; i++) {
    must_equal(unlink(path), 0);
    tome *anew = open_map(make_pattern_file("file", 3 * PAGE), TOME_WRITE);
    must_succeed(tome_flush(anew, 0, TOME_END, TOME_FLUSH_DURABLE));
    must_succeed(tome_close(anew));
  }
}

static void a_failed_flush_sticks_where_the_birth_of_a_file_is_not_known(void **state) {
  (void)state;
  os_calls before = tome__os_calls;
  if (!plant_call("statx", (any_call *)no_statx) && system_tells_birth())
    skip_because("this system always tells when a file was created");
  must_succeed(tome_close(open_and_fail_once()));
  tome *again = open_map(path, TOME_WRITE);
  must_fail_to_flush(again);
  must_succeed(tome_close(again));
  tome__os_calls = before;
}

static void a_map_that_cannot_be_written_has_nothing_to_flush_still(void **state) {
  (void)state;
  must_succeed(tome_close(open_and_fail_once()));
  tome *reader = open_map(path, TOME_READ);
  must_succeed(tome_flush(reader, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(reader));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_failed_flush_sticks_to_the_map),
      TEST(a_failed_flush_sticks_to_a_map_that_was_open_before),
      TEST(a_failed_flush_sticks_to_a_map_that_is_opened_afterwards),
      TEST(a_flush_that_lost_pages_sticks_whatever_the_system_calls_it),
      TEST(a_flush_that_could_not_begin_can_be_made_again),
      TEST(a_failed_flush_does_not_stick_to_another_file),
      TEST(a_failed_flush_sticks_where_the_birth_of_a_file_is_not_known),
      TEST(a_map_that_cannot_be_written_has_nothing_to_flush_still),
  };
  return run_matching(tests, count, arguments);
}
