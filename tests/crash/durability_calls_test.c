/* What each level of flushing asks of the system: which calls, of which file or directory, for which bytes, in which order.
 *
 * The library's table of system calls is replaced by functions that make the call and write it down. That these calls do what
 * their names say is shown by durability_dirty_test.c and kill_disk_test.c; that nothing passes by the table, by
 * durability_trace_test.c. */
#include "planted_bug.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- writing down ---- */

typedef enum call { CHANGE, RANGE, DATA, WHOLE, SYSTEM } call; /* ..., fdatasync, fsync, syncfs */

static struct {
  unsigned count;
  struct made {
    call what;
    struct stat of;
    uint64_t offset, length;
    unsigned flags;
  } made[32];
} notes;

static void write_down(call what, int fd, off_t offset, off_t length, unsigned flags) {
  int system = errno;
  must(notes.count < 32);
  struct made *next = &notes.made[notes.count++];
  *next = (struct made){
      .what = what, .offset = (uint64_t)offset, .length = (uint64_t)length, .flags = flags};
  must_equal(fstat(fd, &next->of), 0);
  errno = system;
}

static int range_noted(int fd, off_t offset, off_t n, unsigned flags) {
  int r = sync_file_range(fd, offset, n, flags);
  write_down(RANGE, fd, offset, n, flags);
  return r;
}

static int data_noted(int fd) {
  int r = fdatasync(fd);
  write_down(DATA, fd, 0, 0, 0);
  return r;
}

static int whole_noted(int fd) {
  int r = fsync(fd);
  write_down(WHOLE, fd, 0, 0, 0);
  return r;
}

static int system_noted(int fd) {
  int r = syncfs(fd);
  write_down(SYSTEM, fd, 0, 0, 0);
  return r;
}

static int length_noted(int fd, off_t size) {
  int r = ftruncate(fd, size);
  write_down(CHANGE, fd, 0, 0, 0);
  return r;
}

static int blocks_noted(int fd, int mode, off_t offset, off_t n) {
  int r = fallocate(fd, mode, offset, n);
  write_down(CHANGE, fd, 0, 0, 0);
  return r;
}

static ssize_t append_noted(int fd, const struct iovec *v, int count, off_t at, int flags) {
  ssize_t r = pwritev2(fd, v, count, at, flags);
  write_down(CHANGE, fd, 0, 0, 0);
  return r;
}

static ssize_t write_noted(int fd, const void *from, size_t n, off_t at) {
  ssize_t r = pwrite(fd, from, n, at);
  write_down(CHANGE, fd, 0, 0, 0);
  return r;
}

static plant *planted; /* goes above what writes down: it then sees what is really done */

static void watch(void) {
  tome__os_calls.sync_file_range = range_noted;
  tome__os_calls.fdatasync = data_noted;
  tome__os_calls.fsync = whole_noted;
  tome__os_calls.syncfs = system_noted;
  tome__os_calls.ftruncate = length_noted;
  tome__os_calls.fallocate = blocks_noted;
  tome__os_calls.pwritev2 = append_noted;
  tome__os_calls.pwrite = write_noted;
  if (planted != NULL)
    planted();
}

/* ---- reading it ---- */

static unsigned times(call what) {
  unsigned found = 0;
  for (unsigned i = 0; i < notes.count; i++)
    found += notes.made[i].what == what;
  return found;
}

static const struct made *only(call what) {
  for (unsigned i = 0; i < notes.count; i++)
    if (notes.made[i].what == what)
      return &notes.made[i];
  fail_at(__FILE__, __LINE__, "a call that is missing: %d of %u", what, notes.count);
}

static void must_be_of(const struct made *one, const char *path) {
  struct stat want;
  must_equal(stat(path, &want), 0);
  must_equal(one->of.st_ino, want.st_ino);
  must_equal(one->of.st_dev, want.st_dev);
}

/* All that was done since is on the disk, and nothing else was asked for. */
static void must_make_durable(tome *map, const char *file) {
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_equal(times(DATA), 1);
  must_be_of(only(DATA), file);
  must_equal(times(RANGE) + times(WHOLE) + times(SYSTEM), 0);
  must_equal(notes.made[notes.count - 1].what, DATA);
  notes.count = 0;
}

static void must_make_durable_with_name(tome *map, const char *file, const char *directory) {
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_equal(times(DATA), 1);
  must_be_of(only(DATA), file);
  must_equal(times(WHOLE), 1);
  must_be_of(only(WHOLE), directory);
  must_equal(times(RANGE) + times(SYSTEM), 0);
  must(notes.made[notes.count - 1].what >= DATA && notes.made[notes.count - 2].what >= DATA);
  notes.count = 0;
  must_make_durable(map, file); /* once only for the name */
}

static void must_make_system_durable(tome *map, const char *file) {
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_equal(times(SYSTEM), 1);
  must_be_of(only(SYSTEM), file);
  notes.count = 0;
  must_make_durable(map, file);
}

/* ---- ranges ---- */

enum { FIRST = 5000, LENGTH = 40000 };

static void must_cover(const struct made *one, uint64_t first, uint64_t length) {
  must(one->offset <= first);
  must(one->length == 0 || one->offset + one->length >= first + length);
}

static void flush_ranges(int level, unsigned flags, uint64_t origin) {
  const uint64_t ranges[][2] = {{0, LENGTH}, {1, 1}, {4095, 2}, {7, TOME_END}, {LENGTH - 1, 1}};
  const char *path = make_pattern_file("file", 2 * FIRST + LENGTH);
  tome *map = open_part(path, TOME_WRITE, origin, LENGTH);
  watch();
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    uint64_t length = ranges[i][1] == TOME_END ? LENGTH - ranges[i][0] : ranges[i][1];
    note("range %zu of the list", i);
    must_succeed(tome_write(map, ranges[i][0], "x", 1));
    notes.count = 0;
    must_succeed(tome_flush(map, ranges[i][0], ranges[i][1], level));
    must_equal(notes.count, 1);
    must_be_of(only(RANGE), path);
    must_equal(only(RANGE)->flags, flags);
    must_cover(only(RANGE), origin + ranges[i][0], length);
  }
  must_succeed(tome_close(map));
}

static void flush_to_start(void *unused) {
  (void)unused;
  flush_ranges(TOME_FLUSH_START, SYNC_FILE_RANGE_WRITE, 0);
  flush_ranges(TOME_FLUSH_START, SYNC_FILE_RANGE_WRITE, FIRST);
}

static void flush_to_written(void *unused) {
  (void)unused;
  const unsigned flags =
      SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  flush_ranges(TOME_FLUSH_WRITTEN, flags, 0);
  flush_ranges(TOME_FLUSH_WRITTEN, flags, FIRST);
}

static void start_hands_the_range_over_and_waits_for_nothing(void **state) {
  (void)state;
  in_child(flush_to_start, NULL);
}

static void written_hands_the_range_over_and_waits_for_it(void **state) {
  (void)state;
  in_child(flush_to_written, NULL);
}

/* ---- an existing file ---- */

static void change_and_flush(void *unused) {
  (void)unused;
  const char *path = make_pattern_file("file", LENGTH);
  watch();
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE | TOME_GROW);
  must_succeed(tome_write(map, 3, "bytes", 5));
  must_make_durable(map, path);
  must_succeed(tome_append(map, "bytes", 5, NULL));
  must_make_durable(map, path);
  must_succeed(tome_write(map, LENGTH + 3000, "bytes", 5));
  must_make_durable(map, path);
  must_succeed(tome_resize(map, 2 * LENGTH));
  must_make_durable(map, path);
  must_succeed(tome_resize(map, 77));
  must_make_durable(map, path);
  must_succeed(tome_fill(map, 0, 10, 'x'));
  must_succeed(tome_move(map, 0, 5, 10));
  must_make_durable(map, path);
  tome_view view = begin_view(map, 0, 10, TOME_VIEW_WRITE);
  memset(view.data, 'y', 10);
  must_make_durable(map, path);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  map = open_map(path, TOME_WRITE | TOME_TRUNCATE);
  must_make_durable(map, path);
  must_succeed(tome_close(map));
}

static void durable_syncs_the_bytes_and_the_length_after_any_change(void **state) {
  (void)state;
  in_child(change_and_flush, NULL);
}

static void flush_what_reaches_no_file(void *unused) {
  (void)unused;
  const char *path = make_pattern_file("file", LENGTH);
  tome *maps[] = {open_map(path, TOME_READ), open_map(path, TOME_COPY), open_anonymous(LENGTH)};
  watch();
  for (int i = 0; i < 3; i++) {
    for (int level = TOME_FLUSH_START; level <= TOME_FLUSH_DURABLE; level++)
      must_succeed(tome_flush(maps[i], 0, TOME_END, level));
    must_succeed(tome_close(maps[i]));
  }
  must_equal(notes.count, 0);
}

static void nothing_is_asked_for_where_there_is_nothing_to_flush(void **state) {
  (void)state;
  in_child(flush_what_reaches_no_file, NULL);
}

/* ---- a created file ---- */

static tome *create(const char *path, uint32_t more) {
  return open_map(path, TOME_WRITE | TOME_CREATE | more);
}

static void create_and_flush(void *unused) {
  (void)unused;
  watch();
  tome *map = create(in_dir("new"), 0);
  must_succeed(tome_append(map, "bytes", 5, NULL));
  must_make_durable_with_name(map, in_dir("new"), in_dir("."));
  must_succeed(tome_append(map, "bytes", 5, NULL));
  must_make_durable(map, in_dir("new"));
  must_succeed(tome_close(map));
  map = create(in_dir("only"), TOME_EXCL);
  must_make_durable_with_name(map, in_dir("only"), in_dir("."));
  must_succeed(tome_close(map));
}

static void durable_syncs_the_directory_of_a_created_file_once(void **state) {
  (void)state;
  in_child(create_and_flush, NULL);
}

static void flush_lower_levels_first(void *unused) {
  (void)unused;
  watch();
  tome *map = create(in_dir("new"), 0);
  must_succeed(tome_append(map, "bytes", 5, NULL));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_START));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN));
  must_equal(times(WHOLE) + times(SYSTEM), 0);
  notes.count = 0;
  must_make_durable_with_name(map, in_dir("new"), in_dir("."));
  must_succeed(tome_close(map));
}

static void the_lower_levels_leave_the_name_to_durable(void **state) {
  (void)state;
  in_child(flush_lower_levels_first, NULL);
}

static void create_by_relative_paths(void *unused) {
  (void)unused;
  static const char *const names[] = {"plain", "./dotted", "inner/../around"};
  must_equal(mkdir(in_dir("inner"), 0777), 0);
  watch();
  for (int i = 0; i < 3; i++) {
    note("%s", names[i]);
    must_equal(chdir(in_dir(".")), 0);
    tome *map = create(names[i], 0);
    must_equal(chdir("/"), 0);
    must_make_durable_with_name(map, in_dir(names[i]), in_dir("."));
    must_succeed(tome_close(map));
  }
}

static void a_name_is_synced_where_a_relative_path_led(void **state) {
  (void)state;
  in_child(create_by_relative_paths, NULL);
}

/* The directory moves away, and another one takes its name. */
static void rename_around(void *unused) {
  (void)unused;
  must_equal(mkdir(in_dir("here"), 0777), 0);
  watch();
  tome *map = create(in_dir("here/new"), 0);
  must_equal(rename(in_dir("here"), in_dir("there")), 0);
  must_equal(mkdir(in_dir("here"), 0777), 0);
  must_equal(rename(in_dir("there/new"), in_dir("there/newer")), 0);
  must_make_durable_with_name(map, in_dir("there/newer"), in_dir("there"));
  must_succeed(tome_close(map));
}

static void a_name_is_synced_in_its_directory_whatever_that_is_called_now(void **state) {
  (void)state;
  in_child(rename_around, NULL);
}

static void create_behind_links(void *unused) {
  (void)unused;
  must_equal(mkdir(in_dir("far"), 0777), 0);
  must_equal(symlink("far/new", in_dir("dangling")), 0);
  must_equal(symlink("far", in_dir("near")), 0);
  watch();
  tome *map = create(in_dir("dangling"), 0);
  must_make_system_durable(map, in_dir("far/new"));
  must_succeed(tome_close(map));
  map = create(in_dir("near/other"), 0);
  must_make_durable_with_name(map, in_dir("far/other"), in_dir("far"));
  must_succeed(tome_close(map));
}

static void a_name_behind_a_dangling_link_is_synced_with_its_file_system(void **state) {
  (void)state;
  in_child(create_behind_links, NULL);
}

static void create_where_nothing_is_read(void *unused) {
  (void)unused;
  must_equal(chmod(in_dir("."), 0711), 0);
  must_equal(mkdir(in_dir("dark"), 0777), 0);
  must_equal(chmod(in_dir("dark"), 0333), 0);
  become_nobody();
  if (access(in_dir("dark"), X_OK) != 0)
    exit_unable("the directory of the tests lies where another user may not go");
  watch();
  tome *map = create(in_dir("dark/new"), 0);
  (void)!chmod(in_dir("dark"), 0777); /* by its owner, so that it can be removed */
  must_make_system_durable(map, in_dir("dark/new"));
  must_succeed(tome_close(map));
}

static void
a_name_in_a_directory_that_may_not_be_read_is_synced_with_its_file_system(void **state) {
  (void)state;
  in_child(create_where_nothing_is_read, NULL);
}

static int refuse_once(int fd) {
  tome__os_calls.fsync = whole_noted;
  (void)fd;
  errno = EINVAL;
  return -1;
}

static void create_without_directory_sync(void *unused) {
  (void)unused;
  watch();
  tome__os_calls.fsync = refuse_once;
  tome *map = create(in_dir("new"), 0);
  must_make_system_durable(map, in_dir("new"));
  must_succeed(tome_close(map));
}

static void
a_name_in_a_directory_that_cannot_be_synced_is_synced_with_its_file_system(void **state) {
  (void)state;
  in_child(create_without_directory_sync, NULL);
}

static int fail_once(int fd) {
  tome__os_calls.fsync = whole_noted;
  (void)fd;
  errno = EIO;
  return -1;
}

static void create_on_failing_directory(void *unused) {
  (void)unused;
  watch();
  tome__os_calls.fsync = fail_once;
  tome *map = create(in_dir("new"), 0);
  must_fail(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE), TOME_EIO);
  for (int level = TOME_FLUSH_START; level <= TOME_FLUSH_DURABLE; level++)
    must_fail(tome_flush(map, 0, TOME_END, level), TOME_EIO);
  must_succeed(tome_close(map));
}

static void a_name_that_could_not_be_synced_is_a_failed_flush_and_sticks(void **state) {
  (void)state;
  in_child(create_on_failing_directory, NULL);
}

/* ---- planted bugs ---- */

static void forget_the_data(void) {
  tome__os_calls.fdatasync = sync_nothing;
}

static void forget_the_name(void) {
  tome__os_calls.fsync = sync_nothing;
}

static int begin_nothing(int fd, off_t offset, off_t n, unsigned flags) {
  (void)fd, (void)offset, (void)n, (void)flags;
  return 0;
}

static void forget_to_begin(void) {
  tome__os_calls.sync_file_range = begin_nothing;
}

static int begin_and_wait(int fd, off_t offset, off_t n, unsigned flags) {
  return range_noted(fd, offset, n, flags | SYNC_FILE_RANGE_WAIT_AFTER);
}

static void wait_always(void) {
  tome__os_calls.sync_file_range = begin_and_wait;
}

static int begin_elsewhere(int fd, off_t offset, off_t n, unsigned flags) {
  return range_noted(fd, offset, n > 1 ? n - 1 : n, flags);
}

static void forget_the_last_byte(void) {
  tome__os_calls.sync_file_range = begin_elsewhere;
}

typedef struct suspect {
  plant *bug;
  child_function *body;
} suspect;

static void plant_nothing(void) {
}

static void watch_suspect(void *context) {
  const suspect *one = context;
  planted = one->bug;
  one->body(NULL);
}

static void must_find(const char *name, plant *bug, child_function *body) {
  must_find_bug(name, plant_nothing, watch_suspect, &(suspect){bug, body});
}

static void calls_that_are_left_out_are_found(void **state) {
  (void)state;
  must_find("a flush that does not sync", forget_the_data, change_and_flush);
  must_find("a name that is not synced", forget_the_name, create_and_flush);
  must_find("a write-back that is not begun", forget_to_begin, flush_to_start);
  must_find("a start that waits", wait_always, flush_to_start);
  must_find("a write-back that leaves the last byte out", forget_the_last_byte, flush_to_written);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(start_hands_the_range_over_and_waits_for_nothing),
      TEST(written_hands_the_range_over_and_waits_for_it),
      TEST(durable_syncs_the_bytes_and_the_length_after_any_change),
      TEST(nothing_is_asked_for_where_there_is_nothing_to_flush),
      TEST(durable_syncs_the_directory_of_a_created_file_once),
      TEST(the_lower_levels_leave_the_name_to_durable),
      TEST(a_name_is_synced_where_a_relative_path_led),
      TEST(a_name_is_synced_in_its_directory_whatever_that_is_called_now),
      TEST(a_name_behind_a_dangling_link_is_synced_with_its_file_system),
      TEST(a_name_in_a_directory_that_may_not_be_read_is_synced_with_its_file_system),
      TEST(a_name_in_a_directory_that_cannot_be_synced_is_synced_with_its_file_system),
      TEST(a_name_that_could_not_be_synced_is_a_failed_flush_and_sticks),
      TEST(calls_that_are_left_out_are_found),
  };
  return run_matching(tests, count, arguments);
}
