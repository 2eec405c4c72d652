/* Readers, writers, view users, appenders, growers, refreshers, flushers, finders, and openers and closers of other maps, all at
 * once on one file that only becomes longer: every byte of it is determined. In threads and in processes; runs under
 * ThreadSanitizer, since no page is lost and no byte stored by one thread while another looks at it. */
#include "calls.h"
#include "crowd_crew.h"
#include "emulator_limits.h"
#include "planted_bug.h"

#include <sched.h>

static crew_role *const everybody[] = {write_region,  append_record, append_record, grow_a_little,
                                       count_in_view, read_recent,   flush_and_ask, open_another};
static crew_role *const mostly_views[] = {view_region,   view_region,  count_in_view,
                                          append_record, read_recent,  find_in_pattern,
                                          read_pattern,  grow_a_little};
static crew_role *const only_appends[] = {append_record, look_at_end,   append_record, look_at_end,
                                          append_record, flush_and_ask, append_record, look_at_end};
static crew_role *const in_pairs[] = {append_record, count_in_view, write_region, grow_a_little,
                                      append_record, read_recent,   view_region,  open_another};

static void hold_everything(crew_board *board, const char *path) {
  must_hold_everything(board, path);
  tell_figure("concurrent operations", atomic_load(&board->operations));
}

static crew of_crew(crew_role *const *roles, unsigned processes) {
  uint64_t rounds = SANITIZED ? how_many(400, 20000) : how_many(3000, 150000);
  return (crew){.roles = roles,
                .workers = MOST_WORKERS,
                .processes = processes,
                .flags = TOME_WRITE,
                .rounds = rounds,
                .at_the_end = hold_everything};
}

static void eight_threads_of_all_kinds_agree_on_every_byte(void **state) {
  (void)state;
  crew all = of_crew(everybody, 1);
  run_crew(&all);
}

static void eight_threads_with_views_agree_on_every_byte(void **state) {
  (void)state;
  needs_whole_last_pages();
  crew all = of_crew(mostly_views, 1);
  run_crew(&all);
}

static void four_processes_of_two_threads_agree_on_every_byte(void **state) {
  (void)state;
  crew all = of_crew(in_pairs, 4);
  run_crew(&all);
}

static void no_size_is_seen_before_its_bytes(void **state) {
  (void)state;
  crew all = of_crew(only_appends, 4);
  run_crew(&all);
  all = of_crew(only_appends, 1);
  run_crew(&all);
}

/* ---- planted bugs ---- */

static os_calls real;

/* As who asks where the end is and then writes there. */
static ssize_t append_in_two_steps(int fd, const struct iovec *v, int count, off_t at, int flags) {
  struct stat status;
  (void)count, (void)at, (void)flags;
  real.fstat(fd, &status);
  sched_yield();
  ssize_t n = real.pwrite(fd, v->iov_base, v->iov_len, status.st_size);
  real.lseek(fd, status.st_size + n, SEEK_SET);
  return n;
}

static void appends_in_two_steps(void) {
  real = tome__os_calls;
  tome__os_calls.pwritev2 = append_in_two_steps;
}

/* Now and then long enough for another process to look; not always, as its own threads wait for the map's lock meanwhile. */
static void be_slow_at_times(void) {
  static atomic_uint turn;
  if (atomic_fetch_add(&turn, 1) % 8 == 0)
    usleep(2000);
}

static ssize_t append_size_first(int fd, const struct iovec *v, int count, off_t at, int flags) {
  static const char zeros[MOST_RECORD];
  struct iovec room = {(void *)(uintptr_t)zeros, v->iov_len};
  (void)count;
  ssize_t n = real.pwritev2(fd, &room, 1, at, flags);
  off_t end = real.lseek(fd, 0, SEEK_CUR);
  be_slow_at_times();
  return real.pwrite(fd, v->iov_base, (size_t)n, end - n);
}

static void size_before_bytes(void) {
  real = tome__os_calls;
  tome__os_calls.pwritev2 = append_size_first;
}

static int fallocate_by_ftruncate(int fd, int mode, off_t offset, off_t n) {
  if (mode & FALLOC_FL_KEEP_SIZE)
    return real.fallocate(fd, mode, offset, n);
  be_slow_at_times();
  return real.ftruncate(fd, offset + n);
}

static void growth_that_cuts(void) {
  real = tome__os_calls;
  tome__os_calls.fallocate = fallocate_by_ftruncate;
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer leaves too few rounds for two processes to meet for certain");
  crew pairs = of_crew(in_pairs, 4), appends = of_crew(only_appends, 4);
  must_meet_bug(5, "appends of two processes that are not atomic", appends_in_two_steps, run_crew,
                &appends);
  must_meet_bug(5, "a size that is seen before its bytes", size_before_bytes, run_crew, &appends);
  must_meet_bug(5, "a resize that cuts off what others append", growth_that_cuts, run_crew, &pairs);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(eight_threads_of_all_kinds_agree_on_every_byte),
      TEST(eight_threads_with_views_agree_on_every_byte),
      TEST(four_processes_of_two_threads_agree_on_every_byte),
      TEST(no_size_is_seen_before_its_bytes),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
