/* A disk that does not answer: whoever needs it waits, as with read(2), and nobody can help it. Others must not wait for them:
 * the lost pages of other maps are dealt with meanwhile, and other maps are opened, used and closed.
 *
 * That others do not wait is seen by their being done; if they wait for good, the child's alarm ends the test. */
#include "calls.h"
#include "emulator_limits.h"
#include "flaky_mount.h"
#include "planted_bug.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGES = 16, BAD = 10 };
#define SIZE (PAGES * PAGE)
#define BAD_AT (BAD * PAGE)

/* How long others may take before they count as waiting, and how much longer the disk is silent. */
static unsigned patience = 60;

static void stall(uint64_t first, uint64_t end) {
  alarm(patience);
  flaky_stall(first, end, (int)patience + 2);
}

static void wait_until_stalled(void) {
  while (flaky_struck("stall") == 0)
    usleep(1000);
}

/* ---- the handler waits: a page that cannot be read, of a file that does not tell its size ---- */

static void *load_bad_page(void *context) {
  const volatile unsigned char *data = ((tome_view *)context)->data;
  return (void *)(uintptr_t)(data[BAD_AT] + 1);
}

static unsigned long lost_meanwhile;

/* Faults, searches, opening and closing; a map of an ordinary file. */
static void use_another_map(void) {
  const char *path = make_pattern_file("other", SIZE);
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  unsigned char got[10];
  uint64_t at;
  truncate_elsewhere(path, 3 * PAGE);
  must_be_pattern(view.data, 0, 3 * PAGE);
  must_be_zero((char *)view.data + 3 * PAGE, SIZE - 3 * PAGE);
  must_fail_at(tome_read(map, 5 * PAGE, got, 10), TOME_ELOST, 5 * PAGE, 10);
  must_fail(tome_find(map, "\0\0", 2, 0, TOME_END, &at), TOME_ELOST);
  must_fail_at(tome_view_end(&view), TOME_ELOST, 3 * PAGE, SIZE - 3 * PAGE);
  must_succeed(tome_refresh(map));
  must_read_pattern(map, 0, 3 * PAGE);
  must_succeed(tome_close(map));
  lost_meanwhile++;
}

static void stall_handler(void) {
  pthread_t victim;
  void *loaded;
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_READ);
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  flaky_fail("read", BAD_AT, BAD_AT + PAGE, EIO);
  stall(0, 0); /* no reads, but all that asks for attributes */
  must_equal(pthread_create(&victim, NULL, load_bad_page, &view), 0);
  wait_until_stalled();
  for (uint64_t i = how_many(20, 500); i > 0; i--)
    use_another_map();
  tell_figure("lost pages dealt with while another map's disk did not answer", lost_meanwhile);
  must_equal(pthread_tryjoin_np(victim, &loaded), EBUSY); /* still waiting: it was all that time */
  flaky_clear();
  must_equal(pthread_join(victim, &loaded), 0);
  must_equal((uintptr_t)loaded, 1); /* a zero */
  must_fail_at(tome_view_end(&view), TOME_ELOST, BAD_AT, PAGE);
  must_read_pattern(map, 0, SIZE);
  must_succeed(tome_close(map));
}

static void other_maps_go_on_while_the_guard_waits_for_a_disk(void **state) {
  (void)state;
  needs_whole_last_pages(); /* or else the emulator itself asks the file where it ends */
  on_flaky_disk(1, 0, stall_handler);
}

/* ---- a read waits ---- */

static void *read_slowly(void *context) {
  static unsigned char got[100];
  must_succeed(tome_read(context, BAD_AT, got, sizeof got));
  must_be_pattern(got, BAD_AT, sizeof got);
  return NULL;
}

static void stall_read(void) {
  pthread_t victim;
  fill_flaky_file(SIZE);
  tome *map = open_map(flaky_file(), TOME_READ);
  stall(BAD_AT, BAD_AT + PAGE);
  must_equal(pthread_create(&victim, NULL, read_slowly, map), 0);
  wait_until_stalled();
  for (uint64_t i = how_many(20, 500); i > 0; i--)
    use_another_map();
  must_equal(pthread_tryjoin_np(victim, NULL), EBUSY);
  flaky_clear();
  must_equal(pthread_join(victim, NULL), 0);
  must_read_pattern(map, 0, SIZE);
  must_succeed(tome_close(map));
}

static void a_read_waits_for_its_disk_and_nobody_else_does(void **state) {
  (void)state;
  on_flaky_disk(1, 0, stall_read);
}

/* ---- broken on purpose ---- */

static os_calls real;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int waiting_fstat(int fd, struct stat *status) {
  pthread_mutex_lock(&one_at_a_time);
  int r = real.fstat(fd, status);
  pthread_mutex_unlock(&one_at_a_time);
  return r;
}

static void wait_for_each_other(void) {
  real = tome__os_calls;
  tome__os_calls.fstat = waiting_fstat;
  patience = 3;
}

static void strike(void *context) {
  (void)context;
  on_flaky_disk(1, 0, stall_handler);
}

static void maps_that_wait_for_each_other_are_noticed(void **state) {
  (void)state;
  needs_whole_last_pages();
  must_find_bug("maps wait for another map's disk", wait_for_each_other, strike, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(other_maps_go_on_while_the_guard_waits_for_a_disk),
      TEST(a_read_waits_for_its_disk_and_nobody_else_does),
      TEST(maps_that_wait_for_each_other_are_noticed),
  };
  return run_matching(tests, count, arguments);
}
