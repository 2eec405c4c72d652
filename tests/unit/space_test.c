/* No space, and other limits: a call that does not fit fails with its reason and leaves the file as it was.
 *
 * A full disk is a tmpfs of 1 MiB, see test_disk.c. */
#include "emulator_limits.h"
#include "test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEBI ((size_t)1 << 20)

static void on_small_disk(disk_test *body) {
  on_disk(DISK_SMALL, body);
}

static void must_be_unchanged(tome *map, const char *path, size_t size) {
  must_equal(tome_size(map), size);
  must_read_pattern(map, 0, size);
  must_be_pattern_file(path, size);
}

/* ---- growing on a full disk ---- */

static const uint32_t growing[] = {TOME_WRITE | TOME_GROW, TOME_WRITE | TOME_GROW | TOME_SPARSE};

static void append_too_much(void) {
  const size_t size = 3 * PAGE + 5;
  const char *path = make_pattern_file("disk/file", size);
  leave_free(4);
  void *bytes = new_pattern(size, 2 * MEBI);
  for (int i = 0; i < 2; i++) {
    uint64_t at = 77;
    tome *map = open_map(path, growing[i]);
    must_fail(tome_append(map, bytes, 2 * MEBI, &at), TOME_ENOSPC);
    must_fail(tome_append(map, bytes, 6 * PAGE, &at), TOME_ENOSPC);
    must_equal(at, 77);
    must_be_unchanged(map, path, size);
    must_succeed(tome_append(map, bytes, 2 * PAGE, &at));
    must_be_unchanged(map, path, size + 2 * PAGE);
    must_succeed(tome_resize(map, size));
    must_succeed(tome_close(map));
    must_be_pattern_file(path, size);
  }
}

static void an_append_that_does_not_fit_is_nospc_and_adds_nothing(void **state) {
  (void)state;
  on_small_disk(append_too_much);
}

static void append_until_full(void) {
  const char *path = make_file("disk/file", "", 0);
  leave_free(20);
  tome *map = open_map(path, TOME_WRITE);
  size_t end = 0, step = 1500;
  for (;;) {
    void *bytes = new_pattern(end, step);
    int result = tome_append(map, bytes, step, NULL);
    free(bytes);
    if (result != 0)
      break;
    end += step;
  }
  must_equal(tome_error_last()->code, TOME_ENOSPC);
  must(end > 18 * PAGE && end <= 20 * PAGE);
  must_be_unchanged(map, path, end);
  must_equal(unlink(in_dir("disk/filler")), 0);
  void *bytes = new_pattern(end, step);
  must_succeed(tome_append(map, bytes, step, NULL));
  free(bytes);
  must_be_unchanged(map, path, end + step);
  must_succeed(tome_close(map));
}

static void appending_until_full_leaves_what_was_appended_and_goes_on_later(void **state) {
  (void)state;
  on_small_disk(append_until_full);
}

static void resize_too_much(void) {
  const size_t size = 3 * PAGE + 5;
  const char *path = make_pattern_file("disk/file", size);
  leave_free(4);
  tome *map = open_map(path, TOME_WRITE);
  uint64_t allocated = file_allocated(path);
  must_fail(tome_resize(map, 2 * MEBI), TOME_ENOSPC);
  must_fail(tome_resize(map, 9 * PAGE), TOME_ENOSPC);
  must_be_unchanged(map, path, size);
  must_equal(file_allocated(path), allocated);
  must_succeed(tome_resize(map, 6 * PAGE));
  must_succeed(tome_resize(map, size));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, size);
}

static void a_resize_that_does_not_fit_is_nospc_and_changes_nothing(void **state) {
  (void)state;
  on_small_disk(resize_too_much);
}

/* ---- a neighbour appends while a resize fails ---- */

enum { RECORDS = 30000, RECORD = 8 };

static void make_record(unsigned number, char *ret_record) {
  char text[RECORD + 1];
  snprintf(text, sizeof text, "%07u;", number);
  memcpy(ret_record, text, RECORD);
}

/* By plain writes, each repeated until there is room: the resize may hold all of it for a moment. */
static void append_plainly(void *path) {
  char record[RECORD];
  int fd = open(path, O_WRONLY | O_APPEND);
  for (unsigned i = 0; i < RECORDS; i++) {
    make_record(i, record);
    ssize_t n;
    while ((n = write(fd, record, RECORD)) < 0)
      must_equal(errno, ENOSPC);
    must_equal(n, RECORD);
  }
  close(fd);
}

static void must_hold_records_behind(const char *path, size_t start) {
  size_t length;
  char record[RECORD], *bytes = read_file(path, &length);
  must_be_pattern(bytes, 0, start);
  for (unsigned i = 0; i < RECORDS; i++) {
    note("record %u", i);
    make_record(i, record);
    must(start + (i + 1) * (size_t)RECORD <= length);
    must_be_bytes(bytes + start + i * (size_t)RECORD, record, RECORD);
  }
  must_equal(length, start + (size_t)RECORDS * RECORD);
  free(bytes);
}

static void resize_beside_appender(void) {
  char path[512];
  strcpy(path, make_pattern_file("disk/file", PAGE));
  tome *map = open_map(path, TOME_WRITE);
  pid_t child = start_child(append_plainly, path);
  siginfo_t end = {0};
  while (end.si_pid == 0) {
    must_succeed(tome_refresh(map));
    must_fail(tome_resize(map, 64 * MEBI), TOME_ENOSPC);
    must_equal(waitid(P_PID, (id_t)child, &end, WEXITED | WNOHANG | WNOWAIT), 0);
  }
  finish_child(child);
  must_succeed(tome_close(map));
  must_hold_records_behind(path, PAGE);
}

static void a_resize_that_does_not_fit_cuts_nothing_that_others_append(void **state) {
  (void)state;
  on_small_disk(resize_beside_appender);
}

/* ---- sparse growth ---- */

static void resize_sparse(void) {
  const char *path = make_pattern_file("disk/file", PAGE);
  leave_free(0);
  tome *map = open_map(path, TOME_WRITE | TOME_SPARSE);
  must_succeed(tome_resize(map, 100 * MEBI));
  must_read_pattern(map, 0, PAGE);
  must_fail(tome_write(map, 50 * MEBI, "x", 1), TOME_ENOSPC);
  must_succeed(tome_resize(map, PAGE));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, PAGE);
}

static void a_sparse_resize_needs_no_space(void **state) {
  (void)state;
  on_small_disk(resize_sparse);
}

static void write_too_far(void) {
  const size_t size = 3 * PAGE + 5;
  const char *path = make_pattern_file("disk/file", size);
  leave_free(4);
  void *bytes = calloc(1, 8 * PAGE);
  for (int i = 0; i < 2; i++) {
    tome *map = open_map(path, growing[i]);
    must_fail(tome_write(map, size, bytes, 6 * PAGE), TOME_ENOSPC);
    must_fail(tome_write(map, PAGE, bytes, 8 * PAGE), TOME_ENOSPC);
    if ((growing[i] & TOME_SPARSE) == 0)
      must_fail(tome_write(map, 2 * MEBI, bytes, 1), TOME_ENOSPC);
    must_be_unchanged(map, path, size);
    must_succeed(tome_close(map));
  }
  free(bytes);
  must_be_pattern_file(path, size);
}

static void a_growing_write_that_does_not_fit_is_nospc_and_changes_nothing(void **state) {
  (void)state;
  on_small_disk(write_too_far);
}

/* ---- holes on a full disk ---- */

static void store_into_hole(void) {
  const size_t size = 64 * PAGE;
  const char *path = make_hole("disk/file", size);
  must_equal(file_allocated(path), 0);
  leave_free(4);
  char *bytes = malloc(size);
  memset(bytes, 'x', size);
  tome_view view;
  tome *map = open_map(path, TOME_WRITE);
  must_fail(tome_write(map, 10, bytes, 10 * PAGE), TOME_ENOSPC);
  must_fail(tome_write(map, 0, bytes, size), TOME_ENOSPC);
  must_fail(tome_fill(map, PAGE, 20 * PAGE, 'x'), TOME_ENOSPC);
  must_fail(tome_fill(map, 0, TOME_END, 'x'), TOME_ENOSPC);
  must_fail(tome_view_begin(map, 3, 30 * PAGE, TOME_VIEW_WRITE, &view), TOME_ENOSPC);
  must_be_hole(path, 0, size);
  must_equal(tome_size(map), size);
  must_succeed(tome_close(map));
  memset(bytes, 0, size);
  must_be_file(path, bytes, size);
  free(bytes);
}

static void a_store_into_a_hole_without_space_is_nospc_and_stores_nothing(void **state) {
  (void)state;
  on_small_disk(store_into_hole);
}

static void move_into_hole(void) {
  const char *path = make_pattern_file("disk/file", 10 * PAGE);
  must_equal(truncate(path, (off_t)(64 * PAGE)), 0);
  leave_free(4);
  tome *map = open_map(path, TOME_WRITE);
  must_fail(tome_move(map, 20 * PAGE, 0, 10 * PAGE), TOME_ENOSPC);
  must_be_hole(path, 20 * PAGE, 10 * PAGE);
  must_read_pattern(map, 0, 10 * PAGE);
  must_succeed(tome_close(map));
}

static void a_move_into_a_hole_without_space_is_nospc(void **state) {
  (void)state;
  on_small_disk(move_into_hole);
}

/* The hole is not there when the map is opened. */
static void store_into_adopted_hole(void) {
  const char *path = make_pattern_file("disk/file", PAGE);
  void *bytes = new_pattern(0, 10 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  must_read_pattern(map, 0, PAGE);
  truncate_elsewhere(path, 200 * PAGE);
  leave_free(4);
  must_fail(tome_write(map, 2 * PAGE, bytes, 10 * PAGE), TOME_ENOSPC);
  must_be_hole(path, PAGE, 199 * PAGE);
  must_read_pattern(map, 0, PAGE);
  must_equal(file_length(path), 200 * PAGE);
  must_succeed(tome_close(map));
  free(bytes);
}

static void a_store_into_a_hole_adopted_only_now_is_nospc_and_stores_nothing(void **state) {
  (void)state;
  on_small_disk(store_into_adopted_hole);
}

static void store_where_blocks_were_given_back(void) {
  const size_t size = 64 * PAGE;
  const char *path = make_pattern_file("disk/file", size);
  void *bytes = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE | TOME_SPARSE);
  must_succeed(tome_write(map, 0, bytes, size));
  must_succeed(tome_resize(map, 0));
  must_succeed(tome_resize(map, size));
  leave_free(4);
  must_fail(tome_write(map, 0, bytes, 10 * PAGE), TOME_ENOSPC);
  must_be_hole(path, 0, size);
  must_succeed(tome_write(map, 0, bytes, PAGE));
  must_read_pattern(map, 0, PAGE);
  must_succeed(tome_close(map));
  free(bytes);
}

static void a_store_where_blocks_were_given_back_is_nospc_and_stores_nothing(void **state) {
  (void)state;
  on_small_disk(store_where_blocks_were_given_back);
}

static void overwrite_when_full(void) {
  const size_t size = 20 * PAGE;
  const char *path = make_pattern_file("disk/file", size);
  leave_free(0);
  void *bytes = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_fill(map, 0, TOME_END, 0));
  must_succeed(tome_write(map, 0, bytes, size));
  tome_view view = begin_view(map, 0, size, TOME_VIEW_WRITE);
  memcpy(view.data, bytes, size);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, size);
  free(bytes);
}

static void bytes_that_have_blocks_are_overwritten_on_a_full_disk(void **state) {
  (void)state;
  on_small_disk(overwrite_when_full);
}

static void store_through_sparse_view(void) {
  signal(SIGBUS, SIG_DFL);
  const char *path = make_hole("disk/file", 8 * PAGE);
  leave_free(0);
  tome *map = open_map(path, TOME_WRITE | TOME_SPARSE);
  tome_view view = begin_view(map, 0, 8 * PAGE, TOME_VIEW_WRITE);
  ((volatile char *)view.data)[3 * PAGE] = 'x';
  must_fail(tome_view_end(&view), TOME_ELOST);
  must(tome_error_last()->offset <= 3 * PAGE);
  must(tome_error_last()->offset + tome_error_last()->length > 3 * PAGE);
  must_be_hole(path, 0, 8 * PAGE);
  must_succeed(tome_close(map));
}

static void a_sparse_views_store_without_space_is_lost_and_nobody_dies(void **state) {
  (void)state;
  on_small_disk(store_through_sparse_view);
}

/* ---- a read-only file system ---- */

static void open_read_only_disk(void) {
  const char *path = make_pattern_file("disk/file", 100);
  if (mount("none", in_dir("disk"), NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
    exit_unable("the tmpfs cannot be made read-only");
  must_equal(try_open(path, TOME_WRITE), TOME_EREADONLY);
  must_equal(try_open(in_dir("disk/new"), TOME_WRITE | TOME_CREATE), TOME_EREADONLY);
  must_equal(try_open(path, TOME_READ), 0);
  must_equal(try_open(path, TOME_COPY), 0);
}

static void a_read_only_file_system_refuses_writers_only(void **state) {
  (void)state;
  on_small_disk(open_read_only_disk);
}

/* ---- limits of the process ---- */

static void grow_past_limit(void *context) {
  const char *path = context;
  const size_t limit = 16 * PAGE, size = limit - PAGE / 2;
  struct rlimit file_size = {limit, limit};
  void *bytes = new_pattern(size, 4 * PAGE);
  must_equal(setrlimit(RLIMIT_FSIZE, &file_size), 0);
  must(signal(SIGXFSZ, SIG_DFL) != SIG_ERR);
  for (int i = 0; i < 2; i++) {
    uint64_t at = 77;
    tome *map = open_map(path, growing[i]);
    must_fail(tome_append(map, bytes, PAGE, &at), TOME_EFBIG);
    must_fail(tome_append(map, bytes, 4 * PAGE, &at), TOME_EFBIG);
    must_fail(tome_write(map, size, bytes, PAGE), TOME_EFBIG);
    must_fail(tome_write(map, size - 10, bytes, PAGE), TOME_EFBIG);
    must_fail(tome_write(map, 20 * PAGE, bytes, 1), TOME_EFBIG);
    must_fail(tome_resize(map, limit + 1), TOME_EFBIG);
    must_equal(at, 77);
    must_be_unchanged(map, path, size);
    must_succeed(tome_append(map, bytes, PAGE / 2, &at));
    must_fail(tome_append(map, bytes, 1, &at), TOME_EFBIG);
    must_succeed(tome_resize(map, size));
    must_succeed(tome_close(map));
  }
  free(bytes);
}

static void growing_past_the_limit_of_the_process_is_fbig_without_a_signal(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_pattern_file("file", 16 * PAGE - PAGE / 2));
  in_child(grow_past_limit, path);
  must_be_pattern_file(path, 16 * PAGE - PAGE / 2);
}

static unsigned limit_signals;

static void count_limit_signal(int number) {
  (void)number;
  limit_signals++;
}

static void look_at_signals(void *context) {
  struct rlimit file_size = {PAGE, PAGE};
  sigset_t mask, pending;
  must_equal(setrlimit(RLIMIT_FSIZE, &file_size), 0);
  signal(SIGXFSZ, count_limit_signal);
  tome *map = open_map(context, TOME_WRITE);
  must_fail(tome_append(map, "xx", 2, NULL), TOME_EFBIG);
  must_fail(tome_resize(map, 2 * PAGE), TOME_EFBIG);
  must_equal(limit_signals, 0);
  must_equal(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
  must(!sigismember(&mask, SIGXFSZ));
  must_equal(sigpending(&pending), 0);
  must(!sigismember(&pending, SIGXFSZ));
  must(signal(SIGXFSZ, SIG_DFL) == count_limit_signal);
  must_succeed(tome_close(map));
}

static void the_signal_of_the_limit_stays_the_programs_own(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_pattern_file("file", PAGE - 1));
  in_child(look_at_signals, path);
}

static void use_in_little_address_space(void *context) {
  const uint64_t size = UINT64_C(1) << 30;
  struct rlimit limit;
  limit.rlim_cur = limit.rlim_max = address_space() + 48 * MEBI;
  must_equal(setrlimit(RLIMIT_AS, &limit), 0);
  tome *map = open_map(context, TOME_WRITE | TOME_GROW);
  must_equal(tome_size(map), size);
  for (uint64_t i = 0; i < 64; i++) {
    char bytes[100], got[100];
    uint64_t offset = i * (size / 64) + i * 1001;
    fill_pattern(bytes, offset, sizeof bytes);
    must_succeed(tome_write(map, offset, bytes, sizeof bytes));
    for (int time = 0; time < 2; time++) {
      must_succeed(tome_read(map, offset, got, sizeof got));
      must_be_pattern(got, offset, sizeof got);
    }
  }
  uint64_t at;
  char needle[16];
  fill_pattern(needle, 63 * (size / 64) + 63 * 1001, sizeof needle);
  must_return(tome_find(map, needle, sizeof needle, size / 32 * 31, TOME_END, &at), 1);
  must_equal(at, 63 * (size / 64) + 63 * 1001);
  tome_view view = begin_view(map, size / 64 + 1001, 100, TOME_VIEW_READ);
  must_be_pattern(view.data, size / 64 + 1001, 100);
  must_succeed(tome_append(map, "end", 3, &at));
  must_equal(at, size);
  must_succeed(tome_view_end(&view));
  tome_view all;
  must_fail(tome_view_begin(map, 0, size, TOME_VIEW_READ, &all), TOME_ENOMEM);
  must_succeed(tome_close(map));
}

static void a_file_larger_than_the_address_space_is_used_through_windows(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer needs terabytes of address space");
  needs_address_limit();
  char path[512];
  strcpy(path, make_hole("file", UINT64_C(1) << 30));
  in_child(use_in_little_address_space, path);
}

enum { MAPS = 10 };

static void open_many_in_little_address_space(void *context) {
  struct rlimit limit = {(rlim_t)1 << 30, (rlim_t)1 << 30};
  must_equal(setrlimit(RLIMIT_AS, &limit), 0);
  tome *maps[MAPS];
  for (int i = 0; i < MAPS; i++)
    maps[i] = open_map(context, TOME_WRITE | TOME_GROW);
  void *rest = malloc((size_t)512 << 20);
  must(rest != NULL);
  free(rest);
  for (int i = 0; i < MAPS; i++)
    must_succeed(tome_close(maps[i]));
}

static void maps_leave_half_of_a_little_address_space_to_the_program(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer needs terabytes of address space");
  needs_address_limit();
  char path[512];
  strcpy(path, make_pattern_file("file", 3 * PAGE));
  in_child(open_many_in_little_address_space, path);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(an_append_that_does_not_fit_is_nospc_and_adds_nothing),
      TEST(appending_until_full_leaves_what_was_appended_and_goes_on_later),
      TEST(a_resize_that_does_not_fit_is_nospc_and_changes_nothing),
      TEST(a_resize_that_does_not_fit_cuts_nothing_that_others_append),
      TEST(a_sparse_resize_needs_no_space),
      TEST(a_growing_write_that_does_not_fit_is_nospc_and_changes_nothing),
      TEST(a_store_into_a_hole_without_space_is_nospc_and_stores_nothing),
      TEST(a_move_into_a_hole_without_space_is_nospc),
      TEST(a_store_into_a_hole_adopted_only_now_is_nospc_and_stores_nothing),
      TEST(a_store_where_blocks_were_given_back_is_nospc_and_stores_nothing),
      TEST(bytes_that_have_blocks_are_overwritten_on_a_full_disk),
      TEST(a_sparse_views_store_without_space_is_lost_and_nobody_dies),
      TEST(a_read_only_file_system_refuses_writers_only),
      TEST(growing_past_the_limit_of_the_process_is_fbig_without_a_signal),
      TEST(the_signal_of_the_limit_stays_the_programs_own),
      TEST(a_file_larger_than_the_address_space_is_used_through_windows),
      TEST(maps_leave_half_of_a_little_address_space_to_the_program),
  };
  return run_matching(tests, count, arguments);
}
