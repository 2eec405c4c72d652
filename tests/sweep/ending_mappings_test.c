/* What is only so where mappings end with the file, and patches are larger than a page: ending_mappings.c. */
#include "map_state.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>
#include <tome/tome.h>

#define GRANULE (4 * PAGE > 65536 ? 4 * PAGE : (size_t)65536)

static uint64_t reserved(tome *map) {
  tome_info info = {.struct_size = sizeof info};
  must_succeed(tome_info_get(map, &info));
  return info.reserved;
}

static void the_base_reaches_as_far_as_the_file(void **state) {
  (void)state;
  tome *map;
  must_succeed(tome_open(&map, in_dir("file"), TOME_WRITE | TOME_CREATE | TOME_GROW, NULL));
  must_equal(tome__reach(map), 0);
  must(reserved(map) >= (uint64_t)(sizeof(void *) == 4 ? 16 : 512) << 20);
  must_succeed(tome_write(map, 0, "abc", 3));
  must_equal(tome__reach(map), PAGE);
  must_succeed(tome_resize(map, 3 * GRANULE + 1));
  must_equal(tome__reach(map), 3 * GRANULE + PAGE);
  must_succeed(tome_resize(map, 10));
  must_succeed(tome_resize(map, 5 * GRANULE));
  must_equal(tome__reach(map), 5 * GRANULE);
  must_succeed(tome_close(map));
}

/* Bytes that were there are lost together with those that were not, and never zeros. */
static void pages_that_share_a_patch_are_told_as_lost_or_right(void **state) {
  (void)state;
  tome *map;
  tome_view view;
  unsigned char got[100];
  const char *path = make_pattern_file("file", 4 * GRANULE);
  must_succeed(tome_open(&map, path, TOME_READ, NULL));
  must_succeed(tome_view_begin(map, 0, 4 * GRANULE, TOME_VIEW_READ, &view));
  const volatile unsigned char *data = view.data;
  for (size_t i = 0; i < view.length; i += PAGE)
    must_equal(data[i], pattern_byte(i));
  truncate_elsewhere(path, 2 * GRANULE + 3 * PAGE);
  must_equal(data[3 * GRANULE], 0); /* from here on a patch lies over the third unit */
  must_equal(data[2 * GRANULE - 1], pattern_byte(2 * GRANULE - 1));
  must_fail(tome_check(map, NULL), TOME_ELOST);
  must_equal(tome_error_last()->offset, 2 * GRANULE);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_read(map, 2 * GRANULE + PAGE, got, sizeof got)); /* healed */
  must_equal(got[5], pattern_byte(2 * GRANULE + PAGE + 5));
  must_succeed(tome_close(map));
}

/* A private map's stores are nowhere else: a unit that holds any stays lost. */
static void a_private_store_in_a_patched_unit_is_never_the_file_s_again(void **state) {
  (void)state;
  tome *map;
  tome_view view;
  unsigned char got[8];
  const char *path = make_pattern_file("file", 4 * GRANULE);
  must_succeed(tome_open(&map, path, TOME_COPY, NULL));
  must_succeed(tome_write(map, 2 * GRANULE + 8, "private", 8));
  must_succeed(tome_write(map, GRANULE + 8, "private", 8));
  must_succeed(tome_view_begin(map, 0, 4 * GRANULE, TOME_VIEW_READ, &view));
  truncate_elsewhere(path, 2 * GRANULE + 3 * PAGE);
  must_equal(((const volatile unsigned char *)view.data)[3 * GRANULE], 0);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_fail(tome_read(map, 2 * GRANULE + 8, got, 8), TOME_ELOST);
  must_fail(tome_read(map, 2 * GRANULE + 8, got, 8), TOME_ELOST);
  must_succeed(tome_read(map, GRANULE + 8, got, 8));
  must(memcmp(got, "private", 8) == 0);
  must_succeed(tome_close(map));
}

static void where_no_more_is_to_be_had_windows_serve_the_rest(void **state) {
  (void)state;
  tome *map;
  char byte;
  setenv("TOME_TEST_NO_MORE", "1", 1);
  must_succeed(tome_open(&map, in_dir("file"), TOME_WRITE | TOME_CREATE | TOME_GROW, NULL));
  for (uint64_t at = 0; at < 40 * GRANULE; at += GRANULE / 3)
    must_succeed(tome_write(map, at, "x", 1));
  must(tome__reach(map) < 3 * GRANULE);
  must_equal(reserved(map), tome__reach(map));
  for (uint64_t at = 0; at < 40 * GRANULE; at += GRANULE / 3) {
    must_succeed(tome_read(map, at, &byte, 1));
    must_equal(byte, 'x');
  }
  tome_view view;
  must_succeed(tome_view_begin(map, 0, (size_t)tome_size(map), TOME_VIEW_WRITE, &view));
  must_equal(((char *)view.data)[GRANULE / 3 * 30], 'x');
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  unsetenv("TOME_TEST_NO_MORE");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_base_reaches_as_far_as_the_file),
      TEST(pages_that_share_a_patch_are_told_as_lost_or_right),
      TEST(a_private_store_in_a_patched_unit_is_never_the_file_s_again),
      TEST(where_no_more_is_to_be_had_windows_serve_the_rest),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
