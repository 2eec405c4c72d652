/* A real file system on a device that fails: ext4 on a loop device over the flaky disk, over an image that is cut, and over an
 * image for which there is too little room. */
#include "calls.h"
#include "flaky_mount.h"
#include "planted_bug.h"
#include "planted_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES = 64, BAD = 10 };
#define SIZE (PAGES * PAGE)
#define BAD_AT (BAD * PAGE)

static char path[512];

/* ---- the file system ---- */

static void mount_ext4(const char *image, const char *options) {
  char command[2048];
  must(mkdir(in_dir("disk"), 0755) == 0 || errno == EEXIST);
  snprintf(command, sizeof command,
           "PATH=$PATH:/sbin:/usr/sbin; mkfs.ext4 -q -F -m 0 -b 4096 %s '%s' >/dev/null 2>&1 && "
           "mount -t ext4 -o loop '%s' '%s' >&2",
           options, image, image, in_dir("disk"));
  if (system(command) != 0)
    exit_unable("no ext4 can be made and mounted (no mkfs.ext4, no loop device or not root)");
}

static void sync_plainly(const char *file) {
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  must(fd >= 0);
  must_equal(fsync(fd), 0);
  must_equal(syncfs(fd), 0);
  must_equal(close(fd), 0);
}

/* Where a page of the file lies on the device. */
static uint64_t place_of(uint64_t offset) {
  union {
    struct fiemap head;
    unsigned char space[sizeof(struct fiemap) + sizeof(struct fiemap_extent)];
  } ask = {.head = {.fm_start = offset, .fm_length = PAGE, .fm_extent_count = 1}};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must_equal(ioctl(fd, FS_IOC_FIEMAP, &ask), 0);
  must_equal(close(fd), 0);
  must_equal(ask.head.fm_mapped_extents, 1);
  return ask.head.fm_extents[0].fe_physical + (offset - ask.head.fm_extents[0].fe_logical);
}

/* A file of the pattern, with nothing of it in memory but what the device below still has. */
static void make_file_on_disk(void) {
  snprintf(path, sizeof path, "%s", make_pattern_file("disk/file", SIZE));
  sync_plainly(path);
}

static void end_disk(void) {
  must_equal(umount(in_dir("disk")), 0);
}

/* ---- reading ---- */

/* `end` is where the bad bytes end. */
static void must_lose_to(tome *map, uint64_t end) {
  unsigned char *got = malloc(SIZE);
  uint64_t bad = end - BAD_AT < 4 * PAGE - 5 ? end - BAD_AT : 4 * PAGE - 5;
  must_fail(tome_read(map, BAD_AT - 2 * PAGE, got, 6 * PAGE - 5), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  must(tome_error_last()->length > 0 && tome_error_last()->length <= bad);
  must_fail_at(tome_read(map, BAD_AT + 3, got, 4), TOME_ELOST, BAD_AT + 3, 4);
  must_read_pattern(map, 0, BAD_AT);
  if (end < SIZE)
    must_read_pattern(map, end, SIZE - end);
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  must_be_pattern(view.data, 0, BAD_AT);
  must_be_zero((char *)view.data + BAD_AT, PAGE);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  uint64_t at = 77;
  must_fail(tome_find(map, "\0\0\0", 3, 0, TOME_END, &at), TOME_ELOST);
  must_equal(tome_error_last()->offset, BAD_AT);
  free(got);
}

static void must_be_healed(tome *map, uint64_t mapped) {
  must_read_pattern(map, 0, SIZE);
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  must_be_pattern(view.data, 0, SIZE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_check(map, NULL));
  if (forced_window() == 0)
    must_equal(mapped_bytes(path), mapped);
  must_succeed(tome_close(map));
}

static void read_bad_sector(void) {
  mount_ext4(flaky_file(), "");
  make_file_on_disk();
  uint64_t place = place_of(BAD_AT);
  const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY};
  for (int i = 0; i < 3; i++) {
    note("flags %u", flags[i]);
    drop_pages(path);
    drop_pages(flaky_file());
    flaky_fail("read", place, place + PAGE, EIO);
    tome *map = open_map(path, flags[i]);
    uint64_t mapped = mapped_bytes(path);
    must_lose_to(map, BAD_AT + PAGE);
    unsigned long struck = flaky_struck("read");
    must(struck > 0);
    tell_figure("reads that the device refused", struck);
    flaky_clear();
    must_be_healed(map, mapped);
  }
  end_disk();
}

static void a_bad_sector_below_ext4_is_named_and_heals(void **state) {
  (void)state;
  on_flaky_disk(32, 0, read_bad_sector);
}

/* The image is cut at the file's eleventh page, and mended. */
static void read_cut_image(void) {
  make_file_on_disk();
  char image[512];
  snprintf(image, sizeof image, "%s", in_dir("images/image"));
  size_t length;
  unsigned char *whole = read_file(image, &length);
  uint64_t place = place_of(BAD_AT);
  tome *map = open_map(path, TOME_READ);
  uint64_t mapped = mapped_bytes(path);
  drop_pages(path);
  must_equal(truncate(image, (off_t)place), 0);
  must_lose_to(map, SIZE);
  tell_figure("device images cut", 1);
  int fd = open(image, O_WRONLY | O_CLOEXEC);
  must_equal(pwrite(fd, whole + place, length - place, (off_t)place), length - place);
  must_equal(close(fd), 0);
  free(whole);
  must_be_healed(map, mapped);
}

static void bytes_behind_the_end_of_a_cut_device_are_lost_and_heal(void **state) {
  (void)state;
  on_disk(DISK_EXT4, read_cut_image);
}

/* ---- write-back ---- */

static const int levels[] = {TOME_FLUSH_START, TOME_FLUSH_WRITTEN, TOME_FLUSH_DURABLE};

static void must_stick(tome *map, int code) {
  for (int level = 0; level < 3; level++) {
    must_fail_at(tome_flush(map, 0, 1, levels[level]), code, 0, 1);
    must_fail_at(tome_flush(map, BAD_AT, 2 * PAGE, levels[level]), code, BAD_AT, 2 * PAGE);
  }
}

static int plain_sync(void) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(fd >= 0);
  int r = fsync(fd);
  must_equal(close(fd), 0);
  return r;
}

static int level_now;

static void write_bad_sector(void) {
  char got[16];
  mount_ext4(flaky_file(), "");
  make_file_on_disk();
  uint64_t place = place_of(BAD_AT);
  tome *map = open_map(path, TOME_WRITE), *other = open_map(path, TOME_WRITE);
  must_succeed(tome_write(map, BAD_AT, "never on the disk", 16));
  flaky_fail("write", place, place + PAGE, EIO);
  must_fail_at(tome_flush(map, BAD_AT + 1, 3 * PAGE, level_now), TOME_EIO, BAD_AT + 1, 3 * PAGE);
  unsigned long struck = flaky_struck("write");
  must(struck > 0);
  tell_figure("writes that the device refused", struck);
  flaky_clear();
  must_stick(map, TOME_EIO);
  must_stick(other, TOME_EIO);
  must_equal(plain_sync(), 0); /* the system has forgotten */
  tome *later = open_map(path, TOME_WRITE);
  must_stick(later, TOME_EIO);
  tome_close(map);
  tome_close(other);
  tome_close(later);
  drop_pages(path);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must_equal(pread(fd, got, sizeof got, (off_t)BAD_AT), sizeof got);
  must_be_pattern(got, BAD_AT, sizeof got); /* and the store is not there */
  must_equal(close(fd), 0);
  end_disk();
}

static void a_sector_that_cannot_be_written_below_ext4_fails_every_flush(void **state) {
  (void)state;
  for (int i = 1; i < 3; i++) {
    level_now = levels[i];
    on_flaky_disk(32, 0, write_bad_sector);
  }
}

/* ---- a disk that promised more than it has ---- */

static void mount_thin_disk(void) {
  enter_namespace();
  must(mkdir(in_dir("thin"), 0755) == 0 || errno == EEXIST);
  if (mount("tmpfs", in_dir("thin"), "tmpfs", 0, "size=6m") != 0)
    exit_unable("no tmpfs can be mounted");
  /* Without a journal, whose own errors would make the file system read-only. */
  mount_ext4(make_hole("thin/image", UINT64_C(32) << 20), "-O ^has_journal -E lazy_itable_init=1");
}

static void flush_thin_disk(void *context) {
  (void)context;
  const size_t length = (size_t)16 << 20;
  mount_thin_disk();
  snprintf(path, sizeof path, "%s", in_dir("disk/file"));
  void *bytes = new_pattern(0, length);
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE | TOME_GROW);
  must_succeed(tome_write(map, 0, bytes, length)); /* ext4 has room for it */
  int code = tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE);
  must(code == TOME_ENOSPC || code == TOME_EIO);
  must_equal(tome_error_last()->offset, 0);
  must_equal(tome_error_last()->length, length);
  int forgotten = 0;
  for (int i = 0; i < 3; i++)
    forgotten += plain_sync() == 0;
  must(forgotten > 0);
  tome *later = open_map(path, TOME_WRITE);
  must_stick(map, code);
  must_stick(later, code);
  tell_figure("failed flushes that the system forgot", (uint64_t)forgotten);
  tome_close(later);
  tome_close(map);
  free(bytes);
}

static void a_disk_with_less_behind_it_than_it_says_goes_on_failing(void **state) {
  (void)state;
  in_child(flush_thin_disk, NULL);
}

/* ---- broken on purpose ---- */

static int msync_swallowing(void *address, size_t length, int flags) {
  msync(address, length, flags);
  return 0;
}

static void swallow_errors(void) {
  plant_call("msync", (any_call *)msync_swallowing);
  tome__os_calls.fdatasync = sync_nothing;
  tome__os_calls.fsync = sync_nothing;
}

static void a_swallowed_error_of_a_device_is_noticed(void **state) {
  (void)state;
  must_find_bug("the error of a thin disk is swallowed", swallow_errors, flush_thin_disk, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_bad_sector_below_ext4_is_named_and_heals),
      TEST(bytes_behind_the_end_of_a_cut_device_are_lost_and_heal),
      TEST(a_sector_that_cannot_be_written_below_ext4_fails_every_flush),
      TEST(a_disk_with_less_behind_it_than_it_says_goes_on_failing),
      TEST(a_swallowed_error_of_a_device_is_noticed),
  };
  return run_matching(tests, count, arguments);
}
