/* What a map is made of, against stat(2) and files whose holes are known. */
#include "test_support.h"

#include <string.h>

static tome_info info_of(tome *map) {
  tome_info info;
  memset(&info, 0xAA, sizeof info);
  info.struct_size = sizeof info;
  must_succeed(tome_info_get(map, &info));
  must_equal(info.struct_size, sizeof info);
  must(memchr(info.file_system, '\0', sizeof info.file_system) != NULL);
  must(info.file_system[0] != '\0');
  return info;
}

static void the_figures_are_those_of_the_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 5 * PAGE + 3);
  tome *map = open_part(path, TOME_READ, PAGE + 1, 2 * PAGE);
  tome_info info = info_of(map);
  must_equal(info.kind, TOME_KIND_FILE);
  must_equal(info.page_size, PAGE);
  must_equal(info.size, 2 * PAGE);
  must_equal(info.file_size, 5 * PAGE + 3);
  must(info.allocated == file_allocated(path) || info.allocated == TOME_UNKNOWN);
  must(info.holes == 0 || info.holes == TOME_UNKNOWN);
  must(info.hole_bytes == 0 || info.hole_bytes == TOME_UNKNOWN);
  must(info.resident <= 6 * PAGE || info.resident == TOME_UNKNOWN);
  append_elsewhere(path, "x", 1);
  must_equal(info_of(map).file_size, 5 * PAGE + 4);
  must_equal(info_of(map).size, 2 * PAGE);
  must_succeed(tome_close(map));
}

static void a_map_through_windows_has_nothing_reserved(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  if (forced_window() != 0)
    must_equal(info_of(map).reserved, 0);
  else
    must(info_of(map).reserved >= PAGE);
  must_succeed(tome_close(map));
}

static void holes_are_counted(void **state) {
  (void)state;
  const uint64_t step = 1u << 20;
  const char *path = make_hole("holes", 5 * step);
  write_elsewhere(path, step, "one", 3);
  write_elsewhere(path, 3 * step, "two", 3);
  tome *map = open_map(path, TOME_READ);
  tome_info info = info_of(map);
  must(info.holes == 3 || info.holes == TOME_UNKNOWN);
  must(info.hole_bytes == 5 * step - info.allocated || info.hole_bytes == TOME_UNKNOWN);
  must_succeed(tome_close(map));
}

static void anonymous_memory_says_so(void **state) {
  (void)state;
  tome *map = open_anonymous(3 * PAGE);
  tome_info info = info_of(map);
  must_equal(info.kind, TOME_KIND_MEMORY);
  must_equal(info.size, 3 * PAGE);
  must_succeed(tome_close(map));
}

static void fields_that_the_caller_does_not_know_are_left_alone(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  const size_t sizes[] = {offsetof(tome_info, allocated), offsetof(tome_info, holes)};
  tome_info info, blank;
  write_elsewhere(in_dir("file"), PAGE, "grown", 5);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const size_t known = sizes[i];
    memset(&info, 0xAA, sizeof info);
    memset(&blank, 0xAA, sizeof blank);
    info.struct_size = known;
    must_succeed(tome_info_get(map, &info));
    must_equal(info.struct_size, known);
    must_equal(info.size, PAGE);
    must_equal(info.file_size, PAGE + 5);
    must_be_bytes((char *)&info + known, (char *)&blank + known, sizeof info - known);
  }
  must_succeed(tome_close(map));
}

static void a_struct_without_a_size_is_refused(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", PAGE), TOME_READ);
  tome_info info = {0};
  must_fail(tome_info_get(map, &info), TOME_EINVAL);
  must_succeed(tome_close(map));
}

static void evicting_loses_no_byte(void **state) {
  (void)state;
  const size_t size = 50 * PAGE + 1;
  const char *path = make_pattern_file("file", size);
  tome *map = open_map(path, TOME_WRITE);
  must_read_pattern(map, 0, size);
  must_succeed(tome_write(map, PAGE, "x", 1));
  int result = tome_evict(map, 0, TOME_END);
  must(result == 0 || result == TOME_ENOTSUP);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_equal(tome_evict(map, 0, TOME_END), result);
  must_read_pattern(map, 0, PAGE);
  must_read_pattern(map, PAGE + 1, size - PAGE - 1);
  char got;
  must_succeed(tome_read(map, PAGE, &got, 1));
  must_equal(got, 'x');
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_figures_are_those_of_the_file),
      TEST(a_map_through_windows_has_nothing_reserved),
      TEST(holes_are_counted),
      TEST(anonymous_memory_says_so),
      TEST(fields_that_the_caller_does_not_know_are_left_alone),
      TEST(a_struct_without_a_size_is_refused),
      TEST(evicting_loses_no_byte),
  };
  return run_matching(tests, count, arguments);
}
