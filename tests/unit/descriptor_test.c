/* Opening by descriptor: what is asked of it, and that it stays the caller's. */
#include "system_abilities.h"
#include "test_support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int plain_open(const char *path, int mode) {
  int fd = open(path, mode | O_CLOEXEC);
  must(fd >= 0);
  return fd;
}

static void the_descriptor_must_be_open_for_the_access(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 100);
  int reading = plain_open(path, O_RDONLY), writing = plain_open(path, O_WRONLY),
      both = plain_open(path, O_RDWR);
  must_equal(try_fd(reading, TOME_READ), 0);
  must_equal(try_fd(reading, TOME_COPY), 0);
  must_equal(try_fd(reading, TOME_WRITE), TOME_EACCES);
  must_equal(try_fd(reading, TOME_WRITE | TOME_TRUNCATE), TOME_EACCES);
  must_equal(try_fd(writing, TOME_READ), TOME_EACCES);
  must_equal(try_fd(writing, TOME_COPY), TOME_EACCES);
  must_equal(try_fd(writing, TOME_WRITE), TOME_EACCES);
  must_equal(try_fd(writing, TOME_WRITE | TOME_TRUNCATE), TOME_EACCES);
  must_be_pattern_file(path, 100);
  must_equal(try_fd(both, TOME_READ), 0);
  must_equal(try_fd(both, TOME_WRITE), 0);
  must_equal(try_fd(both, TOME_COPY), 0);
  close(reading);
  close(writing);
  close(both);
}

static void a_closed_descriptor_is_badf(void **state) {
  (void)state;
  int fd = plain_open(make_pattern_file("file", 100), O_RDWR);
  close(fd);
  must_equal(try_fd(fd, TOME_READ), TOME_EBADF);
  must_equal(try_fd(fd, TOME_WRITE), TOME_EBADF);
  must_equal(try_fd(-1, TOME_READ), TOME_EBADF);
  must_equal(try_fd(INT32_MAX, TOME_READ), TOME_EBADF);
  assert_string_equal(tome_error_last()->operation, "tome_open_fd");
}

static void flags_about_names_make_no_sense_for_a_descriptor(void **state) {
  (void)state;
  int fd = plain_open(make_pattern_file("file", 100), O_RDWR);
  must_equal(try_fd(fd, TOME_WRITE | TOME_CREATE), TOME_EINVAL);
  must_equal(try_fd(fd, TOME_WRITE | TOME_CREATE | TOME_EXCL), TOME_EINVAL);
  must_equal(try_fd(fd, TOME_WRITE | TOME_EXCL), TOME_EINVAL);
  must_equal(try_fd(fd, TOME_WRITE | TOME_COPY), TOME_EINVAL);
  must_equal(try_fd(fd, TOME_GROW), TOME_EINVAL);
  close(fd);
}

static void what_is_no_file_is_refused(void **state) {
  (void)state;
  int ends[2], pair[2];
  must_equal(pipe2(ends, O_CLOEXEC), 0);
  must_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  int directory = plain_open(in_dir("."), O_RDONLY), zero = plain_open("/dev/zero", O_RDWR);
  must_equal(try_fd(ends[0], TOME_READ), TOME_ENOTMAP);
  must_equal(try_fd(pair[0], TOME_WRITE), TOME_ENOTMAP);
  must_equal(try_fd(directory, TOME_READ), TOME_EISDIR);
  must_equal(try_fd(zero, TOME_WRITE), TOME_ENOTMAP);
  const int all[] = {ends[0], ends[1], pair[0], pair[1], directory, zero};
  for (int i = 0; i < 6; i++)
    must_equal(close(all[i]), 0);
}

/* Everything that might disturb the caller's descriptor. */
static void use_map(tome *map) {
  char bytes[100];
  uint64_t at;
  must_succeed(tome_read(map, 10, bytes, sizeof bytes));
  must_succeed(tome_write(map, 10, bytes, sizeof bytes));
  must_succeed(tome_append(map, "appended", 8, &at));
  must_succeed(tome_resize(map, 3 * PAGE));
  must_succeed(tome_resize(map, 2 * PAGE));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_return(tome_find(map, "\0\0", 2, 0, TOME_END, &at), 1);
  must_succeed(tome_refresh(map));
}

static void the_callers_descriptor_keeps_its_offset_and_flags(void **state) {
  (void)state;
  if (!system_reopens())
    skip_because("this system cannot open a descriptor anew");
  const int modes[] = {O_RDWR, O_RDWR | O_APPEND, O_RDWR | O_NONBLOCK};
  for (int i = 0; i < 3; i++) {
    int fd = plain_open(make_pattern_file("file", PAGE), modes[i]);
    must_equal(lseek(fd, 123, SEEK_SET), 123);
    int flags = fcntl(fd, F_GETFL), own = fcntl(fd, F_GETFD);
    tome *map = open_by_fd(fd, TOME_WRITE | TOME_GROW);
    use_map(map);
    must_equal(lseek(fd, 0, SEEK_CUR), 123);
    must_equal(fcntl(fd, F_GETFL), flags);
    must_equal(fcntl(fd, F_GETFD), own);
    must_succeed(tome_close(map));
    must_equal(lseek(fd, 0, SEEK_CUR), 123);
    must_equal(fcntl(fd, F_GETFL), flags);
    must_equal(close(fd), 0);
  }
}

static void a_descriptor_closed_at_once_is_not_missed(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE);
  int fd = plain_open(path, O_RDWR);
  tome *map = open_by_fd(fd, TOME_WRITE | TOME_GROW);
  must_equal(close(fd), 0);
  int other = plain_open(make_pattern_file("other", 10), O_RDWR);
  must_equal(other, fd); /* the number belongs to something else now */
  use_map(map);
  must_succeed(tome_close(map));
  must_equal(close(other), 0);
  must_be_pattern_file(in_dir("other"), 10);
  must_equal(file_length(path), 2 * PAGE);
}

/* pwrite(2) on a descriptor with O_APPEND appends, whatever its offset says. */
static void an_appending_descriptor_is_written_where_asked(void **state) {
  (void)state;
  if (!system_reopens())
    skip_because("this system cannot open a descriptor anew");
  const char *path = make_pattern_file("file", 2 * PAGE);
  unsigned char *want = new_pattern(0, 2 * PAGE);
  int fd = plain_open(path, O_RDWR | O_APPEND);
  tome *map = open_by_fd(fd, TOME_WRITE);
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_write(map, 100, time ? "again" : "first", 5));
    must_succeed(tome_write(map, PAGE - 2, time ? "again" : "first", 5));
  }
  memcpy(want + 100, "again", 5);
  memcpy(want + PAGE - 2, "again", 5);
  must_succeed(tome_close(map));
  close(fd);
  must_be_file(path, want, 2 * PAGE);
  free(want);
}

static void truncating_works_by_descriptor(void **state) {
  (void)state;
  int fd = plain_open(make_pattern_file("file", 100), O_RDWR);
  tome *map = open_by_fd(fd, TOME_WRITE | TOME_TRUNCATE);
  must_equal(tome_size(map), 0);
  must_equal(file_length(in_dir("file")), 0);
  must_succeed(tome_close(map));
  close(fd);
}

static void parts_work_by_descriptor(void **state) {
  (void)state;
  int fd = plain_open(make_pattern_file("file", 3 * PAGE), O_RDONLY);
  tome_options options = test_options(TOME_READ);
  options.offset = PAGE + 7;
  options.length = PAGE;
  tome *map;
  unsigned char got[64];
  must_succeed(tome_open_fd(&map, fd, TOME_READ, &options));
  close(fd);
  must_equal(tome_size(map), PAGE);
  must_succeed(tome_read(map, PAGE - 64, got, 64));
  must_be_pattern(got, 2 * PAGE + 7 - 64, 64);
  must_succeed(tome_close(map));
}

static void use_as_nobody(void *fd) {
  become_nobody();
  tome *map = open_by_fd(*(int *)fd, TOME_WRITE);
  must_read_pattern(map, 0, PAGE);
  must_succeed(tome_append(map, "x", 1, NULL));
  must_succeed(tome_close(map));
}

static void an_open_descriptor_needs_no_permission_of_its_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("secret", PAGE);
  int fd = plain_open(path, O_RDWR);
  must_equal(fchmod(fd, 0), 0);
  in_child(use_as_nobody, &fd);
  close(fd);
  must_equal(file_length(path), PAGE + 1);
}

static void a_memory_file_is_a_file(void **state) {
  (void)state;
  int fd = memfd_create("unit", MFD_CLOEXEC);
  unsigned char *bytes = new_pattern(0, PAGE + 1);
  must_equal(write(fd, bytes, PAGE + 1), PAGE + 1);
  free(bytes);
  tome *map = open_by_fd(fd, TOME_WRITE);
  close(fd);
  must_equal(tome_size(map), PAGE + 1);
  must_read_pattern(map, 0, PAGE + 1);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_descriptor_must_be_open_for_the_access),
      TEST(a_closed_descriptor_is_badf),
      TEST(flags_about_names_make_no_sense_for_a_descriptor),
      TEST(what_is_no_file_is_refused),
      TEST(the_callers_descriptor_keeps_its_offset_and_flags),
      TEST(a_descriptor_closed_at_once_is_not_missed),
      TEST(an_appending_descriptor_is_written_where_asked),
      TEST(truncating_works_by_descriptor),
      TEST(parts_work_by_descriptor),
      TEST(an_open_descriptor_needs_no_permission_of_its_file),
      TEST(a_memory_file_is_a_file),
  };
  return run_matching(tests, count, arguments);
}
