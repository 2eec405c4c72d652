/* A growing file: what others append or cut away between two system calls of one operation, and what the system answers there. */
#include "meanwhile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- moments ---- */

typedef void others_act(void);

/* The others act right before or right after the size of the file is told for the nth time. */
static struct {
  enum { BEFORE_IT_IS_TOLD, AFTER_IT_WAS_TOLD } when;
  int nth, told;
  others_act *act;
} moment;

static int fstat_with_others(int fd, struct stat *status) {
  int now = ++moment.told == moment.nth;
  if (now && moment.when == BEFORE_IT_IS_TOLD)
    moment.act();
  int result = real.fstat(fd, status);
  if (now && moment.when == AFTER_IT_WAS_TOLD)
    moment.act();
  return result;
}

static void others_begin(void) {
  moment.told = 0;
  tome__os_calls.fstat = fstat_with_others;
}

static void others_stop(void) {
  tome__os_calls.fstat = real.fstat;
}

/* One operation, between others_begin() and others_stop(), and what must hold after it, whether or not the others came. */
typedef void operation(void);

static int they_came(void) {
  return moment.told >= moment.nth;
}

/* Again and again, with the others coming one question later each time, until the operation has ended before. */
static void at_every_moment(int when, others_act *act, operation *body) {
  real = tome__os_calls;
  moment.when = when;
  moment.act = act;
  moment.nth = 0;
  do {
    note("the others come at question %d for the size", ++moment.nth);
    body();
  } while (they_came());
  must(moment.nth > 2);
  tell_figure("moments at which others came", (uint64_t)moment.nth - 1);
}

static char record[64];
static uint64_t landed;

static void append_a_record(void) {
  memset(record, 'B', sizeof record);
  int fd = open(path(), O_WRONLY | O_APPEND);
  must(fd >= 0);
  must_equal(write(fd, record, sizeof record), sizeof record);
  landed = (uint64_t)lseek(fd, 0, SEEK_CUR) - sizeof record;
  close(fd);
}

static void cut_all_of_it(void) {
  cut_it_to(0);
}

static void must_hold_the_record(void) {
  char got[sizeof record];
  read_plainly(landed, got, sizeof got);
  must_be_bytes(got, record, sizeof got);
}

/* ---- growing beside appends and cuts ---- */

/* The last page is looked at once a cut was noted. */
static void resize_beside_an_append(void) {
  tome *map = open_stored(TOME_WRITE, PAGE + 1000);
  cut_it_to(100);
  must_succeed(tome_refresh(map));
  others_begin();
  must_succeed(tome_resize(map, 3 * PAGE));
  others_stop();
  if (they_came())
    must_hold_the_record();
  must_fail(tome_check(map, NULL), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void resize_at_every_moment(void) {
  at_every_moment(AFTER_IT_WAS_TOLD, append_a_record, resize_beside_an_append);
}

/* The page is not clean, so there is something to clear; but by then it is not behind the end any more. */
static void resize_over_stores_beside_an_append(void) {
  tome *map = open_stored(TOME_WRITE, PAGE);
  tome_view view = begin_view(map, 0, PAGE, TOME_VIEW_WRITE);
  cut_it_to(100);
  ((char *)view.data)[2000] = 'v';
  real = tome__os_calls;
  moment.when = AFTER_IT_WAS_TOLD;
  moment.nth = 1;
  moment.act = append_a_record;
  others_begin();
  must_succeed(tome_resize(map, 3 * PAGE));
  others_stop();
  must(they_came());
  must_hold_the_record();
  tome_view_end(&view);
  must_fail(tome_check(map, NULL), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void what_is_appended_while_stores_behind_the_end_are_cleared_is_kept(void **state) {
  (void)state;
  everywhere(resize_over_stores_beside_an_append);
}

static void what_is_appended_while_a_resize_grows_the_file_is_kept(void **state) {
  (void)state;
  everywhere(resize_at_every_moment);
}

static void write_beside_a_cut(void) {
  tome *map = open_stored(TOME_WRITE | TOME_GROW, 10000);
  char data[100] = "new";
  others_begin();
  must_succeed(tome_write(map, 10000, data, sizeof data));
  others_stop();
  if (they_came()) {
    must_fail(tome_check(map, NULL), TOME_ELOST);
    must_equal(tome_error_last()->offset, 0);
    must(tome_error_last()->length >= 10000);
  }
  must_succeed(tome_close(map));
}

static void write_at_every_moment(void) {
  at_every_moment(BEFORE_IT_IS_TOLD, cut_all_of_it, write_beside_a_cut);
}

static void a_cut_between_the_halves_of_a_growing_write_is_told(void **state) {
  (void)state;
  everywhere(write_at_every_moment);
}

/* The gap is larger than the tmpfs: never to be tried on a disk that others use. */
static void be_refused_beside_an_append(void) {
  make_pattern_file(name, 5000);
  tome *map = open_map(path(), TOME_WRITE | TOME_GROW);
  others_begin();
  must_fail(tome_write(map, 64 * MIB, "x", 1), TOME_ENOSPC);
  others_stop();
  must_equal(file_length(path()), they_came() ? 5000 + sizeof record : 5000);
  if (they_came())
    must_hold_the_record();
  must_succeed(tome_close(map));
}

static void refuse_at_every_moment(void) {
  at_every_moment(AFTER_IT_WAS_TOLD, append_a_record, be_refused_beside_an_append);
}

static void a_write_refused_for_want_of_space_cuts_off_nothing_that_others_append(void **state) {
  (void)state;
  on_a_tmpfs(refuse_at_every_moment);
}

/* ---- a system that is always busy ---- */

static ssize_t busy_pwrite(int fd, const void *from, size_t n, off_t at) {
  (void)fd, (void)from, (void)n, (void)at;
  refuse();
  return -1;
}

static int busy_fallocate(int fd, int mode, off_t offset, off_t n) {
  (void)fd, (void)mode, (void)offset, (void)n;
  refuse();
  return -1;
}

static void be_busy(void) {
  real = tome__os_calls;
  refusals = 0;
  tome__os_calls.pwrite = busy_pwrite;
  tome__os_calls.fallocate = busy_fallocate;
}

static void be_as_before(void) {
  tome__os_calls = real;
  must(refusals > 0);
  must_be_pattern_file(path(), 5000);
}

/* Behind a gap, it is the blocks of the gap that are refused. */
static void must_be_refused_at(uint64_t offset) {
  char data[100] = "new";
  make_pattern_file(name, 5000);
  tome *map = open_map(path(), TOME_WRITE | TOME_GROW);
  be_busy();
  must_fail_at(tome_write(map, offset, data, sizeof data), TOME_EBUSY, offset, sizeof data);
  be_as_before();
  must_succeed(tome_write(map, offset, data, sizeof data));
  must_succeed(tome_close(map));
}

static void write_on_busy_systems(void) {
  const int answers[] = {EAGAIN, EBUSY, ETXTBSY};
  for (int i = 0; i < 3; i++) {
    answer = answers[i];
    must_be_refused_at(5000);
    must_be_refused_at(20000);
  }
}

static void a_growing_write_ends_where_the_system_is_always_busy(void **state) {
  (void)state;
  everywhere(write_on_busy_systems);
}

/* TOME_EBUSY is what a view in the way is, too; this is none. */
static void resize_on_busy_systems(void) {
  make_pattern_file(name, 5000);
  tome *map = open_map(path(), TOME_WRITE);
  answer = ETXTBSY;
  be_busy();
  must_fail_at(tome_resize(map, 20000), TOME_EBUSY, 5000, 15000);
  must_equal(tome_error_last()->system, ETXTBSY);
  must(strstr(tome_error_last()->detail, "view") == NULL);
  be_as_before();
  must_succeed(tome_close(map));
}

static void a_resize_of_a_busy_file_is_not_taken_for_one_that_a_view_forbids(void **state) {
  (void)state;
  everywhere(resize_on_busy_systems);
}

/* ---- the limit on the size of files ---- */

static void leave_a_gap_past_the_limit(void) {
  make_pattern_file(name, 5000);
  tome *map = open_map(path(), TOME_WRITE | TOME_GROW);
  uint64_t allocated = file_allocated(path());
  limit_files_to(256 * KIB);
  int r = tome_write(map, 1 * MIB, "x", 1);
  limit_files_to(RLIM_INFINITY);
  must_fail(r, TOME_EFBIG);
  must_be_pattern_file(path(), 5000);
  must_equal(file_allocated(path()), allocated);
  must_succeed(tome_close(map));
}

static void a_gap_past_the_limit_is_an_error_without_a_signal(void **state) {
  (void)state;
  everywhere(leave_a_gap_past_the_limit);
}

/* ---- zeros, where stores lie behind the end ---- */

/* As another process has it mapped. */
static void must_lie_behind_the_end(uint64_t offset, char byte) {
  int fd = open(path(), O_RDONLY);
  const char *data = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(data != MAP_FAILED);
  must(file_length(path()) <= offset);
  must_equal(data[offset], byte);
  munmap((void *)(uintptr_t)data, PAGE);
  close(fd);
}

static void must_be_zero_in(tome *map, uint64_t from, uint64_t to) {
  char *got = malloc(to - from);
  must_succeed(tome_read(map, from, got, to - from));
  must_be_zero(got, to - from);
  read_plainly(from, got, to - from);
  must_be_zero(got, to - from);
  free(got);
}

static void grow_under_a_live_view(void) {
  tome *map = open_stored(TOME_WRITE, 2 * PAGE);
  tome_view view = begin_view(map, 0, PAGE, TOME_VIEW_WRITE);
  const uint64_t sizes[] = {100, 200, 400, 4096};
  cut_it_to(sizes[0]);
  for (int i = 1; i < 4; i++) {
    uint64_t behind = sizes[i] - 50;
    ((char *)view.data)[behind] = 'v';
    must_lie_behind_the_end(behind, 'v');
    must_succeed(tome_resize(map, sizes[i]));
    must_be_zero_in(map, sizes[i - 1], sizes[i]);
  }
  tome_view_end(&view);
  must_fail(tome_check(map, NULL), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void new_bytes_are_zero_however_often_a_view_stores_behind_the_end(void **state) {
  (void)state;
  on_a_tmpfs(grow_under_a_live_view);
}

static void *no_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  (void)at, (void)n, (void)prot, (void)flags, (void)fd, (void)offset;
  refuse();
  return MAP_FAILED;
}

/* Whether the first resize fails where nothing more can be mapped is the library's affair, except through windows. */
static void grow_twice(size_t window) {
  tome *map;
  tome_options options = test_options(TOME_WRITE);
  options.window = window ? window : options.window;
  must_succeed(tome_open(&map, make_hole(name, PAGE), TOME_WRITE, &options));
  must_succeed(tome_fill(map, 0, TOME_END, 'x'));
  cut_it_to(100);
  must_succeed(tome_write(map, 300, "v", 1));
  must_lie_behind_the_end(300, 'v');
  real = tome__os_calls;
  answer = ENOMEM;
  tome__os_calls.mmap = no_mmap;
  int r = tome_resize(map, PAGE);
  tome__os_calls = real;
  must(r == TOME_ENOMEM || (r == 0 && window == 0));
  must_succeed(tome_resize(map, PAGE));
  must_be_zero_in(map, 100, PAGE);
  must_fail(tome_check(map, NULL), TOME_ELOST);
  must_succeed(tome_close(map));
}

static void grow_after_a_failure(void) {
  grow_twice(PAGE);
  grow_twice(0);
}

static void new_bytes_are_zero_after_a_resize_that_failed_once(void **state) {
  (void)state;
  on_a_tmpfs(grow_after_a_failure);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_appended_while_stores_behind_the_end_are_cleared_is_kept),
      TEST(what_is_appended_while_a_resize_grows_the_file_is_kept),
      TEST(a_cut_between_the_halves_of_a_growing_write_is_told),
      TEST(a_write_refused_for_want_of_space_cuts_off_nothing_that_others_append),
      TEST(a_growing_write_ends_where_the_system_is_always_busy),
      TEST(a_resize_of_a_busy_file_is_not_taken_for_one_that_a_view_forbids),
      TEST(a_gap_past_the_limit_is_an_error_without_a_signal),
      TEST(new_bytes_are_zero_however_often_a_view_stores_behind_the_end),
      TEST(new_bytes_are_zero_after_a_resize_that_failed_once),
  };
  return run_matching(tests, count, arguments);
}
