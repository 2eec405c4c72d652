/* os.h: holes. Where a system cannot tell them a file is all data. */
#include "os_harness.h"

#include <stdlib.h>

/* Larger than any block of a file system that holes could be told by. */
#define PIECE (UINT64_C(1) << 20)

static os_file open_with_holes(void) {
  const char *path = make_hole("holes", 8 * PIECE);
  unsigned char *bytes = new_pattern(0, 1000);
  write_into(path, 2 * PIECE + 5, bytes, 1000);
  write_into(path, 6 * PIECE, bytes, 1000);
  free(bytes);
  return open_os_file(path, TOME_WRITE);
}

static void data_is_never_taken_for_a_hole(void **state) {
  (void)state;
  os_file file = open_with_holes();
  uint64_t first = tome__os_next_data(&file, 0);
  must(first <= 2 * PIECE + 5);
  must_equal(tome__os_next_data(&file, 2 * PIECE + 5), 2 * PIECE + 5);
  must_equal(tome__os_next_data(&file, 2 * PIECE + 1004), 2 * PIECE + 1004);
  uint64_t second = tome__os_next_data(&file, 4 * PIECE);
  must(second >= 4 * PIECE && second <= 6 * PIECE);
  uint64_t none = tome__os_next_data(&file, 7 * PIECE);
  must(none == 7 * PIECE || none == UINT64_MAX);
  close_os_file(&file);
}

static void a_hole_is_where_nothing_was_stored(void **state) {
  (void)state;
  os_file file = open_with_holes();
  uint64_t hole = tome__os_next_hole(&file, 2 * PIECE + 5);
  must(hole == UINT64_MAX || (hole >= 2 * PIECE + 1005 && hole <= 6 * PIECE) ||
       (hole >= 6 * PIECE + 1000 && hole <= 8 * PIECE));
  hole = tome__os_next_hole(&file, 6 * PIECE);
  must(hole == UINT64_MAX || (hole >= 6 * PIECE + 1000 && hole < 8 * PIECE));
  close_os_file(&file);
}

static void holes_are_counted_where_they_are_told(void **state) {
  (void)state;
  uint64_t count = 99, bytes = 99;
  os_file file = open_with_holes();
  if (!is_supported(tome__os_holes(&file, 0, 8 * PIECE, &count, &bytes))) {
    must_equal(count, 99);
    must_equal(bytes, 99);
    close_os_file(&file);
    skip_because("this system or file system does not tell holes");
  }
  must_equal(tome__os_next_data(&file, 0) > 0, count > 0);
  if (count > 0) {
    must_equal(count, 3);
    must(bytes > 5 * PIECE && bytes <= 8 * PIECE - 2000);
    must_refuse(tome__os_holes(&file, PIECE, 2 * PIECE, &count, &bytes), 0);
    must_equal(count, 1);
    must_equal(bytes, PIECE);
    must_refuse(tome__os_holes(&file, 6 * PIECE, 6 * PIECE + 1000, &count, &bytes), 0);
    must_equal(count, 0);
    must_equal(bytes, 0);
  }
  close_os_file(&file);
}

static void a_file_without_holes_has_none(void **state) {
  (void)state;
  uint64_t count = 99, bytes = 99;
  os_file file = open_os_pattern("file", TOME_WRITE, 5000);
  must_equal(tome__os_next_data(&file, 0), 0);
  must_equal(tome__os_next_data(&file, 4999), 4999);
  uint64_t hole = tome__os_next_hole(&file, 0);
  must(hole >= 5000);
  if (is_supported(tome__os_holes(&file, 0, 5000, &count, &bytes))) {
    must_equal(count, 0);
    must_equal(bytes, 0);
  }
  close_os_file(&file);
}

static void blocks_fill_a_hole(void **state) {
  (void)state;
  os_file file = open_os_file(make_hole("hole", 4 * PIECE), TOME_WRITE);
  if (!is_supported(tome__os_allocate(&file, PIECE, PIECE))) {
    close_os_file(&file);
    skip_because("this file system has no call that allocates");
  }
  must_equal(size_by_stat(&file), 4 * PIECE);
  must(file_allocated(in_dir("hole")) >= PIECE);
  must_refuse(tome__os_allocate(&file, 4 * PIECE, PIECE), 0);
  must_equal(size_by_stat(&file), 4 * PIECE); /* behind the end, too */
  must_equal(file_length(in_dir("hole")), 4 * PIECE);
  close_os_file(&file);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(data_is_never_taken_for_a_hole),
      TEST(a_hole_is_where_nothing_was_stored),
      TEST(holes_are_counted_where_they_are_told),
      TEST(a_file_without_holes_has_none),
      TEST(blocks_fill_a_hole),
  };
  return run_matching(tests, argc, argv);
}
