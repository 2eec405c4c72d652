/* The largest file there can be, and more maps than anybody has. */
#include "test_support.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SIZE = 1000 };

/* Pages of 4 KiB, in a number of 32 bits: further on, processes with such addresses can map nothing. */
static int can_be_mapped(uint64_t offset) {
  return sizeof(void *) > 4 || offset < UINT64_C(1) << 44;
}

static void is_read_all_the_same(tome *map, int fd, uint64_t offset) {
  tome_view view;
  char got[5];
  must_fail(tome_write(map, offset, "bytes", 5), TOME_ENOMEM);
  must_fail(tome_view_begin(map, offset, 5, TOME_VIEW_READ, &view), TOME_ENOMEM);
  must_succeed(tome_read(map, offset, got, 5));
  must_be_zero(got, 5);
  must_equal(pwrite(fd, "bytes", 5, (off_t)offset), 5);
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_read(map, offset, got, 5));
    must_be_bytes(got, "bytes", 5);
  }
}

/* ext4 stops at 16 TiB; a file of the largest size that can be mapped needs a file system such as tmpfs. */
static void a_file_of_8_eib_is_read_and_written_at_both_ends(void **state) {
  (void)state;
  char path[] = "/dev/shm/tome-unit-XXXXXX";
  int fd = mkstemp(path);
  if (fd < 0)
    skip_because("no /dev/shm to make a file in");
  const uint64_t size = (UINT64_C(1) << 63) - PAGE;
  int made = ftruncate(fd, (off_t)size);
  if (made != 0) {
    close(fd);
    unlink(path);
    skip_because("the file system of /dev/shm has no files of 8 EiB");
  }
  tome *map = open_map(path, TOME_WRITE);
  unlink(path);
  const uint64_t places[] = {0, PAGE - 2, size / 2, size - 5, size - 2 * PAGE};
  char got[5];
  must_equal(tome_size(map), size);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    note("at %llu", (unsigned long long)places[i]);
    if (!can_be_mapped(places[i])) {
      is_read_all_the_same(map, fd, places[i]);
      continue;
    }
    must_succeed(tome_read(map, places[i], got, 5));
    must_be_zero(got, 5);
    must_succeed(tome_write(map, places[i], "bytes", 5));
    for (int time = 0; time < 2; time++) {
      must_succeed(tome_read(map, places[i], got, 5));
      must_be_bytes(got, "bytes", 5);
    }
    tome_view view = begin_view(map, places[i], 5, TOME_VIEW_READ);
    must_be_bytes(view.data, "bytes", 5);
    must_succeed(tome_view_end(&view));
  }
  must_fail(tome_read(map, size, got, 1), TOME_ERANGE);
  must_fail(tome_resize(map, (uint64_t)INT64_MAX + 1), TOME_EFBIG);
  uint64_t at;
  must_return(tome_find(map, "bytes", 5, size - 3 * PAGE - 7, TOME_END, &at), 1);
  must_equal(at, size - 2 * PAGE);
  must_return(tome_rfind(map, "bytes", 5, size - 3 * PAGE - 7, TOME_END, &at), 1);
  must_equal(at, size - 5);
  must_succeed(tome_close(map));
  must_equal(close(fd), 0);
}

/* A quarter of 47 bits. */
static int can_be_had(void) {
  const size_t length = (size_t)(UINT64_C(1) << 45);
  void *space = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return space != MAP_FAILED && munmap(space, length) == 0;
}

static void thousands_of_maps_leave_most_of_the_address_space(void **state) {
  (void)state;
  enum { MAPS = 3000 };
  struct rlimit files;
  must_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
  if (SANITIZED || sizeof(void *) == 4)
    skip_because("a sanitizer, and 32 bits, leave less address space");
  if (!can_be_had())
    skip_because("an emulator's program has less address space");
  const rlim_t wanted = 2 * MAPS + 100; /* some systems take a second descriptor to append with */
  struct rlimit more = {wanted, files.rlim_max > wanted ? files.rlim_max : wanted};
  if (setrlimit(RLIMIT_NOFILE, &more) != 0)
    skip_because("so many files may not be open here");
  const char *path = make_pattern_file("file", SIZE);
  tome **maps = calloc(MAPS, sizeof(tome *));
  for (int i = 0; i < MAPS; i++)
    maps[i] = open_map(path, TOME_WRITE);
  must(can_be_had());
  must_succeed(tome_append(maps[0], "grows", 5, NULL));
  for (int i = 0; i < MAPS; i++)
    must_succeed(tome_close(maps[i]));
  free(maps);
  must_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_file_of_8_eib_is_read_and_written_at_both_ends),
      TEST(thousands_of_maps_leave_most_of_the_address_space),
  };
  return run_matching(tests, count, arguments);
}
