/* A full disk: growth, first stores into holes, overwriting. On each kind of file system every operation succeeds and its
 * bytes are really in the file, or it is TOME_ENOSPC and the file is what it was; nobody dies of a signal. */
#include "calls.h"
#include "disk_operations.h"
#include "planted_bug.h"
#include "system_abilities.h"

#include <sys/statvfs.h>
#include <unistd.h>

#define KIBI ((size_t)1 << 10)
#define MEBI (KIBI * KIBI)

static met counts;
static int copies_on_write;

/* Both sides of the border must be met. */
static void tell(void) {
  note("%u refused, %u done, %u told late", counts.refused, counts.done, counts.told_late);
  must(counts.refused > 0 && counts.done > 0);
  tell_figure("operations refused for want of space", counts.refused);
  tell_figure("operations on a nearly full disk that succeeded", counts.done);
  if (copies_on_write)
    tell_figure("stores refused or stopped half-way on a copy-on-write disk", counts.half_way);
  tell_figure("stores of views lost on a full disk and told", counts.told_late);
}

static void empty(void) {
  unlink(in_dir("disk/filler"));
}

/* Every so many pages free, through the whole mapping and through windows. */
static void fill_in_steps(size_t unit, const size_t *free_pages, size_t count) {
  for (size_t i = 0; i < count; i++)
    for (size_t way = 0; way < how_many(1, 2); way++) {
      size_t window = (i + way) % 2 * 16 * PAGE;
      run_operations(&(strike){.arrange = leave_free,
                               .ease = empty,
                               .pages = free_pages[i],
                               .unit = unit,
                               .window = window,
                               .code = TOME_ENOSPC,
                               .copies_on_write = copies_on_write},
                     &counts);
    }
}

#define IN_STEPS(unit, ...)                                                                        \
  fill_in_steps(unit, (const size_t[]){__VA_ARGS__},                                               \
                sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

static void fill_small(void) {
  IN_STEPS(PAGE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 20);
  tell();
}

static void on_tmpfs_an_operation_is_done_or_refused(void **state) {
  (void)state;
  on_disk(DISK_SMALL, fill_small);
}

/* Short ones, and ones of several pieces: a megabyte each. */
static void fill_large(void) {
  IN_STEPS(PAGE, 0, 1, 4, 6, 16);
  const size_t pages = 400 * KIBI / PAGE;
  IN_STEPS(MEBI / 4, 0, pages, 2 * pages, 3 * pages, 4 * pages, 7 * pages);
  tell();
}

/* Most of it is taken for good: without fallocate(2) filling it is writing it, each time. */
static void fill_ext2(void) {
  struct statvfs space;
  must_equal(statvfs(in_dir("disk"), &space), 0);
  size_t length = (size_t)space.f_bavail * space.f_bsize - MEBI;
  make_pattern_file("disk/ballast", length);
  fill_small();
}

static void on_ext2_an_operation_is_done_or_refused(void **state) {
  (void)state;
  needs_populated_pages();
  on_disk(DISK_EXT2, fill_ext2);
}

static void on_ext4_an_operation_is_done_or_refused(void **state) {
  (void)state;
  on_disk(DISK_EXT4, fill_large);
}

static void on_xfs_an_operation_is_done_or_refused(void **state) {
  (void)state;
  on_disk(DISK_XFS, fill_large);
}

/* In the child, so that no other test hears of it. */
static void fill_btrfs(void) {
  copies_on_write = 1;
  fill_large();
}

static void on_btrfs_an_operation_is_done_or_refused(void **state) {
  (void)state;
  on_disk(DISK_BTRFS, fill_btrfs);
}

/* ---- broken on purpose ---- */

static os_calls real;

/* What is to lie inside the file. */
static int no_fallocate(int fd, int mode, off_t offset, off_t length) {
  return mode != 0 ? 0 : real.fallocate(fd, mode, offset, length);
}

static int no_populate(void *at, size_t length, int advice) {
  return advice == 23 /* MADV_POPULATE_WRITE */ ? 0 : real.madvise(at, length, advice);
}

static void ask_for_no_blocks(void) {
  real = tome__os_calls;
  tome__os_calls.fallocate = no_fallocate;
  tome__os_calls.madvise = no_populate;
}

static void strike_small(void *context) {
  (void)context;
  on_disk(DISK_SMALL, fill_small);
}

static void blocks_that_are_not_asked_for_first_are_noticed(void **state) {
  (void)state;
  must_find_bug("blocks are not asked for first", ask_for_no_blocks, strike_small, NULL);
}

static void a_full_disk_without_the_guard_is_noticed(void **state) {
  (void)state;
  must_find_bug("the guard is off on a full disk", plant_no_guard, strike_small, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(on_tmpfs_an_operation_is_done_or_refused),
      TEST(on_ext2_an_operation_is_done_or_refused),
      TEST(on_ext4_an_operation_is_done_or_refused),
      TEST(on_xfs_an_operation_is_done_or_refused),
      TEST(on_btrfs_an_operation_is_done_or_refused),
      TEST(blocks_that_are_not_asked_for_first_are_noticed),
      TEST(a_full_disk_without_the_guard_is_noticed),
  };
  return run_matching(tests, count, arguments);
}
