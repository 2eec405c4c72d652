/* Write-back that fails: the first flush says so, with the range that it was asked for, and so does every later one, through
 * whatever map of the file, although the system itself tells it only once. The disk is flaky_disk.c. */
#include "calls.h"
#include "flaky_mount.h"
#include "planted_bug.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 32, BAD = 10 };
#define SIZE (PAGES * PAGE)
#define BAD_AT (BAD * PAGE)

static const int levels[] = {TOME_FLUSH_START, TOME_FLUSH_WRITTEN, TOME_FLUSH_DURABLE};
static unsigned long struck;

static void heal_disk(const char *what) {
  unsigned long now = flaky_struck(what);
  must(now > 0);
  struck += now;
  flaky_clear();
}

static void tell(void) {
  must(struck > 0);
  tell_figure("writes that the disk refused", struck);
}

/* With the pages of mappings alone waiting to be written back, and with those of write(2) too. */
static void run_both_ways(disk_test *body) {
  on_flaky_disk(1, 0, body);
  on_flaky_disk(1, FLAKY_WRITEBACK, body);
}

/* ---- the first failure ---- */

static void must_stick(tome *map, int code) {
  const tome_range asked[] = {{0, 1}, {BAD_AT, PAGE}, {3 * PAGE + 5, 2 * PAGE}, {SIZE - 1, 1}};
  for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
    for (int level = 0; level < 3; level++)
      must_fail_at(tome_flush(map, asked[i].offset, asked[i].length, levels[level]), code,
                   asked[i].offset, asked[i].length);
}

/* What the system says about the same file, to one who comes later. */
static int plain_sync(void) {
  int fd = open(flaky_file(), O_RDWR | O_CLOEXEC);
  must(fd >= 0);
  int r = fsync(fd);
  must_equal(close(fd), 0);
  return r;
}

/* The store really is not on the disk. */
static void must_be_lost_from_disk(void) {
  unsigned char got[16];
  drop_pages(flaky_file());
  int fd = open(flaky_file(), O_RDONLY | O_CLOEXEC);
  must_equal(pread(fd, got, sizeof got, (off_t)BAD_AT), sizeof got);
  must_equal(close(fd), 0);
  must_be_pattern(got, BAD_AT, sizeof got);
}

static void fail_once(int level, int system, int code) {
  note("level %d, system's error %d", level, system);
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_WRITE), *other = open_map(flaky_file(), TOME_WRITE);
  must_succeed(tome_write(map, BAD_AT, "never on the disk", 16));
  flaky_fail("write", BAD_AT, BAD_AT + PAGE, system);
  must_fail_at(tome_flush(map, BAD_AT - 7, PAGE + 9, level), code, BAD_AT - 7, PAGE + 9);
  must_equal(tome_error_last()->system, system);
  heal_disk("write");
  must_stick(map, code);
  must_stick(other, code);
  tome *later = open_part(flaky_file(), TOME_WRITE, 0, SIZE);
  must_stick(later, code);
  must_equal(plain_sync(), 0); /* the system has forgotten */
  tome_close(later);
  tome_close(other);
  tome_close(map);
  must_be_lost_from_disk();
}

/* A process each, since a failure sticks to the file for the rest of the process. */
typedef struct failure_case {
  int level, system, code;
} failure_case;

static failure_case now;

static void run_case(void) {
  fail_once(now.level, now.system, now.code);
  tell();
}

static void every_level_that_waits_fails_with_its_range_and_sticks(void **state) {
  (void)state;
  static const failure_case cases[] = {{TOME_FLUSH_WRITTEN, EIO, TOME_EIO},
                                       {TOME_FLUSH_DURABLE, EIO, TOME_EIO},
                                       {TOME_FLUSH_WRITTEN, ENOSPC, TOME_ENOSPC},
                                       {TOME_FLUSH_DURABLE, ENOSPC, TOME_ENOSPC}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    now = cases[i];
    run_both_ways(run_case);
  }
}

/* ---- other ways to fail ---- */

static void start_only(void) {
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_WRITE);
  must_succeed(tome_write(map, BAD_AT, "never on the disk", 16));
  flaky_fail("write", BAD_AT, BAD_AT + PAGE, EIO);
  int started = tome_flush(map, 0, TOME_END, TOME_FLUSH_START);
  must(started == 0 || started == TOME_EIO); /* it does not wait */
  must_fail_at(tome_flush(map, BAD_AT, 5, TOME_FLUSH_WRITTEN), TOME_EIO, BAD_AT, 5);
  heal_disk("write");
  must_stick(map, TOME_EIO);
  tome_close(map);
  must_be_lost_from_disk();
  tell();
}

static void what_a_start_could_not_write_is_told_by_the_next_flush_that_waits(void **state) {
  (void)state;
  run_both_ways(start_only);
}

static void refuse_sync(void) {
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_WRITE);
  must_succeed(tome_write(map, 0, "x", 1));
  flaky_fail("sync", 0, SIZE, EIO);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN)); /* asks for no sync */
  must_fail_at(tome_flush(map, 3, 4, TOME_FLUSH_DURABLE), TOME_EIO, 3, 4);
  heal_disk("sync");
  must_stick(map, TOME_EIO);
  tome_close(map);
  tell();
}

static void a_disk_that_refuses_to_sync_fails_the_durable_level_and_sticks(void **state) {
  (void)state;
  run_both_ways(refuse_sync);
}

static void store_through_view(void) {
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_WRITE);
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_WRITE);
  flaky_fail("write", BAD_AT, BAD_AT + PAGE, EIO);
  memcpy((char *)view.data + BAD_AT, "never on the disk", 16);
  must_fail_at(tome_flush(map, 0, SIZE, TOME_FLUSH_DURABLE), TOME_EIO, 0, SIZE);
  heal_disk("write");
  must_succeed(tome_view_end(&view)); /* loads and stores went well */
  must_stick(map, TOME_EIO);
  tome_close(map);
  must_be_lost_from_disk();
  tell();
}

static void a_store_through_a_view_that_is_not_written_back_is_told_by_flush(void **state) {
  (void)state;
  run_both_ways(store_through_view);
}

/* Nobody flushes: the pages go to the disk as the mapping goes. */
static void close_unflushed(void) {
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_WRITE);
  must_succeed(tome_write(map, BAD_AT, "never on the disk", 16));
  flaky_fail("write", BAD_AT, BAD_AT + PAGE, EIO);
  must_fail(tome_close(map), TOME_EIO);
  heal_disk("write");
  must_be_lost_from_disk();
  tell();
}

static void a_close_tells_what_the_system_could_not_write(void **state) {
  (void)state;
  run_both_ways(close_unflushed);
}

static void open_after_failed_close(void) {
  close_unflushed();
  tome *later = open_map(flaky_file(), TOME_WRITE);
  must_fail(tome_flush(later, 0, 1, TOME_FLUSH_DURABLE), TOME_EIO);
  must_equal(plain_sync(), 0); /* that was told once */
  must_stick(later, TOME_EIO);
  tome_close(later);
}

static void what_a_close_told_the_next_flush_tells_too(void **state) {
  (void)state;
  run_both_ways(open_after_failed_close);
}

/* The system writes back in its own time, here because someone else says so, who is told; we are told too. */
static void fail_behind_our_back(void) {
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_WRITE);
  must_succeed(tome_write(map, BAD_AT, "never on the disk", 16));
  flaky_fail("write", BAD_AT, BAD_AT + PAGE, EIO);
  must(plain_sync() < 0);
  heal_disk("write");
  must_fail(tome_flush(map, 0, 1, TOME_FLUSH_DURABLE), TOME_EIO);
  must_stick(map, TOME_EIO);
  tome_close(map);
  tell();
}

static void a_failure_that_someone_else_met_is_told_to_us_too(void **state) {
  (void)state;
  run_both_ways(fail_behind_our_back);
}

/* ---- at random ---- */

/* What a flush calls written is on the disk itself, whatever was refused at other times. */
static void flush_at_random(void *context) {
  dice any = dice_from(*(uint64_t *)context);
  unsigned char *want = new_pattern(0, SIZE);
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_WRITE);
  int r = 0;
  unsigned long met = 0;
  for (int rounds = 0; r == 0 && rounds < 20; rounds++) {
    for (int stores = 0; stores < 5; stores++) {
      uint64_t at = roll(&any, SIZE - 200), length = 1 + roll(&any, 199);
      memset(want + at, rounds + 1, length);
      must_succeed(tome_write(map, at, want + at, length));
    }
    uint64_t bad = roll(&any, PAGES) * PAGE;
    met += flaky_struck("write"); /* by a window that went */
    if (roll(&any, 4) == 0)
      flaky_fail("write", bad, bad + 3 * PAGE, EIO);
    r = tome_flush(map, 0, TOME_END, 1 + (int)roll(&any, 2));
    must_equal(r, met + flaky_struck("write") > 0 ? TOME_EIO : 0);
  }
  flaky_clear();
  if (r < 0)
    must_stick(map, TOME_EIO);
  tome_close(map);
  if (r == 0) {
    drop_pages(flaky_file());
    must_be_file(flaky_file(), want, SIZE);
  }
  free(want);
}

/* A process each, since a failure sticks. */
static void flush_many_at_random(void) {
  for (uint64_t i = how_many(60, 3000); i > 0; i--) {
    note("seed %u", (unsigned)i);
    flaky_fail("write", 0, 0, EIO); /* nothing yet; counts anew */
    in_child(flush_at_random, &i);
    struck += flaky_struck("write");
  }
  tell();
}

static void what_a_flush_calls_written_is_on_the_disk(void **state) {
  (void)state;
  run_both_ways(flush_many_at_random);
}

/* ---- broken on purpose ---- */

static int good_range(int fd, off_t offset, off_t length, unsigned flags) {
  (void)fd, (void)offset, (void)length, (void)flags;
  return 0;
}

static void swallow_errors(void) {
  tome__os_calls.fdatasync = sync_nothing;
  tome__os_calls.sync_file_range = good_range;
}

static os_calls real;

/* The error is given back once, as the system does, but to a first call that nobody looked at. */
static int second_sync(int fd) {
  real.fdatasync(fd);
  return real.fdatasync(fd);
}

static void ask_twice(void) {
  real = tome__os_calls;
  tome__os_calls.fdatasync = second_sync;
}

static void strike(void *context) {
  (void)context;
  now = (failure_case){TOME_FLUSH_DURABLE, EIO, TOME_EIO};
  on_flaky_disk(1, 0, run_case);
}

static void a_swallowed_error_is_noticed(void **state) {
  (void)state;
  must_find_bug("the first error of a flush is swallowed", swallow_errors, strike, NULL);
}

static void a_second_sync_is_no_cure(void **state) {
  (void)state;
  must_find_bug("a flush that looks at its second sync only", ask_twice, strike, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_level_that_waits_fails_with_its_range_and_sticks),
      TEST(what_a_start_could_not_write_is_told_by_the_next_flush_that_waits),
      TEST(a_disk_that_refuses_to_sync_fails_the_durable_level_and_sticks),
      TEST(a_store_through_a_view_that_is_not_written_back_is_told_by_flush),
      TEST(a_close_tells_what_the_system_could_not_write),
      TEST(what_a_close_told_the_next_flush_tells_too),
      TEST(a_failure_that_someone_else_met_is_told_to_us_too),
      TEST(what_a_flush_calls_written_is_on_the_disk),
      TEST(a_swallowed_error_is_noticed),
      TEST(a_second_sync_is_no_cure),
  };
  return run_matching(tests, count, arguments);
}
