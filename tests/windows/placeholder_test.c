/* Mappings by placeholders and by gaps: the same must hold of both. */
#include "placeholder_model.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>
#include <tome/tome.h>

#define GRANULE ((size_t)64 << 10)

static int by_placeholders;

static void plant(void) {
  if (by_placeholders)
    plant_placeholders();
}

static void unplant(void) {
  if (!by_placeholders)
    return;
  must(count_replaced() > 0);
  unplant_placeholders();
}

static void a_file_grows_under_its_views(void **state) {
  (void)state;
  tome *map;
  tome_view view;
  unsigned char bytes[1000], got[1000];
  plant();
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = pattern_byte(i);
  must_succeed(tome_open(&map, in_dir("file"), TOME_WRITE | TOME_CREATE | TOME_GROW, NULL));
  must_succeed(tome_write(map, 0, bytes, sizeof bytes));
  must_succeed(tome_view_begin(map, 0, sizeof bytes, TOME_VIEW_READ, &view));
  const void *address = view.data;
  for (int i = 1; i < 500; i++)
    must_succeed(tome_append(map, bytes, sizeof bytes, NULL));
  must_succeed(tome_resize(map, 40 * GRANULE + 1));
  must_succeed(tome_write(map, 40 * GRANULE, "x", 1));
  must(view.data == address);
  must_be_bytes(view.data, bytes, sizeof bytes);
  for (int twice = 0; twice < 2; twice++)
    for (uint64_t i = 0; i < 500; i++) {
      must_succeed(tome_read(map, i * sizeof got, got, sizeof got));
      must_be_bytes(got, bytes, sizeof got);
    }
  must_succeed(tome_view_end(&view));
  must_succeed(tome_view_begin(map, 0, 40 * GRANULE + 1, TOME_VIEW_READ, &view));
  must_be_bytes((char *)view.data + 499 * sizeof got, bytes, sizeof got);
  must_equal(((char *)view.data)[40 * GRANULE], 'x');
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  unplant();
}

static void a_file_shrinks_and_grows_with_two_maps_of_it(void **state) {
  (void)state;
  tome *map, *other;
  unsigned char byte;
  const char *path = make_pattern_file("file", 20 * GRANULE);
  plant();
  must_succeed(tome_open(&map, path, TOME_WRITE, NULL));
  must_succeed(tome_open(&other, path, TOME_READ, NULL));
  tome_view view;
  must_succeed(tome_view_begin(other, 0, 20 * GRANULE, TOME_VIEW_READ, &view));
  must_be_pattern(view.data, 0, 20 * GRANULE);
  must_succeed(tome_resize(map, 3 * GRANULE + 5));
  must_be_pattern(view.data, 0, 3 * GRANULE + 5);
  must_succeed(tome_resize(map, 10 * GRANULE));
  must_equal(((const volatile unsigned char *)view.data)[9 * GRANULE], 0);
  must_be_pattern(view.data, 0, 3 * GRANULE + 5);
  must_succeed(tome_write(map, 9 * GRANULE, "x", 1));
  must_succeed(tome_view_end(&view) == TOME_ELOST ? 0 : TOME_EINVAL);
  must_succeed(tome_refresh(other));
  must_succeed(tome_read(other, 9 * GRANULE, &byte, 1));
  must_equal(byte, 'x');
  must_succeed(tome_close(other));
  must_succeed(tome_close(map));
  unplant();
}

static void what_was_lost_comes_back(void **state) {
  (void)state;
  tome *map;
  tome_view view;
  unsigned char got[16];
  const char *path = make_pattern_file("file", 20 * GRANULE);
  plant();
  must_succeed(tome_open(&map, path, TOME_READ, NULL));
  must_succeed(tome_view_begin(map, 0, 20 * GRANULE, TOME_VIEW_READ, &view));
  must_be_pattern(view.data, 0, 20 * GRANULE);
  truncate_elsewhere(path, 5 * GRANULE + 5000);
  must_equal(((const volatile unsigned char *)view.data)[12 * GRANULE], 0);
  must_be_pattern(view.data, 0, 5 * GRANULE);
  must_fail_at(tome_view_end(&view), TOME_ELOST, 5 * GRANULE, 15 * GRANULE);
  must_succeed(tome_read(map, 5 * GRANULE, got, sizeof got));
  must_be_pattern(got, 5 * GRANULE, sizeof got);
  must_fail(tome_read(map, 7 * GRANULE, got, sizeof got), TOME_ELOST);
  must_succeed(tome_close(map));
  unplant();
}

/* A view of a private map is taken away and put back around a patch: what was stored elsewhere in it is there again. */
static void private_stores_beside_a_patch_stay(void **state) {
  (void)state;
  tome *map;
  tome_view view;
  unsigned char got[8];
  const char *path = make_pattern_file("file", 20 * GRANULE);
  plant();
  must_succeed(tome_open(&map, path, TOME_COPY, NULL));
  must_succeed(tome_write(map, 2 * GRANULE + 100, "private", 8));
  must_succeed(tome_write(map, 17 * GRANULE + 100, "private", 8));
  must_succeed(tome_view_begin(map, 0, 20 * GRANULE, TOME_VIEW_READ, &view));
  truncate_elsewhere(path, 5 * GRANULE);
  must_equal(((const volatile unsigned char *)view.data)[12 * GRANULE], 0);
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_read(map, 2 * GRANULE + 100, got, 8));
  must_be_bytes(got, "private", 8);
  must_fail(tome_read(map, 17 * GRANULE + 100, got, 8), TOME_ELOST);
  must_succeed(tome_close(map));
  unplant();
}

static const struct CMUnitTest tests[] = {
    TEST(a_file_grows_under_its_views),
    TEST(a_file_shrinks_and_grows_with_two_maps_of_it),
    TEST(what_was_lost_comes_back),
    TEST(private_stores_beside_a_patch_stay),
};

int main(void) {
  int failed = cmocka_run_group_tests_name("by what the system has", tests, NULL, NULL);
  by_placeholders = 1;
  return failed + cmocka_run_group_tests_name("by placeholders", tests, NULL, NULL);
}
