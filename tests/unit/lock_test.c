/* Locking: what the process has locked, as the kernel counts it, is at any time what was asked for; and what cannot be locked is
 * told, and leaves nothing behind. */
#include "calls.h"
#include "emulator_limits.h"
#include "page_model.h"
#include "system_abilities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGES = 64 };

static uint64_t locked(void) {
  return process_figure("VmLck");
}

static void skip_if_nothing_may_be_locked(void) {
  struct rlimit limit;
  must_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
  if (geteuid() != 0 && limit.rlim_cur < 4 * PAGES * PAGE)
    skip_because("this user may lock too little memory");
}

static const char *make_lockable_file(void) {
  skip_if_nothing_may_be_locked();
  return make_pattern_file("file", PAGES * PAGE);
}

static void whole_pages_are_locked_until_they_are_unlocked(void **state) {
  (void)state;
  const char *path = make_lockable_file();
  drop_file(path);
  const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY};
  for (int i = 0; i < 3; i++) {
    tome *map = open_map(path, flags[i]);
    must_succeed(tome_lock(map, 2 * PAGE - 1, PAGE + 2));
    must_equal(locked(), 3 * PAGE);
    must_equal(pages_there(path, 1, 3), 3);
    must_succeed(tome_lock(map, 0, TOME_END));
    must_equal(locked(), PAGES * PAGE);
    must_equal(pages_there(path, 0, PAGES), PAGES);
    must_succeed(tome_unlock(map, 0, TOME_END));
    must_equal(locked(), 0);
    must_read_pattern(map, 0, PAGES * PAGE);
    must_succeed(tome_close(map));
  }
}

static void locks_do_not_add_up(void **state) {
  (void)state;
  tome *map = open_map(make_lockable_file(), TOME_WRITE);
  must_succeed(tome_lock(map, 0, 10 * PAGE));
  must_succeed(tome_lock(map, 5 * PAGE, 10 * PAGE));
  must_succeed(tome_lock(map, 0, 15 * PAGE));
  must_equal(locked(), 15 * PAGE);
  must_succeed(tome_unlock(map, 0, 15 * PAGE));
  must_equal(locked(), 0);
  must_succeed(tome_unlock(map, 0, 15 * PAGE));
  must_equal(locked(), 0);
  must_succeed(tome_close(map));
}

static void a_close_unlocks(void **state) {
  (void)state;
  const char *path = make_lockable_file();
  tome *map = open_map(path, TOME_READ), *other = open_map(path, TOME_READ);
  must_succeed(tome_lock(map, 0, 30 * PAGE));
  must_succeed(tome_lock(other, 0, 7 * PAGE));
  must_equal(locked(), 37 * PAGE);
  must_succeed(tome_close(map));
  must_equal(locked(), 7 * PAGE);
  must_succeed(tome_close(other));
  must_equal(locked(), 0);
}

/* Against one flag for each page. */
static void any_order_of_locks_and_unlocks_is_right(void **state) {
  (void)state;
  const char *path = make_lockable_file();
  const uint64_t origin = 3 * PAGE + 17, size = 50 * PAGE + 40;
  for (uint64_t seed = 1; seed <= how_many(3, 100); seed++) {
    dice any = dice_from(seed);
    unsigned char model[PAGES] = {0};
    tome *map = open_part(path, TOME_READ, origin, size);
    for (int i = 0; i < 150; i++) {
      uint64_t offset = roll_near_page(&any, size);
      uint64_t length = roll_near_page(&any, (size - offset) / (1 + roll(&any, 8)));
      int locks = roll(&any, 5) < 3;
      note("seed %d, step %d: %d, %d bytes at %d", (int)seed, i, locks, (int)length, (int)offset);
      must_succeed(locks ? tome_lock(map, offset, length) : tome_unlock(map, offset, length));
      if (length > 0)
        memset(model + (origin + offset) / PAGE, locks,
               (size_t)((origin + offset + length - 1) / PAGE - (origin + offset) / PAGE + 1));
      uint64_t want = 0;
      for (int page = 0; page < PAGES; page++)
        want += model[page] * PAGE;
      must_equal(locked(), want);
      if (roll(&any, 20) == 0) {
        must_succeed(tome_evict(map, 0, TOME_END));
        for (uint64_t page = 0; page < PAGES; page++)
          must(!model[page] || pages_there(path, page, 1) == 1);
      }
    }
    must_read_pattern(map, 0, 0);
    must_succeed(tome_close(map));
    must_equal(locked(), 0);
  }
}

static void what_is_locked_is_not_evicted(void **state) {
  (void)state;
  if (!system_lets_go())
    skip_because("this system keeps what the process has touched");
  const char *path = make_lockable_file();
  drop_file(path);
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 0, PAGES * PAGE, TOME_VIEW_READ);
  must_be_pattern(view.data, 0, PAGES * PAGE);
  must_succeed(tome_lock(map, 10 * PAGE, 5 * PAGE));
  must_succeed(tome_lock(map, 40 * PAGE, PAGE));
  must_evict(map, 0, TOME_END, path, 0, 10);
  must_evict(map, 0, TOME_END, path, 15, 25);
  must_evict(map, 0, TOME_END, path, 41, PAGES - 41);
  must_equal(pages_there(path, 10, 5), 5);
  must_equal(pages_there(path, 40, 1), 1);
  must_succeed(tome_unlock(map, 0, TOME_END));
  must_evict(map, 0, TOME_END, path, 0, PAGES);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

/* A private page that was never stored into is still the file's. */
static void locking_a_private_map_copies_nothing(void **state) {
  (void)state;
  const char *path = make_lockable_file();
  tome *map = open_map(path, TOME_COPY);
  must_succeed(tome_write(map, 3 * PAGE, "mine", 4));
  must_succeed(tome_lock(map, 0, TOME_END));
  write_elsewhere(path, 20 * PAGE, "theirs", 6);
  char got[6];
  must_succeed(tome_read(map, 20 * PAGE, got, 6));
  must_be_bytes(got, "theirs", 6);
  must_succeed(tome_read(map, 3 * PAGE, got, 4));
  must_be_bytes(got, "mine", 4);
  must_succeed(tome_close(map));
}

static void anonymous_memory_can_be_locked(void **state) {
  (void)state;
  skip_if_nothing_may_be_locked();
  tome *map = open_anonymous(PAGES * PAGE);
  must_succeed(tome_write(map, 0, "x", 1));
  must_succeed(tome_lock(map, 0, TOME_END));
  must_equal(locked(), PAGES * PAGE);
  must_succeed(tome_close(map));
}

/* ---- the limit ---- */

static void limit_to(uint64_t bytes) {
  struct rlimit limit = {bytes, bytes};
  must_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
  become_nobody(); /* who has no CAP_IPC_LOCK */
}

static void must_be_refused_all(void *path) {
  tome *map = open_map(path, TOME_READ);
  limit_to(0);
  must_fail_at(tome_lock(map, 5, 10), TOME_ELIMIT, 5, 10);
  must(strstr(tome_error_last()->detail, "ulimit -l") != NULL);
  must_equal(locked(), 0);
  must_succeed(tome_unlock(map, 0, TOME_END));
  must_succeed(tome_close(map));
}

static void who_may_lock_nothing_is_told(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_pattern_file("file", PAGES * PAGE));
  in_child(must_be_refused_all, path);
}

static void must_keep_to_the_limit(void *path) {
  char limit[32];
  tome *map = open_map(path, TOME_READ);
  limit_to(10 * PAGE);
  must_succeed(tome_lock(map, 0, 4 * PAGE));
  must_fail(tome_lock(map, 0, 20 * PAGE), TOME_ELIMIT);
  snprintf(limit, sizeof limit, "%zu bytes", 10 * PAGE);
  must(strstr(tome_error_last()->detail, limit) != NULL);
  must_equal(locked(), 4 * PAGE);
  must_fail(tome_lock(map, 30 * PAGE, 7 * PAGE), TOME_ELIMIT);
  must_equal(locked(), 4 * PAGE);
  must_succeed(tome_lock(map, 30 * PAGE, 6 * PAGE));
  must_equal(locked(), 10 * PAGE);
  must_succeed(tome_lock(map, 1, 3 * PAGE));
  must_succeed(tome_close(map));
  must_equal(locked(), 0);
}

static void a_lock_beyond_the_limit_changes_nothing(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_pattern_file("file", PAGES * PAGE));
  in_child(must_keep_to_the_limit, path);
}

/* ---- files that change ---- */

static void a_lock_beyond_a_cut_locks_nothing(void **state) {
  (void)state;
  if (!locks_on_fault())
    skip_because("where locking reads at once, a page that cannot be had is no memory");
  const uint32_t flags[] = {TOME_READ, TOME_WRITE};
  for (int i = 0; i < 2; i++) {
    const char *path = make_lockable_file();
    tome *map = open_map(path, flags[i]);
    must_succeed(tome_lock(map, 2 * PAGE, PAGE));
    truncate_elsewhere(path, 30 * PAGE + 5);
    must_fail_at(tome_lock(map, 0, PAGES * PAGE), TOME_ELOST, 30 * PAGE + 5,
                 (PAGES - 30) * PAGE - 5);
    must_equal(locked(), PAGE);
    must_fail_at(tome_lock(map, 40 * PAGE, PAGE), TOME_ELOST, 40 * PAGE, PAGE);
    must_equal(locked(), PAGE);
    must_succeed(tome_lock(map, 0, 30 * PAGE));
    must_equal(locked(), 30 * PAGE);
    tome_close(map);
  }
}

/* A private map is not read by call first: here the kernel finds the page missing. */
static void a_private_map_of_a_file_that_was_cut_locks_nothing(void **state) {
  (void)state;
  if (!locks_on_fault())
    skip_because("where locking reads at once, a page that cannot be had is no memory");
  const char *path = make_lockable_file();
  tome *map = open_map(path, TOME_COPY);
  truncate_elsewhere(path, 30 * PAGE);
  must_fail_at(tome_lock(map, 10 * PAGE + 3, TOME_END), TOME_ELOST, 30 * PAGE, PAGE);
  must_equal(locked(), 0);
  must_succeed(tome_close(map));
}

static void shrinking_unlocks_and_growing_locks_nothing(void **state) {
  (void)state;
  needs_whole_last_pages();
  tome *map = open_map(make_lockable_file(), TOME_WRITE | TOME_GROW);
  must_succeed(tome_lock(map, 10 * PAGE, 40 * PAGE));
  must_succeed(tome_lock(map, 60 * PAGE, PAGE));
  must_succeed(tome_resize(map, 20 * PAGE + 1));
  must_equal(locked(), 11 * PAGE);
  must_succeed(tome_resize(map, 100 * PAGE));
  must_equal(locked(), 11 * PAGE);
  must_succeed(tome_append(map, "more", 4, NULL));
  must_equal(locked(), 11 * PAGE);
  must_succeed(tome_lock(map, 90 * PAGE, TOME_END));
  must_equal(locked(), 22 * PAGE);
  must_succeed(tome_close(map));
}

static void a_cut_that_is_adopted_unlocks(void **state) {
  (void)state;
  const char *path = make_lockable_file();
  tome *map = open_map(path, TOME_READ);
  must_succeed(tome_lock(map, 0, TOME_END));
  truncate_elsewhere(path, 5 * PAGE);
  must_succeed(tome_refresh(map));
  must_equal(locked(), 5 * PAGE);
  must_succeed(tome_close(map));
}

/* What lay under a patch is another mapping afterwards. */
static void what_was_lost_can_be_locked_again(void **state) {
  (void)state;
  char byte;
  const char *path = make_lockable_file();
  void *bytes = new_pattern(0, PAGES * PAGE);
  tome *map = open_map(path, TOME_READ);
  must_read_pattern(map, 0, PAGES * PAGE);
  must_succeed(tome_lock(map, 0, TOME_END));
  truncate_elsewhere(path, 5 * PAGE);
  must_fail(tome_read(map, 20 * PAGE, &byte, 1), TOME_ELOST);
  write_elsewhere(path, 0, bytes, PAGES * PAGE);
  must_succeed(tome_lock(map, 0, TOME_END));
  must_equal(locked(), PAGES * PAGE);
  must_read_pattern(map, 0, PAGES * PAGE);
  must_succeed(tome_unlock(map, 0, TOME_END));
  must_equal(locked(), 0);
  must_succeed(tome_close(map));
  free(bytes);
}

/* ---- a child, and ranges ---- */

static void must_lock_anew(void *map) {
  must_equal(locked(), 0);
  must_succeed(tome_lock(map, 0, 5 * PAGE));
  must_equal(locked(), 5 * PAGE);
  must_succeed(tome_unlock(map, 1 * PAGE, 2 * PAGE));
  must_equal(locked(), 3 * PAGE);
}

static void a_child_has_no_locks_and_can_have_its_own(void **state) {
  (void)state;
  tome *map = open_map(make_lockable_file(), TOME_READ);
  must_succeed(tome_lock(map, 0, 10 * PAGE));
  in_child(must_lock_anew, map);
  must_equal(locked(), 10 * PAGE);
  must_succeed(tome_close(map));
}

static void ranges_outside_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 2 * PAGE), TOME_READ);
  must_fail_at(tome_lock(map, 1, 2 * PAGE), TOME_ERANGE, 1, 2 * PAGE);
  must_fail(tome_lock(map, 2 * PAGE + 1, TOME_END), TOME_ERANGE);
  must_fail(tome_lock(map, UINT64_MAX, 1), TOME_ERANGE);
  must_fail(tome_lock(map, 1, UINT64_MAX - 1), TOME_ERANGE);
  must_fail_at(tome_unlock(map, 1, 2 * PAGE), TOME_ERANGE, 1, 2 * PAGE);
  must_fail(tome_unlock(map, UINT64_MAX, TOME_END), TOME_ERANGE);
  must_succeed(tome_lock(map, 2 * PAGE, TOME_END));
  must_succeed(tome_lock(map, 1, 0));
  must_succeed(tome_unlock(map, 1, 0));
  must_equal(locked(), 0);
  must_succeed(tome_close(map));
}

/* Part of the range lies in the base, the rest behind what it reserves. */
static void a_range_across_the_end_of_the_base_is_locked(void **state) {
  (void)state;
  tome_options options = test_options(TOME_WRITE | TOME_GROW);
  tome *map = NULL;
  const char *path = make_lockable_file();
  options.reserve = 1; /* no more than there is */
  must_succeed(tome_open(&map, path, TOME_WRITE | TOME_GROW, &options));
  must_succeed(tome_resize(map, 2 * PAGES * PAGE));
  must_succeed(tome_lock(map, 10 * PAGE, 100 * PAGE));
  must_equal(locked(), 100 * PAGE);
  must_succeed(tome_unlock(map, (PAGES - 1) * PAGE, 2 * PAGE));
  must_equal(locked(), 98 * PAGE);
  must_succeed(tome_lock(map, 0, TOME_END));
  must_equal(locked(), 2 * PAGES * PAGE);
  must_succeed(tome_evict(map, 0, TOME_END));
  must_equal(pages_there(path, 0, 2 * PAGES), 2 * PAGES);
  must_succeed(tome_unlock(map, 0, TOME_END));
  must_equal(locked(), 0);
  must_succeed(tome_close(map));
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
      TEST(whole_pages_are_locked_until_they_are_unlocked),
      TEST(locks_do_not_add_up),
      TEST(a_close_unlocks),
      TEST(any_order_of_locks_and_unlocks_is_right),
      TEST(what_is_locked_is_not_evicted),
      TEST(locking_a_private_map_copies_nothing),
      TEST(anonymous_memory_can_be_locked),
      TEST(who_may_lock_nothing_is_told),
      TEST(a_lock_beyond_the_limit_changes_nothing),
      TEST(a_lock_beyond_a_cut_locks_nothing),
      TEST(a_private_map_of_a_file_that_was_cut_locks_nothing),
      TEST(shrinking_unlocks_and_growing_locks_nothing),
      TEST(a_cut_that_is_adopted_unlocks),
      TEST(what_was_lost_can_be_locked_again),
      TEST(a_child_has_no_locks_and_can_have_its_own),
      TEST(ranges_outside_are_refused),
      TEST(a_range_across_the_end_of_the_base_is_locked),
  };
  return run_matching(tests, count, arguments);
}
