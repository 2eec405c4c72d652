/* Descriptors that cannot be opened anew, because their file gives nobody permission: the map shares the caller's open file
 * description, its position and its flags. */
#include "emulator_limits.h"
#include "test_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS = 20000, RECORD = 8, PROCESSES = 2 };

static int open_secret(const char *path, int mode) {
  must_equal(chmod(path, 0600), 0);
  int fd = open(path, mode | O_CLOEXEC);
  must_equal(chmod(path, 0), 0);
  return fd;
}

/* The test means nothing if the file can be opened by its descriptor. */
static void must_not_reopen(int fd) {
  char path[64];
  become_nobody();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  must(open(path, O_RDONLY | O_CLOEXEC) < 0);
}

/* ---- appending ---- */

typedef struct author {
  int fd;
  char letter;
} author;

static void make_record(char letter, unsigned number, char *ret_record) {
  char text[RECORD + 1];
  snprintf(text, sizeof text, "%c%06u;", letter, number);
  memcpy(ret_record, text, RECORD);
}

static void append_records(void *context) {
  const author *self = context;
  char record[RECORD];
  must_not_reopen(self->fd);
  tome *map = open_by_fd(self->fd, TOME_WRITE);
  for (unsigned i = 0; i < RECORDS; i++) {
    make_record(self->letter, i, record);
    must_succeed(tome_append(map, record, RECORD, NULL));
  }
  must_succeed(tome_close(map));
}

/* Each author's records in their order, and nothing between them. */
static void must_hold_all_records(const char *bytes, size_t length) {
  unsigned next[PROCESSES] = {0};
  char want[RECORD];
  must_equal(length, (size_t)PROCESSES * RECORDS * RECORD);
  for (size_t at = 0; at < length; at += RECORD) {
    note("at %zu", at);
    unsigned who = (unsigned)(bytes[at] - 'a');
    must(who < PROCESSES);
    make_record(bytes[at], next[who]++, want);
    must_be_bytes(bytes + at, want, RECORD);
  }
}

static void must_append_together(const int fds[PROCESSES], const char *path) {
  pid_t children[PROCESSES];
  author authors[PROCESSES];
  for (int i = 0; i < PROCESSES; i++) {
    authors[i] = (author){fds[i], (char)('a' + i)};
    children[i] = start_child(append_records, &authors[i]);
  }
  for (int i = 0; i < PROCESSES; i++)
    finish_child(children[i]);
  size_t length;
  must_equal(chmod(path, 0600), 0);
  char *bytes = read_file(path, &length);
  must_hold_all_records(bytes, length);
  free(bytes);
}

static void appends_through_two_descriptors_are_all_there(void **state) {
  (void)state;
  needs_writes_at_end();
  const char *path = make_file("log", "", 0);
  int fds[PROCESSES];
  for (int i = 0; i < PROCESSES; i++)
    fds[i] = open_secret(path, O_RDWR);
  must_append_together(fds, path);
  for (int i = 0; i < PROCESSES; i++)
    must_equal(close(fds[i]), 0);
}

static void appends_through_one_shared_descriptor_are_all_there(void **state) {
  (void)state;
  needs_writes_at_end();
  const char *path = make_file("log", "", 0);
  int fd = open_secret(path, O_RDWR);
  const int fds[PROCESSES] = {fd, fd};
  must_append_together(fds, path);
  must_equal(lseek(fd, 0, SEEK_CUR), 0);
  must_equal(close(fd), 0);
}

/* ---- flags that would change what a call does ---- */

static void use_appending(void *context) {
  int fd = *(int *)context;
  must_not_reopen(fd);
  must_equal(try_fd(fd, TOME_WRITE), TOME_ENOTSUP);
  must_equal(try_fd(fd, TOME_WRITE | TOME_GROW | TOME_SPARSE), TOME_ENOTSUP);
  must_equal(try_fd(fd, TOME_WRITE | TOME_TRUNCATE), TOME_ENOTSUP);
  must_equal(tome_error_last()->code, TOME_ENOTSUP);
  tome *map = open_by_fd(fd, TOME_READ);
  must_read_pattern(map, 0, 2 * PAGE);
  must_succeed(tome_close(map));
}

static void an_appending_descriptor_is_refused_for_writing_only(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  int fd = open_secret(path, O_RDWR | O_APPEND);
  in_child(use_appending, &fd);
  must_equal(close(fd), 0);
  must_equal(chmod(path, 0600), 0);
  must_be_pattern_file(path, 2 * PAGE);
}

static void use_direct(void *context) {
  int fd = *(int *)context;
  must_not_reopen(fd);
  must_equal(try_fd(fd, TOME_WRITE), TOME_ENOTSUP);
  must_equal(try_fd(fd, TOME_READ), TOME_ENOTSUP);
}

static void a_descriptor_that_wants_alignment_is_refused(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  int fd = open_secret(path, O_RDWR | O_DIRECT);
  if (fd < 0)
    skip_because("this file system knows no O_DIRECT");
  in_child(use_direct, &fd);
  must_equal(close(fd), 0);
  must_equal(chmod(path, 0600), 0);
  must_be_pattern_file(path, 2 * PAGE);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(appends_through_two_descriptors_are_all_there),
      TEST(appends_through_one_shared_descriptor_are_all_there),
      TEST(an_appending_descriptor_is_refused_for_writing_only),
      TEST(a_descriptor_that_wants_alignment_is_refused),
  };
  return run_matching(tests, count, arguments);
}
