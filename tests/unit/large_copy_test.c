/* Private copies of more than there is memory for. */
#include "test_support.h"

#include <sys/mman.h>
#include <unistd.h>

#define TEBI ((uint64_t)1 << 40)

static void must_read(tome *map, uint64_t offset, const char *want, size_t length) {
  char got[64];
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_read(map, offset, got, length));
    must_be_bytes(got, want, length);
  }
}

static int can_be_mapped(int fd) {
  const int protection = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_NORESERVE;
  void *all = mmap(NULL, (size_t)(5 * TEBI), protection, flags, fd, 0);
  return all != MAP_FAILED && munmap(all, (size_t)(5 * TEBI)) == 0;
}

static void stores_into_a_copy_of_a_huge_sparse_file_are_read_back(void **state) {
  (void)state;
  if (SANITIZED)
    skip_because("a sanitizer needs the address space");
  int fd = memfd_create("unit", MFD_CLOEXEC);
  must_equal(ftruncate(fd, (off_t)(5 * TEBI)), 0);
  tome *map = NULL;
  if (sizeof(void *) ==
      4) { /* what was stored is nowhere else, so a copy is always mapped as a whole */
    must_fail(tome_open_fd(&map, fd, TOME_COPY, NULL), TOME_ENOMEM);
    must(map == NULL);
    must_equal(close(fd), 0);
    skip_because("5 TiB do not fit 32 bits, which was refused as it should be");
  }
  if (!can_be_mapped(fd)) {
    must_equal(close(fd), 0);
    skip_because("an emulator's program has less address space than 5 TiB in one piece");
  }
  must_succeed(tome_open_fd(&map, fd, TOME_COPY, NULL));
  must_equal(close(fd), 0);
  const uint64_t places[] = {100, TEBI - 2, 3 * TEBI + 12345, 5 * TEBI - 5};
  for (int i = 0; i < 4; i++) {
    note("place %d", i);
    uint64_t at = 77;
    must_succeed(tome_write(map, places[i], "hello", 5));
    must_read(map, places[i], "hello", 5);
    uint64_t from = places[i] < PAGE ? 0 : places[i] - PAGE;
    must_return(tome_find(map, "hello", 5, from, places[i] + 5, &at), 1);
    must_equal(at, places[i]);
  }
  must_read(map, 105, "\0\0\0\0", 4);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(stores_into_a_copy_of_a_huge_sparse_file_are_read_back),
  };
  return run_matching(tests, count, arguments);
}
