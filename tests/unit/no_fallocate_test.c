/* A full disk on a file system without fallocate(2): there, too, it is an error before anything is stored. */
#include "system_abilities.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

#define MEBI ((size_t)1 << 20)
#define SIZE (4 * MEBI)
/* More than one piece of a store finds room, all of it does not. */
#define FREE (MEBI + MEBI / 2)

static tome *open_hole_on_full_disk(const char *path) {
  must_equal(file_allocated(path), 0);
  leave_free(FREE / PAGE);
  return open_map(path, TOME_WRITE);
}

static void write_into_hole(void) {
  const char *path = make_hole("disk/file", SIZE);
  char *bytes = malloc(SIZE);
  memset(bytes, 'x', SIZE);
  tome *map = open_hole_on_full_disk(path);
  must_fail(tome_write(map, 0, bytes, SIZE), TOME_ENOSPC);
  must_be_hole(path, 0, SIZE);
  must_fail(tome_fill(map, 0, TOME_END, 'x'), TOME_ENOSPC);
  must_be_hole(path, 0, SIZE);
  must_equal(file_length(path), SIZE);
  must_succeed(tome_close(map));
  free(bytes);
}

static void a_long_write_into_a_hole_without_space_stores_nothing(void **state) {
  (void)state;
  needs_populated_pages();
  on_disk(DISK_EXT2, write_into_hole);
}

static void view_hole(void) {
  const char *path = make_hole("disk/file", SIZE);
  tome *map = open_hole_on_full_disk(path);
  tome_view view;
  must_fail(tome_view_begin(map, 0, SIZE, TOME_VIEW_WRITE, &view), TOME_ENOSPC);
  must_be_hole(path, 0, SIZE);
  must_succeed(tome_close(map));
}

static void a_write_view_of_a_hole_without_space_is_refused(void **state) {
  (void)state;
  needs_populated_pages();
  on_disk(DISK_EXT2, view_hole);
}

static void grow_file(void) {
  const char *path = make_pattern_file("disk/file", 3 * PAGE + 5);
  leave_free(FREE / PAGE);
  char *bytes = calloc(1, SIZE);
  tome *map = open_map(path, TOME_WRITE | TOME_GROW);
  must_fail(tome_resize(map, SIZE), TOME_ENOSPC);
  must_be_pattern_file(path, 3 * PAGE + 5);
  must_fail(tome_append(map, bytes, SIZE, NULL), TOME_ENOSPC);
  must_be_pattern_file(path, 3 * PAGE + 5);
  must_fail(tome_write(map, PAGE, bytes, SIZE), TOME_ENOSPC);
  must_equal(tome_size(map), 3 * PAGE + 5);
  must_succeed(tome_append(map, bytes, PAGE, NULL));
  must_succeed(tome_resize(map, 3 * PAGE + 5));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 3 * PAGE + 5);
  free(bytes);
}

static void growing_without_space_changes_nothing(void **state) {
  (void)state;
  on_disk(DISK_EXT2, grow_file);
}

static void store_with_space(void) {
  const char *path = make_hole("disk/file", SIZE);
  void *bytes = new_pattern(0, SIZE);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_write(map, 0, bytes, SIZE));
  must(file_allocated(path) >= SIZE);
  must_succeed(tome_resize(map, SIZE + PAGE));
  must_succeed(tome_resize(map, SIZE));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_close(map));
  must_be_pattern_file(path, SIZE);
  free(bytes);
}

static void with_space_it_is_a_file_like_any_other(void **state) {
  (void)state;
  on_disk(DISK_EXT2, store_with_space);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_long_write_into_a_hole_without_space_stores_nothing),
      TEST(a_write_view_of_a_hole_without_space_is_refused),
      TEST(growing_without_space_changes_nothing),
      TEST(with_space_it_is_a_file_like_any_other),
  };
  return run_matching(tests, count, arguments);
}
