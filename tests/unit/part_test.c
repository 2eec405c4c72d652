/* Parts of a file: what lies before and behind them is never touched. */
#include "test_support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void resizing_a_part_in_the_middle_changes_the_part_only(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 6 * PAGE);
  tome *map = open_part(path, TOME_WRITE, PAGE + 5, 2 * PAGE);
  const uint64_t sizes[] = {PAGE, 1, 0, 3 * PAGE, 10, 5 * PAGE - 6};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    must_succeed(tome_resize(map, sizes[i]));
    must_equal(tome_size(map), sizes[i]);
    unsigned char *got = malloc(sizes[i] + 1);
    must_succeed(tome_read(map, 0, got, sizes[i]));
    must_be_pattern(got, PAGE + 5, sizes[i]);
    must_fail(tome_read(map, sizes[i], got, 1), TOME_ERANGE);
    free(got);
    must_be_pattern_file(path, 6 * PAGE);
  }
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 6 * PAGE);
}

static void a_part_in_the_middle_is_never_appended_to(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 4 * PAGE);
  tome *map = open_part(path, TOME_WRITE | TOME_GROW, PAGE, PAGE);
  uint64_t at = 77;
  for (int time = 0; time < 2; time++) {
    must_fail(tome_append(map, "x", 1, &at), TOME_ERANGE);
    must_fail(tome_write(map, PAGE, "x", 1), TOME_ERANGE);
    must_fail(tome_write(map, PAGE - 1, "xx", 2), TOME_ERANGE);
    must_fail(tome_write(map, 10 * PAGE, "x", 1), TOME_ERANGE);
  }
  must_equal(at, 77);
  must_equal(tome_size(map), PAGE);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 4 * PAGE);
}

static void storing_in_a_part_stays_inside_it(void **state) {
  (void)state;
  const size_t size = 4 * PAGE, start = PAGE - 3, length = PAGE + 6;
  const char *path = make_pattern_file("file", size);
  unsigned char *want = new_pattern(0, size);
  tome *map = open_part(path, TOME_WRITE, start, length);
  must_succeed(tome_fill(map, 0, TOME_END, 0x11));
  memset(want + start, 0x11, length);
  must_be_file(path, want, size);
  tome_view view = begin_view(map, 0, length, TOME_VIEW_WRITE);
  memset(view.data, 0x22, length);
  memset(want + start, 0x22, length);
  must_succeed(tome_view_end(&view));
  must_be_file(path, want, size);
  must_succeed(tome_close(map));
  must_be_file(path, want, size);
  free(want);
}

static void a_following_part_grows_with_the_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE + 100);
  tome *map = open_part(path, TOME_WRITE | TOME_GROW, 90, TOME_END);
  uint64_t at;
  char got[4];
  must_equal(tome_size(map), PAGE + 10);
  must_succeed(tome_append(map, "ours", 4, &at));
  must_equal(at, PAGE + 10);
  append_elsewhere(path, "them", 4);
  must_equal(tome_size(map), PAGE + 14);
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), PAGE + 18);
  must_succeed(tome_read(map, PAGE + 14, got, 4));
  must_be_bytes(got, "them", 4);
  must_succeed(tome_resize(map, 10));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 100);
}

static void a_fixed_part_keeps_to_its_length(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_part(path, TOME_WRITE | TOME_GROW, PAGE, PAGE);
  append_elsewhere(path, "behind", 6);
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), PAGE);
  char byte;
  must_fail(tome_read(map, PAGE, &byte, 1), TOME_ERANGE);
  must_fail(tome_write(map, PAGE, "x", 1), TOME_ERANGE);
  must_fail(tome_append(map, "x", 1, NULL), TOME_ERANGE);
  must_succeed(tome_resize(map, 10));
  must_succeed(tome_close(map));
  must_equal(file_length(path), 2 * PAGE + 6);
  tome *all = open_map(path, TOME_READ);
  must_read_pattern(all, 0, 2 * PAGE);
  must_succeed(tome_close(all));
}

/* Others append while the part still believes that it reaches to the end. */
static void a_fixed_part_asks_the_file_before_it_grows(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  unsigned char *want = new_pattern(0, 2 * PAGE + 6);
  memcpy(want + 2 * PAGE, "behind", 6);
  for (int way = 0; way < 3; way++) {
    make_pattern_file("file", 2 * PAGE);
    tome *map = open_part(path, TOME_WRITE | TOME_GROW, PAGE, PAGE);
    append_elsewhere(path, "behind", 6);
    if (way == 0)
      must_fail(tome_append(map, "x", 1, NULL), TOME_ERANGE);
    else if (way == 1)
      must_fail(tome_write(map, PAGE, "x", 1), TOME_ERANGE);
    else
      must_succeed(tome_resize(map, 10));
    must_succeed(tome_close(map));
    must_be_file(path, want, 2 * PAGE + 6);
  }
  free(want);
}

static void a_fixed_part_at_the_end_grows_and_shrinks_its_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_part(path, TOME_WRITE | TOME_GROW, PAGE + 1, PAGE - 1);
  uint64_t at;
  must_succeed(tome_append(map, "abc", 3, &at));
  must_equal(at, PAGE - 1);
  must_equal(file_length(path), 2 * PAGE + 3);
  must_succeed(tome_write(map, PAGE + 10, "x", 1));
  must_equal(file_length(path), 2 * PAGE + 12);
  must_succeed(tome_resize(map, PAGE - 1));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 2 * PAGE);
}

static void two_parts_of_one_file_see_each_other(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 3 * PAGE);
  tome *left = open_part(path, TOME_WRITE, 10, 2 * PAGE);
  tome *right = open_part(path, TOME_WRITE, PAGE + 1, TOME_END);
  char got[6];
  must_succeed(tome_write(left, PAGE, "shared", 6));
  must_succeed(tome_read(right, 9, got, 6));
  must_be_bytes(got, "shared", 6);
  must_succeed(tome_fill(right, 9, 6, 's'));
  must_succeed(tome_read(left, PAGE, got, 6));
  must_be_bytes(got, "ssssss", 6);
  must_succeed(tome_close(left));
  must_succeed(tome_close(right));
}

static void offsets_of_errors_count_from_the_start_of_the_part(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 8 * UNIT);
  tome *map = open_part(path, TOME_READ, UNIT + 11, 6 * UNIT);
  unsigned char *got = malloc(6 * UNIT);
  must_succeed(tome_read(map, 0, got, 6 * UNIT));
  truncate_elsewhere(path, 3 * UNIT);
  must_fail_at(tome_read(map, 0, got, 6 * UNIT), TOME_ELOST, 2 * UNIT - 11, 4 * UNIT + 11);
  free(got);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(resizing_a_part_in_the_middle_changes_the_part_only),
      TEST(a_part_in_the_middle_is_never_appended_to),
      TEST(storing_in_a_part_stays_inside_it),
      TEST(a_following_part_grows_with_the_file),
      TEST(a_fixed_part_keeps_to_its_length),
      TEST(a_fixed_part_asks_the_file_before_it_grows),
      TEST(a_fixed_part_at_the_end_grows_and_shrinks_its_file),
      TEST(two_parts_of_one_file_see_each_other),
      TEST(offsets_of_errors_count_from_the_start_of_the_part),
  };
  return run_matching(tests, count, arguments);
}
