/* A block device as memory: a loop device over a file, which needs root. */
#include "test_support.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SIZE ((size_t)64 * PAGE)

static char device[64];

/* Attach the image to a device that is free now; another process may be faster. */
static int attach_image(int control, int image) {
  int number = ioctl(control, LOOP_CTL_GET_FREE);
  snprintf(device, sizeof device, "/dev/loop%d", number);
  int loop = open(device, O_RDWR | O_CLOEXEC);
  if (loop >= 0 && ioctl(loop, LOOP_SET_FD, image) == 0)
    return loop;
  close(loop);
  return -1;
}

/* A device over a file of the pattern, which is freed when all have closed it. Returns a descriptor, or -1. */
static int attach_device(void) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop = -1;
  if (control < 0)
    return -1;
  int image = open(make_pattern_file("image", SIZE), O_RDWR | O_CLOEXEC);
  for (int time = 0; loop < 0 && time < 20; time++)
    loop = attach_image(control, image);
  close(control);
  close(image);
  struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR};
  if (loop >= 0)
    must_equal(ioctl(loop, LOOP_SET_STATUS64, &info), 0);
  return loop;
}

static const char no_device[] = "no loop device can be had (not root?)";

static void a_device_is_read_and_searched_like_a_file(void **state) {
  (void)state;
  int loop = attach_device();
  if (loop < 0)
    skip_because(no_device);
  tome *map = open_map(device, TOME_READ);
  must_equal(tome_size(map), SIZE);
  must_read_pattern(map, 0, SIZE);
  unsigned char needle[8];
  uint64_t at;
  fill_pattern(needle, 40 * PAGE - 3, 8);
  must_return(tome_find(map, needle, 8, 0, TOME_END, &at), 1);
  must_equal(at, 40 * PAGE - 3);
  char byte;
  must_fail(tome_read(map, SIZE, &byte, 1), TOME_ERANGE);
  tome_info info = {.struct_size = sizeof info};
  must_succeed(tome_info_get(map, &info));
  must_equal(info.kind, TOME_KIND_BLOCK);
  must_equal(info.file_size, SIZE);
  must_equal(strcmp(info.file_system, "unknown"), 0); /* its name lies on one; it does not */
  must_succeed(tome_close(map));
  close(loop);
}

static void a_device_is_written_and_flushed_like_a_file(void **state) {
  (void)state;
  int loop = attach_device();
  if (loop < 0)
    skip_because(no_device);
  tome *map = open_part(device, TOME_WRITE, PAGE + 1, 10 * PAGE);
  must_equal(tome_size(map), 10 * PAGE);
  must_succeed(tome_write(map, PAGE - 3, "stored", 6));
  must_succeed(tome_fill(map, 5 * PAGE, PAGE, 0));
  tome_view view = begin_view(map, 0, 6, TOME_VIEW_WRITE);
  memcpy(view.data, "viewed", 6);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(map));
  unsigned char *want = new_pattern(0, SIZE);
  memcpy(want + PAGE + 1, "viewed", 6);
  memcpy(want + 2 * PAGE - 2, "stored", 6);
  memset(want + 6 * PAGE + 1, 0, PAGE);
  must_be_file(in_dir("image"), want, SIZE);
  free(want);
  close(loop);
}

static void a_device_does_not_grow(void **state) {
  (void)state;
  int loop = attach_device();
  if (loop < 0)
    skip_because(no_device);
  tome *map = open_map(device, TOME_WRITE | TOME_GROW);
  uint64_t at = 77;
  must(tome_append(map, "x", 1, &at) < 0);
  must(tome_write(map, SIZE, "x", 1) < 0);
  must(tome_resize(map, 2 * SIZE) < 0);
  must_equal(at, 77);
  must_equal(tome_size(map), SIZE);
  must_read_pattern(map, 0, SIZE);
  must_succeed(tome_close(map));
  close(loop);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_device_is_read_and_searched_like_a_file),
      TEST(a_device_is_written_and_flushed_like_a_file),
      TEST(a_device_does_not_grow),
  };
  return run_matching(tests, count, arguments);
}
