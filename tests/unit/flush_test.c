/* Flushing: every level takes every range, and refuses what is none. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

static const int levels[] = {TOME_FLUSH_START, TOME_FLUSH_WRITTEN, TOME_FLUSH_DURABLE};

static void every_level_takes_any_range(void **state) {
  (void)state;
  const size_t size = 4 * PAGE + 11;
  const char *path = make_pattern_file("file", size);
  unsigned char *want = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE);
  const uint64_t ranges[][2] = {{0, size},     {0, 0},           {size, 0},           {1, 1},
                                {PAGE - 1, 2}, {3, 2 * PAGE},    {4 * PAGE, 11},      {0, TOME_END},
                                {7, TOME_END}, {size, TOME_END}, {size - 1, TOME_END}};
  for (int level = 0; level < 3; level++)
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
      note("level %d, range %zu of the list", levels[level], i);
      unsigned char byte = (unsigned char)(i + 16);
      want[i * PAGE / 3] = byte;
      must_succeed(tome_write(map, i * PAGE / 3, &byte, 1));
      must_succeed(tome_flush(map, ranges[i][0], ranges[i][1], levels[level]));
      must_be_file(path, want, size);
    }
  must_succeed(tome_close(map));
  must_be_file(path, want, size);
  free(want);
}

static void what_a_view_stored_is_flushed(void **state) {
  (void)state;
  const char *path = make_hole("file", 3 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 0, 3 * PAGE, TOME_VIEW_WRITE);
  fill_pattern(view.data, 0, 3 * PAGE);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_be_pattern_file(path, 3 * PAGE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
}

static void a_created_and_grown_file_is_flushed(void **state) {
  (void)state;
  needs_whole_pages();
  tome *map = open_map(in_dir("new"), TOME_WRITE | TOME_CREATE | TOME_GROW);
  void *bytes = new_pattern(0, 5 * PAGE);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_append(map, bytes, 5 * PAGE, NULL));
  must_succeed(tome_flush(map, 0, 5 * PAGE, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(map));
  must_be_pattern_file(in_dir("new"), 5 * PAGE);
  free(bytes);
}

static void unknown_levels_are_refused(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_WRITE);
  must_fail(tome_flush(map, 0, 1, -1), TOME_EINVAL);
  must_fail(tome_flush(map, 0, 1, 3), TOME_EINVAL);
  must_fail(tome_flush(map, 0, 1, INT32_MAX), TOME_EINVAL);
  must_succeed(
      tome_flush(map, 0, 1, TOME_FLUSH_DURABLE)); /* no failed write-back, nothing sticks */
  must_succeed(tome_close(map));
}

static void ranges_outside_are_refused_and_do_not_stick(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 100), TOME_WRITE);
  for (int level = 0; level < 3; level++) {
    must_fail_at(tome_flush(map, 0, 101, levels[level]), TOME_ERANGE, 0, 101);
    must_fail(tome_flush(map, 101, 0, levels[level]), TOME_ERANGE);
    must_fail(tome_flush(map, 101, TOME_END, levels[level]), TOME_ERANGE);
    must_fail(tome_flush(map, UINT64_MAX, 1, levels[level]), TOME_ERANGE);
    must_fail(tome_flush(map, 1, UINT64_MAX - 1, levels[level]), TOME_ERANGE);
    must_succeed(tome_flush(map, 0, 100, levels[level]));
  }
  must_succeed(tome_close(map));
}

static void there_is_nothing_to_flush_where_nothing_reaches_the_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *maps[3] = {open_map(path, TOME_READ), open_map(path, TOME_COPY), open_anonymous(2 * PAGE)};
  must_succeed(tome_write(maps[1], 0, "private", 7));
  must_succeed(tome_write(maps[2], 0, "private", 7));
  for (int i = 0; i < 3; i++) {
    for (int level = 0; level < 3; level++) {
      must_succeed(tome_flush(maps[i], 0, TOME_END, levels[level]));
      must_succeed(tome_flush(maps[i], 5, PAGE, levels[level]));
    }
    must_succeed(tome_close(maps[i]));
  }
  must_be_pattern_file(path, 2 * PAGE);
}

static void parts_are_flushed_too(void **state) {
  (void)state;
  const char *path = make_hole("file", 5 * PAGE);
  tome *map = open_part(path, TOME_WRITE, PAGE + 3, 2 * PAGE);
  void *bytes = new_pattern(0, 2 * PAGE);
  must_succeed(tome_write(map, 0, bytes, 2 * PAGE));
  for (int level = 0; level < 3; level++) {
    must_succeed(tome_flush(map, 1, 2 * PAGE - 1, levels[level]));
    must_fail(tome_flush(map, 0, 2 * PAGE + 1, levels[level]), TOME_ERANGE);
  }
  must_succeed(tome_close(map));
  free(bytes);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_level_takes_any_range),
      TEST(what_a_view_stored_is_flushed),
      TEST(a_created_and_grown_file_is_flushed),
      TEST(unknown_levels_are_refused),
      TEST(ranges_outside_are_refused_and_do_not_stick),
      TEST(there_is_nothing_to_flush_where_nothing_reaches_the_file),
      TEST(parts_are_flushed_too),
  };
  return run_matching(tests, count, arguments);
}
