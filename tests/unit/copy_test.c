/* Private copies: what was stored is read back from memory, whatever becomes of the file, and the size is fixed. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

static void must_read(tome *map, uint64_t offset, const char *want, size_t length) {
  char got[64];
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_read(map, offset, got, length));
    must_be_bytes(got, want, length);
  }
}

/* The error says how far the write has come; so far it is there. */
static void what_a_failed_write_stored_before_the_loss_is_read_back(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t size = 6 * UNIT;
  const size_t cuts[] = {UNIT, 3 * UNIT, 3 * UNIT + 100};
  char *bytes = malloc(size), *got = malloc(size);
  memset(bytes, 'x', size);
  for (int i = 0; i < 6; i++) {
    const size_t cut = cuts[i % 3];
    note("cut at %zu, %s", cut, i < 3 ? "untouched" : "read before");
    const char *path = make_pattern_file("file", size);
    tome *map = open_map(path, TOME_COPY);
    if (i >= 3)
      must_read_pattern(map, 0, size);
    truncate_elsewhere(path, cut);
    must_fail(tome_write(map, 0, bytes, size), TOME_ELOST);
    uint64_t stored = tome_error_last()->offset;
    must(stored >= lost_from(cut) && stored < cut + UNIT);
    must_succeed(tome_read(map, 0, got, lost_from(cut)));
    must_be_bytes(got, bytes, lost_from(cut));
    must_be_pattern_file(path, cut);
    int result = tome_close(map);
    must(result == 0 || result == TOME_ELOST);
  }
  free(bytes);
  free(got);
}

static void a_copy_keeps_its_size_when_the_file_grows(void **state) {
  (void)state;
  char byte;
  const char *path = make_pattern_file("file", 100);
  tome *map = open_map(path, TOME_COPY);
  must_succeed(tome_write(map, 0, "x", 1));
  append_elsewhere(path, "others", 6);
  must_fail(tome_read(map, 100, &byte, 1), TOME_ERANGE);
  must_equal(tome_size(map), 100);
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), 100);
  must_fail(tome_read(map, 100, &byte, 1), TOME_ERANGE);
  must_return(tome_find(map, "others", 6, 0, TOME_END, NULL), 0);
  must_read(map, 0, "x", 1);
  must_read_pattern(map, 1, 99);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_a_failed_write_stored_before_the_loss_is_read_back),
      TEST(a_copy_keeps_its_size_when_the_file_grows),
  };
  return run_matching(tests, count, arguments);
}
