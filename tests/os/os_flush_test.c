/* os.h: making what was stored last. What a power failure leaves cannot be seen here; that each level succeeds and harms nothing
 * can. */
#include "os_harness.h"

#include <string.h>

static const int levels[] = {TOME_FLUSH_START, TOME_FLUSH_WRITTEN, TOME_FLUSH_DURABLE};

static void stores_are_flushed_at_each_level(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE, granules(4));
  unsigned char *p = map_os_file(&file, granules(4), OS_WRITE);
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
    memset(p + granules(i), 0x55, 100);
    must_refuse(tome__os_flush(&file, granules(i) + 3, 50, levels[i]), 0);
    must_refuse(tome__os_flush(&file, 0, granules(4), levels[i]), 0);
  }
  unmap_os_file(p, granules(4));
  close_os_file(&file);
}

static void writes_are_flushed_at_each_level(void **state) {
  (void)state;
  os_file file = open_os_pattern("file", TOME_WRITE, 1000);
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
    size_t written = 0;
    must_refuse(tome__os_write(&file, 500 * i, "x", 1, &written), 0);
    must_refuse(tome__os_flush(&file, 500 * i, 1, levels[i]), 0);
  }
  close_os_file(&file);
}

static void a_new_file_and_its_name_are_flushed(void **state) {
  (void)state;
  os_file file = open_os_file(in_dir("new"), TOME_WRITE | TOME_CREATE);
  must_refuse(tome__os_extend(&file, 0, 5000, 0), 0);
  must_refuse(tome__os_flush(&file, 0, 5000, TOME_FLUSH_DURABLE), 0);
  must_refuse(tome__os_flush(&file, 0, 5000, TOME_FLUSH_DURABLE), 0);
  close_os_file(&file);
  must_equal(file_length(in_dir("new")), 5000);
}

static void memory_is_flushed_to_nowhere(void **state) {
  (void)state;
  os_file file;
  must_refuse(tome__os_memory_file(&file), 0);
  must_refuse(tome__os_truncate(&file, granules(1)), 0);
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
    must_refuse(tome__os_flush(&file, 0, granules(1), levels[i]), 0);
  close_os_file(&file);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(stores_are_flushed_at_each_level),
      TEST(writes_are_flushed_at_each_level),
      TEST(a_new_file_and_its_name_are_flushed),
      TEST(memory_is_flushed_to_nowhere),
  };
  return run_matching(tests, argc, argv);
}
