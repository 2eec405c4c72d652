/* A system that takes any advice and follows none, as emulators and sandboxes do. Whether it does is asked once in a process:
 * here it is such a system from the beginning. */
#include "calls.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

static int follow_nothing(void *at, size_t n, int advice) {
  (void)at, (void)n, (void)advice;
  return 0;
}

static void store_into_hole(void) {
  const size_t size = 64 * page_size();
  static char bytes[4096];
  const char *path = make_hole("disk/file", size);
  leave_free(2);
  memset(bytes, 'x', sizeof bytes);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_write(map, 0, bytes, sizeof bytes));
  must_fail(tome_fill(map, 2 * page_size(), 20 * page_size(), 'x'), TOME_ENOSPC);
  must_be_hole(path, page_size(), size - page_size());
  must_succeed(tome_close(map));
}

static void a_full_disk_is_noticed_before_the_store(void **state) {
  (void)state;
  on_disk(DISK_SMALL, store_into_hole);
}

static void what_is_stored_is_there(void **state) {
  (void)state;
  const size_t size = 300 * page_size();
  const char *path = make_hole("file", size);
  char *bytes = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_write(map, 0, bytes, size));
  must_read_pattern(map, 0, size);
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  must_succeed(tome_close(map));
  must_be_file(path, bytes, size);
  free(bytes);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_full_disk_is_noticed_before_the_store),
      TEST(what_is_stored_is_there),
  };
  tome__os_calls.madvise = follow_nothing;
  return run_matching(tests, count, arguments);
}
