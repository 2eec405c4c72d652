/* A disk that cannot read or write some of its pages, under warming, locking and evicting. The disk is flaky_disk.c. */
#include "calls.h"
#include "flaky_mount.h"
#include "page_model.h"
#include "system_abilities.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGES = 64, BAD = 10 };
#define SIZE (PAGES * PAGE)
#define BAD_AT (BAD * PAGE)

static tome *open_way(uint32_t flags, size_t window) {
  tome *map = NULL;
  tome_options options = test_options(flags);
  options.window = window;
  must_succeed(tome_open(&map, flaky_file(), flags, &options));
  return map;
}

static void heal_disk(const char *what) {
  unsigned long now = flaky_struck(what);
  must(now > 0);
  flaky_clear();
  tell_figure("requests that the disk refused", now);
}

/* ---- reading ---- */

/* The page that could not be read may be in the kernel's hands all the same, without its bytes. */
static void warm_around_bad_page(void) {
  const size_t windows[] = {0, PAGE};
  for (int i = 0; i < 2; i++) {
    fill_flaky_file(SIZE);
    tome *map = open_way(TOME_READ, windows[i]);
    flaky_fail("read", BAD_AT, BAD_AT + PAGE, EIO);
    for (int time = 0; time < 3; time++) {
      must_fail_at(tome_warm(map, 5, SIZE - 5, NULL), TOME_ELOST, BAD_AT, PAGE);
      must_fail_at(tome_warm(map, BAD_AT + 100, 50, NULL), TOME_ELOST, BAD_AT + 100, 50);
      must_succeed(tome_warm(map, 0, BAD_AT, NULL));
      must_equal(pages_there(flaky_file(), 0, BAD), BAD);
      must_succeed(tome_warm(map, BAD_AT + PAGE, TOME_END, NULL));
    }
    must_succeed(tome_check(map, NULL));
    heal_disk("read");
    must_succeed(tome_warm(map, 0, TOME_END, NULL));
    must_equal(pages_there(flaky_file(), 0, PAGES), PAGES);
    must_read_pattern(map, 0, SIZE);
    must_succeed(tome_close(map));
  }
}

static void warming_names_the_bad_page_each_time(void **state) {
  (void)state;
  on_flaky_disk(1, 0, warm_around_bad_page);
}

static void lock_around_bad_page(void) {
  const struct {
    uint32_t flags;
    size_t window;
  } ways[] = {{TOME_READ, 0}, {TOME_READ, PAGE}, {TOME_WRITE, 0}, {TOME_COPY, 0}};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    note("way %zu", i);
    fill_flaky_file(SIZE);
    tome *map = open_way(ways[i].flags, ways[i].window);
    flaky_fail("read", BAD_AT, BAD_AT + PAGE, EIO);
    must_succeed(tome_lock(map, 0, 3 * PAGE));
    must_fail_at(tome_lock(map, 0, SIZE), TOME_ELOST, BAD_AT, PAGE);
    must_equal(process_figure("VmLck"), 3 * PAGE);
    must_fail_at(tome_lock(map, BAD_AT + 7, 2), TOME_ELOST, BAD_AT + 7, 2);
    must_equal(process_figure("VmLck"), 3 * PAGE);
    heal_disk("read");
    must_succeed(tome_lock(map, 0, SIZE));
    must_equal(process_figure("VmLck"), SIZE);
    must_read_pattern(map, 0, SIZE);
    must_succeed(tome_close(map));
    must_equal(process_figure("VmLck"), 0);
  }
}

static void a_lock_that_meets_the_bad_page_locks_nothing(void **state) {
  (void)state;
  if (!system_populates())
    skip_because("only mlock() brings pages in here, and Linux tries a bad one for ever");
  on_flaky_disk(1, 0, lock_around_bad_page);
}

/* ---- writing ---- */

static void must_not_evict(tome *map, uint64_t offset, uint64_t length) {
  must_fail_at(tome_evict(map, offset, length), TOME_EIO, offset, length);
  must_equal(tome_error_last()->system, EIO);
}

/* What never came to the disk is nowhere but in memory. */
static void evict_what_cannot_be_written(void) {
  char got[17] = {0};
  fill_flaky_file(SIZE);
  tome *map = open_way(TOME_WRITE, 0);
  must_succeed(tome_write(map, BAD_AT, "never on the disk", 17));
  flaky_fail("write", BAD_AT, BAD_AT + PAGE, EIO);
  must_not_evict(map, 0, SIZE);
  heal_disk("write");
  must_not_evict(map, 20 * PAGE, PAGE);
  must_not_evict(map, 0, SIZE);
  must_equal(pages_there(flaky_file(), BAD, 1), 1);
  must_succeed(tome_read(map, BAD_AT, got, 17));
  must_be_bytes(got, "never on the disk", 17);
  must_fail(tome_flush(map, 0, 1, TOME_FLUSH_DURABLE), TOME_EIO);
  tome *other = open_way(TOME_READ, 0);
  must_not_evict(other, 0, SIZE);
  must_equal(pages_there(flaky_file(), BAD, 1), 1);
  must_succeed(tome_close(other));
  must_succeed(tome_close(map));
}

static void a_failed_write_back_sticks_and_its_pages_stay(void **state) {
  (void)state;
  on_flaky_disk(1, 0, evict_what_cannot_be_written);
}

/* The one who only reads is told, and the ones who write hear of it. */
static void evict_what_someone_else_wrote(void) {
  fill_flaky_file(SIZE);
  tome *reader = open_way(TOME_READ, 0);
  int fd = open(flaky_file(), O_WRONLY | O_CLOEXEC); /* closing it would write back */
  must_equal(pwrite(fd, "never on the disk", 17, (off_t)BAD_AT), 17);
  flaky_fail("write", BAD_AT, BAD_AT + PAGE, EIO);
  must_not_evict(reader, 0, SIZE);
  heal_disk("write");
  must_not_evict(reader, 0, SIZE);
  tome *writer = open_way(TOME_WRITE, 0);
  must_fail(tome_flush(writer, 0, 1, TOME_FLUSH_DURABLE), TOME_EIO);
  must_not_evict(writer, 0, SIZE);
  must_succeed(tome_close(writer));
  must_succeed(tome_close(reader));
  close(fd);
}

static void a_failure_that_a_reader_met_sticks_for_all(void **state) {
  (void)state;
  on_flaky_disk(1, FLAKY_WRITEBACK, evict_what_someone_else_wrote);
}

/* Sanitizers leave out mlock() and munlock(), and then the counts are wrong. */
static int lock_really(const void *address, size_t length) {
  return (int)syscall(SYS_mlock, address, length);
}

static int unlock_really(const void *address, size_t length) {
  return (int)syscall(SYS_munlock, address, length);
}

int main(int count, char **arguments) {
  tome__os_calls.mlock = lock_really;
  tome__os_calls.munlock = unlock_really;
  const struct CMUnitTest tests[] = {
      TEST(warming_names_the_bad_page_each_time),
      TEST(a_lock_that_meets_the_bad_page_locks_nothing),
      TEST(a_failed_write_back_sticks_and_its_pages_stay),
      TEST(a_failure_that_a_reader_met_sticks_for_all),
  };
  return run_matching(tests, count, arguments);
}
