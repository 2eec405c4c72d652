/* Offsets and lengths at every limit: a range is either inside the map, or refused with nothing done. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE = 1000 };

/* Ranges that are not inside a map of SIZE bytes. */
static const struct {
  uint64_t offset;
  size_t length;
} outside[] = {
    {SIZE, 1},
    {SIZE + 1, 0},
    {SIZE + 1, 1},
    {SIZE - 1, 2},
    {0, SIZE + 1},
    {1, SIZE},
    {0, SIZE_MAX},
    {1, SIZE_MAX},
    {SIZE, SIZE_MAX},
    {2, SIZE_MAX - 1},
    {SIZE - 1, SIZE_MAX - SIZE + 2},
    {INT64_MAX, 0},
    {INT64_MAX, 1},
    {(uint64_t)INT64_MAX + 1, 1},
    {UINT64_MAX - 1, 1},
    {UINT64_MAX, 0},
    {UINT64_MAX, 1},
    {UINT64_MAX, SIZE_MAX},
    {UINT64_MAX - SIZE + 1, SIZE},
    {UINT64_MAX - SIZE + 1, 2 * SIZE},
};
enum { OUTSIDE = sizeof outside / sizeof outside[0] };

static const struct {
  uint64_t offset;
  size_t length;
} inside[] = {{0, 0}, {0, 1}, {0, SIZE}, {SIZE - 1, 1}, {SIZE, 0}, {SIZE - 1, 0}, {1, SIZE - 1}};
enum { INSIDE = sizeof inside / sizeof inside[0] };

static void ranges_inside_are_accepted_by_every_call(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", SIZE);
  tome *map = open_map(path, TOME_WRITE);
  for (int i = 0; i < INSIDE; i++) {
    note("range %d of the list", i);
    uint64_t offset = inside[i].offset;
    size_t length = inside[i].length;
    void *bytes = new_pattern(offset, length);
    must_read_pattern(map, offset, length);
    must_succeed(tome_write(map, offset, bytes, length));
    must_succeed(tome_move(map, offset, offset, length));
    must_succeed(tome_flush(map, offset, length, TOME_FLUSH_WRITTEN));
    tome_view view = begin_view(map, offset, length, TOME_VIEW_WRITE);
    must_be_pattern(view.data, offset, length);
    must_succeed(tome_view_end(&view));
    free(bytes);
  }
  must_equal(tome_size(map), SIZE);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, SIZE);
}

static void must_refuse_range(tome *map, uint64_t offset, size_t length) {
  unsigned char bytes[16] = "untouched bytes";
  tome_view view, blank;
  memset(&view, 0x33, sizeof view);
  memset(&blank, 0x33, sizeof blank);
  must_fail_at(tome_read(map, offset, bytes, length), TOME_ERANGE, offset, length);
  must_be_bytes(bytes, "untouched bytes", 16);
  must_fail(tome_write(map, offset, bytes, length), TOME_ERANGE);
  must_fail(tome_move(map, offset, 0, length), TOME_ERANGE);
  must_fail(tome_move(map, 0, offset, length), TOME_ERANGE);
  must_fail(tome_view_begin(map, offset, length, TOME_VIEW_READ, &view), TOME_ERANGE);
  must_fail(tome_view_begin(map, offset, length, TOME_VIEW_WRITE, &view), TOME_ERANGE);
  must_be_bytes(&view, &blank, sizeof view);
  if (length == SIZE_MAX && offset <= SIZE)
    return; /* TOME_END to the next calls */
  must_fail(tome_fill(map, offset, length, 0), TOME_ERANGE);
  must_fail(tome_flush(map, offset, length, TOME_FLUSH_WRITTEN), TOME_ERANGE);
}

static void ranges_outside_are_refused_by_every_call(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", SIZE);
  for (int whole = 0; whole < 2; whole++) {
    tome *map = whole ? open_map(path, TOME_WRITE) : open_part(path, TOME_WRITE, 0, SIZE);
    for (int i = 0; i < OUTSIDE; i++) {
      note("range %d of the list", i);
      must_refuse_range(map, outside[i].offset, outside[i].length);
    }
    must_equal(tome_size(map), SIZE);
    must_read_pattern(map, 0, SIZE);
    must_succeed(tome_close(map));
    must_be_pattern_file(path, SIZE);
  }
}

static void ranges_outside_an_unaligned_part_are_refused_by_every_call(void **state) {
  (void)state;
  const uint64_t start = 2 * PAGE + 17;
  const char *path = make_pattern_file("file", 4 * PAGE);
  tome *map = open_part(path, TOME_WRITE, start, SIZE);
  for (int i = 0; i < OUTSIDE; i++) {
    note("range %d of the list", i);
    must_refuse_range(map, outside[i].offset, outside[i].length);
  }
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 4 * PAGE);
}

static void an_empty_map_holds_nothing(void **state) {
  (void)state;
  needs_whole_pages();
  tome *map = open_map(make_file("empty", "", 0), TOME_WRITE);
  char byte = 'b';
  must_succeed(tome_read(map, 0, &byte, 0));
  must_succeed(tome_write(map, 0, &byte, 0));
  must_succeed(tome_move(map, 0, 0, 0));
  must_succeed(tome_fill(map, 0, TOME_END, 1));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_refresh(map));
  must_succeed(tome_check(map, NULL));
  tome_view view = begin_view(map, 0, 0, TOME_VIEW_WRITE);
  must_succeed(tome_view_end(&view));
  must_fail(tome_read(map, 0, &byte, 1), TOME_ERANGE);
  must_fail(tome_write(map, 0, &byte, 1), TOME_ERANGE);
  must_fail(tome_fill(map, 0, 1, 1), TOME_ERANGE);
  must_equal(byte, 'b');
  must_succeed(tome_close(map));
  must_equal(file_length(in_dir("empty")), 0);
}

static void growing_past_the_largest_file_is_refused(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", SIZE);
  const uint32_t kinds[] = {TOME_WRITE | TOME_GROW, TOME_WRITE | TOME_GROW | TOME_SPARSE};
  uint64_t at = 77;
  for (int i = 0; i < 2; i++) {
    tome *map = open_map(path, kinds[i]);
    must_fail(tome_write(map, UINT64_MAX, "x", 1), TOME_ERANGE);
    must_fail(tome_write(map, UINT64_MAX - 3, "xxxxx", 5), TOME_ERANGE);
    if (sizeof(size_t) == sizeof(uint64_t)) /* shorter ones fit a file */
      must_fail(tome_write(map, 10, "x", SIZE_MAX), TOME_ERANGE);
    must_fail(tome_write(map, UINT64_MAX - 10, "x", 1), TOME_EFBIG);
    must_fail(tome_write(map, (uint64_t)INT64_MAX, "x", 1), TOME_EFBIG);
    must_fail(tome_resize(map, UINT64_MAX), TOME_EFBIG);
    must_fail(tome_resize(map, (uint64_t)INT64_MAX + 1), TOME_EFBIG);
    if (sizeof(size_t) == sizeof(uint64_t)) {
      must_fail(tome_append(map, "x", SIZE_MAX, &at), TOME_EFBIG);
      must_fail(tome_append(map, "x", SIZE_MAX - SIZE, &at), TOME_EFBIG);
    }
    must_equal(at, 77);
    must_equal(tome_size(map), SIZE);
    must_read_pattern(map, 0, SIZE);
    must_succeed(tome_close(map));
    must_be_pattern_file(path, SIZE);
  }
}

static void a_part_near_the_end_of_numbers_does_not_wrap(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", SIZE);
  tome *map = open_part(path, TOME_WRITE | TOME_GROW, SIZE / 2, TOME_END);
  char byte;
  must_fail(tome_read(map, UINT64_MAX - SIZE / 2 + 1, &byte, 1), TOME_ERANGE);
  must_fail(tome_read(map, UINT64_MAX - SIZE / 2 + 1, &byte, 0), TOME_ERANGE);
  must_fail(tome_flush(map, UINT64_MAX - SIZE / 2 + 1, 1, TOME_FLUSH_START), TOME_ERANGE);
  must_equal(tome_write(map, UINT64_MAX - SIZE / 2 + 1, "x", 1) < 0, 1);
  must_equal(tome_resize(map, UINT64_MAX - SIZE / 2 + 10) < 0, 1);
  must_equal(tome_size(map), SIZE - SIZE / 2);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, SIZE);
}

static void anonymous_memory_has_a_limit_too(void **state) {
  (void)state;
  tome *map = NULL;
  must_fail(tome_anonymous(&map, UINT64_MAX, NULL), TOME_EFBIG);
  must_fail(tome_anonymous(&map, (uint64_t)INT64_MAX + 1, NULL), TOME_EFBIG);
  must(map == NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(ranges_inside_are_accepted_by_every_call),
      TEST(ranges_outside_are_refused_by_every_call),
      TEST(ranges_outside_an_unaligned_part_are_refused_by_every_call),
      TEST(an_empty_map_holds_nothing),
      TEST(growing_past_the_largest_file_is_refused),
      TEST(a_part_near_the_end_of_numbers_does_not_wrap),
      TEST(anonymous_memory_has_a_limit_too),
  };
  return run_matching(tests, count, arguments);
}
