/* Stores, views and close: what others do between two system calls of one operation. */
#include "meanwhile.h"
#include "system_abilities.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- blocks behind the end ---- */

static void write_there(tome *map, size_t length) {
  char *data = calloc(1, length);
  must_fail(tome_write(map, 0, data, length), TOME_ELOST);
  free(data);
}

static void move_there(tome *map, size_t length) {
  must_fail(tome_move(map, length / 2, 0, length / 2), TOME_ELOST);
}

static void view_there(tome *map, size_t length) {
  tome_view view = begin_view(map, 0, length, TOME_VIEW_WRITE);
  must_fail(tome_view_end(&view), TOME_ELOST);
}

static void must_leave_no_blocks(uint32_t flags, void store_there(tome *, size_t)) {
  size_t length = 2 * MIB;
  tome *map = open_map(make_hole(name, 0), flags);
  must_succeed(tome_resize(map, length));
  must(file_allocated(path()) >= length);
  cut_it_to(0);
  store_there(map, length);
  must_equal(file_length(path()), 0);
  must(file_allocated(path()) <= PAGE);
  tome_close(map);
  must(file_allocated(path()) <= PAGE);
}

static void store_where_it_was_cut(void) {
  const uint32_t flags[] = {TOME_WRITE, TOME_WRITE | TOME_GROW};
  for (int i = 0; i < 2; i++) {
    must_leave_no_blocks(flags[i], write_there);
    must_leave_no_blocks(flags[i], move_there);
    must_leave_no_blocks(flags[i], view_there);
  }
}

static void a_store_where_the_file_was_cut_leaves_no_blocks_behind_its_end(void **state) {
  (void)state;
  everywhere(store_where_it_was_cut);
}

/* ---- the limit on the size of files ---- */

static void view_what_was_cut_past_the_limit(void) {
  tome_view view;
  tome *map = open_map(make_hole(name, 1 * MIB), TOME_WRITE);
  cut_it_to(0);
  limit_files_to(256 * KIB);
  int r = tome_view_begin(map, 512 * KIB, PAGE, TOME_VIEW_WRITE, &view);
  limit_files_to(RLIM_INFINITY);
  must_succeed(r);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_equal(file_length(path()), 0);
  tome_close(map);
}

static void a_view_of_what_was_cut_past_the_limit_raises_no_signal(void **state) {
  (void)state;
  everywhere(view_what_was_cut_past_the_limit);
}

/* ---- a refresh that saw the file cut ---- */

static tome *refreshed;

/* Another thread, which asked for the size before the view was asked for, believes it afterwards. */
static int fallocate_beside_a_late_refresh(int fd, int mode, off_t offset, off_t length) {
  tome__os_calls.fallocate = real.fallocate;
  cut_it_to(PAGE);
  must_succeed(tome_refresh(refreshed));
  must_equal(tome_size(refreshed), PAGE);
  must_equal(truncate(path(), 16 * PAGE), 0);
  return real.fallocate(fd, mode, offset, length);
}

static void view_beside_a_late_refresh(void) {
  refreshed = open_map(make_hole(name, 16 * PAGE), TOME_WRITE);
  real = tome__os_calls;
  tome__os_calls.fallocate = fallocate_beside_a_late_refresh;
  tome_view view = begin_view(refreshed, 10 * PAGE, PAGE, TOME_VIEW_WRITE);
  must(tome__os_calls.fallocate == real.fallocate);
  memset(view.data, 'x', PAGE);
  must_succeed(tome_view_end(&view));
  must_equal(tome_size(refreshed), 16 * PAGE);
  must_succeed(tome_close(refreshed));
}

static void a_view_of_what_a_late_refresh_believes_cut_is_begun_all_the_same(void **state) {
  (void)state;
  everywhere(view_beside_a_late_refresh);
}

/* ---- a server that is gone ---- */

static int fstat_of_the_gone(int fd, struct stat *status) {
  (void)fd, (void)status;
  errno = answer;
  return -1;
}

static void close_what_cannot_be_asked(int system, int code) {
  tome *map = open_stored(TOME_WRITE, 10000);
  cut_it_to(100);
  real = tome__os_calls;
  answer = system;
  tome__os_calls.fstat = fstat_of_the_gone;
  must_fail(tome_close(map), code);
  must_equal(tome_error_last()->system, system);
  tome__os_calls = real;
}

static void close_beside_a_gone_server(void) {
  close_what_cannot_be_asked(ESTALE, TOME_ESYSTEM);
  close_what_cannot_be_asked(EIO, TOME_EIO);
}

static void close_says_so_when_the_file_cannot_be_asked(void **state) {
  (void)state;
  everywhere(close_beside_a_gone_server);
}

/* ---- the handler of lost pages, which waits for the size ---- */

static _Thread_local int waits_for_the_size;
static atomic_int asked, may_be_told;

static int slow_fstat(int fd, struct stat *status) {
  int result = real.fstat(fd, status);
  if (waits_for_the_size) {
    waits_for_the_size = 0;
    asked = 1;
    while (!may_be_told)
      usleep(100);
  }
  return result;
}

static void *touch_what_was_cut(void *view) {
  const volatile char *data = ((const tome_view *)view)->data;
  waits_for_the_size = 1;
  must_equal(data[5 * PAGE], 0);
  return NULL;
}

/* Stores through a view over what was appended, one half before the handler was told the size, one after. */
static void store_around_the_answer(tome *map, pthread_t faulting) {
  char *got = malloc(2 * PAGE), *want = malloc(2 * PAGE);
  tome_view view = begin_view(map, 100000, 2 * PAGE, TOME_VIEW_WRITE);
  memset(view.data, '1', PAGE);
  may_be_told = 1;
  must_equal(pthread_join(faulting, NULL), 0);
  memset((char *)view.data + PAGE, '2', PAGE);
  must_succeed(tome_view_end(&view));
  memset(want, '1', PAGE);
  memset(want + PAGE, '2', PAGE);
  read_plainly(100000, got, 2 * PAGE);
  must_be_bytes(got, want, 2 * PAGE);
  must_succeed(tome_read(map, 100000, got, 2 * PAGE));
  must_be_bytes(got, want, 2 * PAGE);
  free(got);
  free(want);
}

static void append_beside_a_fault(void) {
  uint64_t at;
  pthread_t faulting;
  void *data = new_pattern(0, 200000);
  tome *map = open_map(make_hole(name, 16 * PAGE), TOME_WRITE);
  tome_view torn = begin_view(map, 0, 16 * PAGE, TOME_VIEW_READ);
  cut_it_to(PAGE);
  real = tome__os_calls;
  tome__os_calls.fstat = slow_fstat;
  must_equal(pthread_create(&faulting, NULL, touch_what_was_cut, &torn), 0);
  while (!asked)
    usleep(100);
  must_succeed(tome_append(map, data, 200000, &at));
  must_equal(at, PAGE);
  store_around_the_answer(map, faulting);
  tome__os_calls = real;
  must_fail(tome_view_end(&torn), TOME_ELOST);
  must_succeed(tome_close(map));
  free(data);
}

static void what_is_appended_while_a_fault_asks_for_the_size_keeps_its_stores(void **state) {
  (void)state;
  everywhere(append_beside_a_fault);
}

/* ---- a description that is the caller's ---- */

static int openat_without_proc(int at, const char *file, int flags, mode_t mode) {
  if (strncmp(file, "/proc/self/fd/", 14) != 0)
    return real.openat(at, file, flags, mode);
  refuse();
  return -1;
}

static tome *open_borrowing(int fd) {
  tome *map;
  tome_options options = test_options(TOME_WRITE | TOME_GROW);
  real = tome__os_calls;
  answer = EACCES;
  tome__os_calls.openat = openat_without_proc;
  must_succeed(tome_open_fd(&map, fd, TOME_WRITE | TOME_GROW, &options));
  tome__os_calls = real;
  must(refusals > 0);
  return map;
}

static void store_through_what_appends(void) {
  size_t part = 256 * KIB;
  char *want = new_pattern(0, 3 * part);
  int fd = open(make_pattern_file(name, 3 * part), O_RDWR);
  tome *map = open_borrowing(fd);
  must_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
  must_succeed(tome_move(map, 2 * part, 0, part));
  memcpy(want + 2 * part, want, part);
  memset(want, 'n', part);
  must_succeed(tome_write(map, 0, want, part));
  must_succeed(tome_fill(map, part, part, 'f'));
  memset(want + part, 'f', part);
  must_be_file(path(), want, 3 * part);
  must_succeed(tome_close(map));
  close(fd);
  free(want);
}

static void large_stores_overwrite_also_where_the_descriptor_appends_by_now(void **state) {
  (void)state;
  if (!system_reopens())
    skip_because("this system cannot open a descriptor anew");
  everywhere(store_through_what_appends);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_store_where_the_file_was_cut_leaves_no_blocks_behind_its_end),
      TEST(a_view_of_what_was_cut_past_the_limit_raises_no_signal),
      TEST(a_view_of_what_a_late_refresh_believes_cut_is_begun_all_the_same),
      TEST(close_says_so_when_the_file_cannot_be_asked),
      TEST(what_is_appended_while_a_fault_asks_for_the_size_keeps_its_stores),
      TEST(large_stores_overwrite_also_where_the_descriptor_appends_by_now),
  };
  return run_matching(tests, count, arguments);
}
