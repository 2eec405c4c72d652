/* Reading and writing at once or not at all: when that is so, and that it never lies. */
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

/* Nothing is remembered of a page in a map that works through windows. */
static int through_windows(void) {
  return getenv("TOME_TEST_WINDOW") != NULL;
}

static void what_was_read_before_is_read_at_once(void **state) {
  (void)state;
  char got[16] = "untouched";
  const char *path = make_pattern_file("file", 3 * PAGE);
  tome *map = open_map(path, TOME_READ);
  must_equal(tome_read_nowait(map, PAGE + 5, got, 16), 0);
  must_read_pattern(map, PAGE, 100);
  must_equal(tome_read_nowait(map, PAGE + 5, got, 16), !through_windows());
  if (!through_windows())
    must_be_pattern(got, PAGE + 5, 16);
  must_equal(tome_read_nowait(map, 2 * PAGE - 8, got, 16), 0); /* the next page was not read */
  must_succeed(tome_close(map));
}

static void what_was_stored_before_is_stored_at_once(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  unsigned char *want = new_pattern(0, 2 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  must_equal(tome_write_nowait(map, 7, "early", 5), 0);
  must_be_file(path, want, 2 * PAGE);
  must_read_pattern(map, 0, PAGE);
  must_equal(tome_write_nowait(map, 7, "early", 5),
             0); /* reading does not make it ready for stores */
  must_be_file(path, want, 2 * PAGE);
  must_succeed(tome_write(map, 0, "first", 5));
  memcpy(want, "first", 5);
  int at_once = tome_write_nowait(map, 7, "second", 6);
  must_equal(at_once, !through_windows());
  if (at_once)
    memcpy(want + 7, "second", 6);
  must_be_file(path, want, 2 * PAGE);
  must_succeed(tome_close(map));
  free(want);
}

static void what_cannot_be_is_left_to_the_call_that_says_why(void **state) {
  (void)state;
  char got[16];
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  must_read_pattern(map, 0, 2 * PAGE);
  must_fail(tome_read(map, 9 * PAGE, got, 1), TOME_ERANGE);
  tome_error before = *tome_error_last();
  must_equal(tome_read_nowait(map, 2 * PAGE - 15, got, 16), 0);
  must_equal(tome_read_nowait(map, UINT64_MAX, got, 16), 0);
  must_equal(tome_read_nowait(map, 0, got, 0), 0);
  must_equal(tome_write_nowait(map, 0, "x", 1), 0);
  must_equal(tome_write_nowait(map, UINT64_MAX, "x", 1), 0);
  must_be_bytes(tome_error_last(), &before, sizeof before);
  must_read_pattern(map, 0, 2 * PAGE);
  must_succeed(tome_close(map));
}

static void bytes_cut_away_are_not_read_at_once(void **state) {
  (void)state;
  char got[16];
  const char *path = make_pattern_file("file", 4 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  must_read_pattern(map, 0, 4 * PAGE);
  must_succeed(tome_write(map, 3 * PAGE, "stored", 6));
  truncate_elsewhere(path, PAGE);
  must_equal(tome_read_nowait(map, 2 * PAGE, got, 16), 0);
  must_fail(tome_read(map, 2 * PAGE, got, 16), TOME_ELOST);
  must_equal(tome_write_nowait(map, 3 * PAGE, "again", 5), 0);
  must_fail(tome_write(map, 3 * PAGE, "again", 5), TOME_ELOST);
  must_equal(tome_read_nowait(map, PAGE - 16, got, 16), !through_windows());
  tome_close(map);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_was_read_before_is_read_at_once),
      TEST(what_was_stored_before_is_stored_at_once),
      TEST(what_cannot_be_is_left_to_the_call_that_says_why),
      TEST(bytes_cut_away_are_not_read_at_once),
  };
  return run_matching(tests, count, arguments);
}
