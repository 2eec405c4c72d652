/* Reading, writing, moving and filling: results, privacy, buffers in the map, and what a failure leaves alone. */
#include "test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bytes_come_out_as_they_are_at_any_place(void **state) {
  (void)state;
  const size_t size = 4 * PAGE + 9;
  const char *path = make_pattern_file("file", size);
  for (uint64_t offset = 0; offset < size; offset += PAGE / 2 - 1) {
    tome *map = open_map(path, TOME_READ);
    must_read_pattern(map, offset, size - offset);
    must_read_pattern(map, offset, 1);
    must_read_pattern(map, 0, offset);
    must_succeed(tome_close(map));
  }
}

static void a_stored_byte_is_in_the_file_at_once(void **state) {
  (void)state;
  const size_t size = 3 * PAGE + 1;
  unsigned char *want = new_pattern(0, size);
  const char *path = make_pattern_file("file", size);
  tome *map = open_map(path, TOME_WRITE);
  const uint64_t places[] = {0, 1, PAGE - 1, PAGE, 2 * PAGE - 1, 3 * PAGE};
  for (int time = 0; time < 3; time++)
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
      unsigned char byte = (unsigned char)(time + (int)i);
      want[places[i]] = byte;
      must_succeed(tome_write(map, places[i], &byte, 1));
      must_be_file(path, want, size);
    }
  must_succeed(tome_close(map));
  must_be_file(path, want, size);
  free(want);
}

static void what_others_store_is_read_at_once(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  char got[8];
  for (int time = 0; time < 3; time++) {
    char text[] = "others 0";
    text[7] = (char)('0' + time);
    write_elsewhere(path, PAGE - 4, text, 8);
    must_succeed(tome_read(map, PAGE - 4, got, 8));
    must_be_bytes(got, text, 8);
  }
  must_succeed(tome_close(map));
}

static void a_read_only_map_refuses_every_store(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_READ);
  uint64_t at = 77;
  for (int time = 0; time < 2; time++) {
    must_fail(tome_write(map, 10, "x", 1), TOME_EREADONLY);
    must_fail(tome_fill(map, 10, 1, 0), TOME_EREADONLY);
    must_fail(tome_move(map, 0, 1, 1), TOME_EREADONLY);
    must_fail(tome_append(map, "x", 1, &at), TOME_EREADONLY);
    must_fail(tome_resize(map, PAGE), TOME_EREADONLY);
    must_fail(tome_resize(map, 3 * PAGE), TOME_EREADONLY);
    must_read_pattern(map, 0, 2 * PAGE);
  }
  must_equal(at, 77);
  must_equal(tome_size(map), 2 * PAGE);
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 2 * PAGE);
}

static void a_copy_is_private(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 3 * PAGE);
  tome *copy = open_map(path, TOME_COPY), *other = open_map(path, TOME_COPY),
       *file = open_map(path, TOME_READ);
  char got[6];
  must_succeed(tome_write(copy, PAGE - 3, "secret", 6));
  must_succeed(tome_fill(copy, 2 * PAGE, PAGE, 'f'));
  must_succeed(tome_move(copy, 0, PAGE - 3, 6));
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_read(copy, PAGE - 3, got, 6));
    must_be_bytes(got, "secret", 6);
    must_succeed(tome_read(copy, 0, got, 6));
    must_be_bytes(got, "secret", 6);
    must_read_pattern(copy, 6, PAGE - 9);
    must_read_pattern(other, 0, 3 * PAGE);
    must_read_pattern(file, 0, 3 * PAGE);
  }
  must_be_pattern_file(path, 3 * PAGE);
  must_succeed(tome_close(copy));
  must_read_pattern(other, 0, 3 * PAGE);
  must_succeed(tome_close(other));
  must_succeed(tome_close(file));
  must_be_pattern_file(path, 3 * PAGE);
}

static void a_copy_needs_no_write_access_to_its_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE + 10);
  FILE *file = fopen(path, "rb");
  must(file != NULL);
  tome *copy = NULL;
  tome_options options = TOME_OPTIONS_INIT;
  options.offset = 3;
  options.length = PAGE;
  char got[2];
  must_succeed(tome_open_fd(&copy, fileno(file), TOME_COPY, &options));
  must_equal(fclose(file), 0);
  must_succeed(tome_write(copy, PAGE - 2, "ab", 2));
  must_succeed(tome_read(copy, PAGE - 2, got, 2));
  must_be_bytes(got, "ab", 2);
  must_succeed(tome_close(copy));
  must_be_pattern_file(path, PAGE + 10);
}

static void a_copy_has_a_fixed_size(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE);
  tome *copy = open_map(path, TOME_COPY);
  uint64_t at = 77;
  must_fail(tome_append(copy, "x", 1, &at), TOME_EREADONLY);
  must_fail(tome_resize(copy, 2 * PAGE), TOME_EREADONLY);
  must_fail(tome_resize(copy, 1), TOME_EREADONLY);
  must_fail(tome_write(copy, PAGE - 1, "xy", 2), TOME_ERANGE);
  must_equal(at, 77);
  must_read_pattern(copy, 0, PAGE);
  must_succeed(tome_close(copy));
  must_be_pattern_file(path, PAGE);
}

static void moving_is_as_if_the_source_was_copied_first(void **state) {
  (void)state;
  const size_t size = 6 * PAGE + 5;
  const char *path = make_pattern_file("file", size);
  unsigned char *model = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE);
  const struct {
    uint64_t to, from, length;
  } moves[] = {{1, 0, size - 1},
               {0, 1, size - 1},
               {PAGE, 0, 3 * PAGE},
               {0, PAGE, 3 * PAGE},
               {PAGE + 1, PAGE, PAGE},
               {PAGE - 1, PAGE, PAGE},
               {0, 5 * PAGE, PAGE + 5},
               {5 * PAGE, 0, PAGE + 5},
               {17, 17, 3 * PAGE},
               {2 * PAGE - 3, 3, 2 * PAGE + 1},
               {size, 0, 0},
               {0, size, 0}};
  for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++) {
    note("move %zu of the list", i);
    must_succeed(tome_move(map, moves[i].to, moves[i].from, moves[i].length));
    memmove(model + moves[i].to, model + moves[i].from, moves[i].length);
    must_be_file(path, model, size);
  }
  must_succeed(tome_close(map));
  free(model);
}

/* Longer than any buffer one would copy through. */
static void moving_megabytes_keeps_every_byte(void **state) {
  (void)state;
  const size_t size = 3u << 20, shift = 12345;
  const char *path = make_pattern_file("file", size);
  unsigned char *model = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE);
  must_succeed(tome_move(map, shift, 0, size - shift));
  memmove(model + shift, model, size - shift);
  must_be_file(path, model, size);
  must_succeed(tome_move(map, 0, 3 * shift, size - 3 * shift));
  memmove(model, model + 3 * shift, size - 3 * shift);
  must_succeed(tome_close(map));
  must_be_file(path, model, size);
  free(model);
}

static void filling_sets_exactly_the_range(void **state) {
  (void)state;
  const size_t size = 4 * PAGE + 3;
  const char *path = make_pattern_file("file", size);
  unsigned char *model = new_pattern(0, size);
  tome *map = open_map(path, TOME_WRITE);
  const uint64_t ranges[][2] = {{0, 1}, {PAGE - 1, 2}, {PAGE, PAGE}, {5, 3 * PAGE}, {size, 0}};
  for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    must_succeed(tome_fill(map, ranges[i][0], ranges[i][1], (int)i));
    memset(model + ranges[i][0], (int)i, ranges[i][1]);
    must_be_file(path, model, size);
  }
  must_succeed(tome_fill(map, 2 * PAGE + 1, TOME_END, 0x1A5));
  memset(model + 2 * PAGE + 1, 0xA5, size - 2 * PAGE - 1);
  must_be_file(path, model, size);
  must_succeed(tome_fill(map, size, TOME_END, 1));
  must_succeed(tome_fill(map, 0, TOME_END, -1));
  memset(model, 0xFF, size);
  must_succeed(tome_close(map));
  must_be_file(path, model, size);
  free(model);
}

static void refused_calls_change_nothing(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 2 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  char *zeros = calloc(1, 3 * PAGE);
  for (int time = 0; time < 2; time++) {
    must_fail(tome_write(map, PAGE, zeros, PAGE + 1), TOME_ERANGE);
    must_fail(tome_write(map, 2 * PAGE, zeros, 1), TOME_ERANGE);
    must_fail(tome_fill(map, PAGE, PAGE + 1, 0), TOME_ERANGE);
    must_fail(tome_fill(map, 2 * PAGE + 1, TOME_END, 0), TOME_ERANGE);
    must_fail(tome_move(map, 0, PAGE, PAGE + 1), TOME_ERANGE);
    must_fail(tome_move(map, PAGE, 0, PAGE + 1), TOME_ERANGE);
    must_be_pattern_file(path, 2 * PAGE);
    must_read_pattern(map, 0, 2 * PAGE);
  }
  must_succeed(tome_close(map));
  must_be_pattern_file(path, 2 * PAGE);
  free(zeros);
}

/* The source of a write, and the target of a read, may be a view of the same map, beside the range itself. */
static void a_buffer_may_lie_in_a_view_of_the_map(void **state) {
  (void)state;
  const size_t size = 4u << 20, half = size / 2;
  const size_t lengths[] = {1, PAGE / 2, PAGE + PAGE / 2, 20 * PAGE + 1, half};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    note("length %zu", lengths[i]);
    const char *path = make_pattern_file("file", size);
    unsigned char *model = new_pattern(0, size);
    tome *map = open_map(path, TOME_WRITE);
    tome_view view = begin_view(map, 0, size, TOME_VIEW_WRITE);
    unsigned char *bytes = view.data;
    must_succeed(
        tome_read(map, 0, bytes + half, lengths[i])); /* pages that were not touched before */
    memcpy(model + half, model, lengths[i]);
    must_be_bytes(bytes, model, size);
    must_succeed(tome_write(map, size - lengths[i], bytes, lengths[i]));
    memcpy(model + size - lengths[i], model, lengths[i]);
    must_be_bytes(bytes, model, size);
    must_succeed(tome_view_end(&view));
    must_succeed(tome_close(map));
    must_be_file(path, model, size);
    free(model);
  }
}

static void a_map_may_be_appended_to_itself(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGE + 1);
  tome *map = open_map(path, TOME_WRITE);
  tome_view view = begin_view(map, 0, PAGE + 1, TOME_VIEW_READ);
  uint64_t at;
  must_succeed(tome_append(map, view.data, PAGE + 1, &at));
  must_equal(at, PAGE + 1);
  must_succeed(tome_view_end(&view));
  unsigned char *want = new_pattern(0, 2 * (PAGE + 1));
  memcpy(want + PAGE + 1, want, PAGE + 1);
  must_be_file(path, want, 2 * (PAGE + 1));
  must_succeed(tome_close(map));
  free(want);
}

static void holes_read_as_zeros_and_take_bytes(void **state) {
  (void)state;
  const char *path = make_hole("hole", 100 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  unsigned char *got = malloc(100 * PAGE);
  for (int time = 0; time < 2; time++) {
    must_succeed(tome_read(map, 0, got, 100 * PAGE));
    must_be_zero(got, 100 * PAGE);
  }
  must_succeed(tome_write(map, 50 * PAGE + 1, "in the hole", 11));
  must_succeed(tome_read(map, 0, got, 100 * PAGE));
  must_be_zero(got, 50 * PAGE + 1);
  must_be_bytes(got + 50 * PAGE + 1, "in the hole", 11);
  must_be_zero(got + 50 * PAGE + 12, 50 * PAGE - 12);
  must_succeed(tome_close(map));
  free(got);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(bytes_come_out_as_they_are_at_any_place),
      TEST(a_stored_byte_is_in_the_file_at_once),
      TEST(what_others_store_is_read_at_once),
      TEST(a_read_only_map_refuses_every_store),
      TEST(a_copy_is_private),
      TEST(a_copy_needs_no_write_access_to_its_file),
      TEST(a_copy_has_a_fixed_size),
      TEST(moving_is_as_if_the_source_was_copied_first),
      TEST(moving_megabytes_keeps_every_byte),
      TEST(filling_sets_exactly_the_range),
      TEST(refused_calls_change_nothing),
      TEST(a_buffer_may_lie_in_a_view_of_the_map),
      TEST(a_map_may_be_appended_to_itself),
      TEST(holes_read_as_zeros_and_take_bytes),
  };
  return run_matching(tests, count, arguments);
}
