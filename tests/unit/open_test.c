/* Opening: flags, parts, sizes, how long a map lives and what it leaves behind. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>

/* ---- flags ---- */

static int flags_go_together(uint32_t flags) {
  int writable = (flags & TOME_WRITE) != 0;
  if (writable && (flags & TOME_COPY))
    return 0;
  if (!writable && (flags & (TOME_CREATE | TOME_TRUNCATE | TOME_GROW | TOME_SPARSE)))
    return 0;
  return (flags & TOME_CREATE) || !(flags & TOME_EXCL);
}

static void every_combination_of_flags_is_accepted_or_refused_by_the_rules(void **state) {
  (void)state;
  for (uint32_t flags = 0; flags < 256; flags++) {
    note("flags 0x%02x", flags);
    const char *path = make_pattern_file("existing", 100);
    if (!flags_go_together(flags)) {
      must_equal(try_open(path, flags), TOME_EINVAL);
      must_equal(tome_error_last()->code, TOME_EINVAL);
      must(tome_error_last()->detail != NULL);
    } else if (flags & TOME_EXCL) {
      must_equal(try_open(path, flags), TOME_EEXIST);
    } else {
      must_equal(try_open(path, flags), 0);
    }
    int emptied = flags_go_together(flags) && (flags & TOME_TRUNCATE) && !(flags & TOME_EXCL);
    must_be_pattern_file(path, emptied ? 0 : 100);
  }
}

static void every_combination_of_flags_treats_a_missing_file_by_the_rules(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = in_dir("missing");
  for (uint32_t flags = 0; flags < 256; flags++) {
    note("flags 0x%02x", flags);
    int good = flags_go_together(flags), creates = good && (flags & TOME_CREATE);
    must_equal(try_open(path, flags), creates ? 0 : good ? TOME_ENOENT : TOME_EINVAL);
    must_equal(file_exists(path), creates);
    if (creates)
      remove_file(path);
  }
}

static void unknown_flags_are_refused(void **state) {
  (void)state;
  const char *path = make_pattern_file("existing", 100);
  for (int bit = 8; bit < 32; bit++)
    must_equal(try_open(path, TOME_WRITE | UINT32_C(1) << bit), TOME_EINVAL);
}

static void bad_options_are_refused(void **state) {
  (void)state;
  const char *path = make_pattern_file("existing", 100);
  tome *map = NULL;
  tome_options options = TOME_OPTIONS_INIT;
  options.struct_size = 0;
  must_fail(tome_open(&map, path, TOME_READ, &options), TOME_EINVAL);
  must_fail(tome_anonymous(&map, 10, &options), TOME_EINVAL);
  options = (tome_options)TOME_OPTIONS_INIT;
  options.window = PAGE;
  must_fail(tome_open(&map, path, TOME_COPY, &options), TOME_EINVAL);
  must(map == NULL);
}

static void the_same_without_options_is_the_whole_file(void **state) {
  (void)state;
  tome *map;
  must_succeed(tome_open(&map, make_pattern_file("whole", 5000), TOME_READ, NULL));
  must_equal(tome_size(map), 5000);
  must_read_pattern(map, 0, 5000);
  must_succeed(tome_close(map));
}

/* ---- sizes and parts ---- */

static const uint32_t all_modes[] = {TOME_READ,
                                     TOME_WRITE,
                                     TOME_COPY,
                                     TOME_WRITE | TOME_GROW,
                                     TOME_WRITE | TOME_SPARSE,
                                     TOME_READ | TOME_NOGUARD};
enum { ALL_MODES = sizeof all_modes / sizeof all_modes[0] };

static void files_of_every_size_around_page_borders_open_and_read_whole(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t sizes[] = {0,
                          1,
                          2,
                          PAGE - 1,
                          PAGE,
                          PAGE + 1,
                          2 * PAGE,
                          3 * PAGE - 1,
                          3 * PAGE,
                          3 * PAGE + 1,
                          16 * PAGE - 1,
                          16 * PAGE,
                          16 * PAGE + 1};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const char *path = make_pattern_file("sized", sizes[i]);
    for (int mode = 0; mode < ALL_MODES; mode++) {
      note("size %zu, flags 0x%x", sizes[i], all_modes[mode]);
      tome *map = open_map(path, all_modes[mode]);
      must_equal(tome_size(map), sizes[i]);
      must_read_pattern(map, 0, sizes[i]);
      must_succeed(tome_close(map));
    }
    must_be_pattern_file(path, sizes[i]);
  }
}

static void parts_of_any_offset_and_length_read_their_bytes(void **state) {
  (void)state;
  const size_t size = 5 * PAGE + 17;
  const char *path = make_pattern_file("parts", size);
  dice any = dice_from(1);
  for (int i = 0; i < 400; i++) {
    uint64_t offset = roll_near_page(&any, size);
    uint64_t length = roll_near_page(&any, size - offset);
    note("part at %llu of %llu bytes", (unsigned long long)offset, (unsigned long long)length);
    tome *map = open_part(path, all_modes[i % ALL_MODES], offset, length);
    must_equal(tome_size(map), length);
    unsigned char *buffer = malloc(length + 1);
    for (int time = 0; time < 2; time++) {
      must_succeed(tome_read(map, 0, buffer, length));
      must_be_pattern(buffer, offset, length);
      must_fail(tome_read(map, length, buffer, 1), TOME_ERANGE);
    }
    free(buffer);
    must_succeed(tome_close(map));
  }
}

static void a_part_without_a_length_reaches_to_the_end_of_the_file(void **state) {
  (void)state;
  const char *path = make_pattern_file("parts", 3 * PAGE + 5);
  tome *map = open_part(path, TOME_READ, PAGE + 1, TOME_END);
  must_equal(tome_size(map), 2 * PAGE + 4);
  must_succeed(tome_close(map));
}

static void a_part_of_no_length_is_an_empty_map_anywhere_up_to_the_end(void **state) {
  (void)state;
  const size_t size = PAGE + 5;
  const char *path = make_pattern_file("parts", size);
  const uint64_t offsets[] = {0, 1, PAGE - 1, PAGE, PAGE + 4, PAGE + 5};
  char byte;
  for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
    tome *map = open_part(path, TOME_READ, offsets[i], 0);
    must_equal(tome_size(map), 0);
    must_succeed(tome_read(map, 0, &byte, 0));
    must_fail(tome_read(map, 0, &byte, 1), TOME_ERANGE);
    must_succeed(tome_close(map));
  }
  tome *map = open_part(path, TOME_READ, size, TOME_END);
  must_equal(tome_size(map), 0);
  must_succeed(tome_close(map));
}

static void a_part_outside_the_file_is_refused(void **state) {
  (void)state;
  const char *path = make_pattern_file("parts", 100);
  static const struct {
    uint64_t offset, length;
  } bad[] = {
      {0, 101},
      {1, 100},
      {100, 1},
      {101, 0},
      {101, TOME_END},
      {UINT64_MAX, 0},
      {UINT64_MAX, 1},
      {UINT64_MAX, TOME_END},
      {UINT64_MAX - 10, 100},
      {1, UINT64_MAX - 1},
      {0, UINT64_MAX - 1},
      {0, INT64_MAX},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    note("part %zu of the list", i);
    must_equal(try_part(path, TOME_READ, bad[i].offset, bad[i].length), TOME_ERANGE);
    must_equal(try_part(path, TOME_WRITE | TOME_GROW, bad[i].offset, bad[i].length), TOME_ERANGE);
  }
  must_be_pattern_file(path, 100);
}

static void a_reservation_of_any_size_is_accepted(void **state) {
  (void)state;
  needs_whole_pages();
  const uint64_t reserves[] = {
      1, PAGE, PAGE + 1, UINT64_C(1) << 40, INT64_MAX, UINT64_MAX - PAGE, UINT64_MAX};
  const char *path = make_pattern_file("reserved", 3 * PAGE);
  for (size_t i = 0; i < sizeof reserves / sizeof reserves[0]; i++) {
    note("reserve %llu", (unsigned long long)reserves[i]);
    tome_options options = test_options(TOME_WRITE);
    options.reserve = reserves[i];
    tome *map;
    must_succeed(tome_open(&map, path, TOME_WRITE, &options));
    must_read_pattern(map, 0, 3 * PAGE);
    must_succeed(tome_close(map));
  }
}

static void windows_of_any_size_are_rounded_up(void **state) {
  (void)state;
  const size_t windows[] = {1, 100, PAGE - 1, PAGE + 1, 3 * PAGE, 64 * PAGE, (size_t)1 << 28};
  const char *path = make_pattern_file("windowed", 10 * PAGE + 3);
  for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
    note("window %zu", windows[i]);
    tome_options options = TOME_OPTIONS_INIT;
    options.window = windows[i];
    tome *map;
    must_succeed(tome_open(&map, path, TOME_WRITE, &options));
    must_read_pattern(map, 0, 10 * PAGE + 3);
    must_succeed(tome_close(map));
  }
}

/* ---- creating and emptying ---- */

static void a_created_file_is_an_empty_map_that_can_grow(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = in_dir("new");
  tome *map = open_map(path, TOME_WRITE | TOME_CREATE | TOME_EXCL);
  must_equal(tome_size(map), 0);
  uint64_t at;
  must_succeed(tome_append(map, "first", 5, &at));
  must_equal(at, 0);
  must_succeed(tome_close(map));
  must_be_file(path, "first", 5);
}

static void truncating_gives_an_empty_map(void **state) {
  (void)state;
  const char *path = make_pattern_file("full", 3 * PAGE);
  tome *map = open_map(path, TOME_WRITE | TOME_TRUNCATE);
  must_equal(tome_size(map), 0);
  must_equal(file_length(path), 0);
  must_succeed(tome_append(map, "new", 3, NULL));
  must_succeed(tome_close(map));
  must_be_file(path, "new", 3);
}

static void a_failed_open_does_not_truncate(void **state) {
  (void)state;
  const char *path = make_pattern_file("full", 3 * PAGE);
  must_equal(try_part(path, TOME_WRITE | TOME_TRUNCATE, 4 * PAGE, TOME_END), TOME_ERANGE);
  must_equal(try_part(path, TOME_WRITE | TOME_TRUNCATE, UINT64_MAX, 2), TOME_ERANGE);
  must_equal(try_open(path, TOME_READ | TOME_TRUNCATE), TOME_EINVAL);
  must_equal(try_open(path, TOME_WRITE | TOME_TRUNCATE | TOME_EXCL), TOME_EINVAL);
  must_equal(try_open(path, TOME_WRITE | TOME_CREATE | TOME_TRUNCATE | TOME_EXCL), TOME_EEXIST);
  must_be_pattern_file(path, 3 * PAGE);
}

/* ---- lifetimes ---- */

static void a_file_opened_twice_may_be_closed_in_either_order(void **state) {
  (void)state;
  const char *path = make_pattern_file("twice", 5 * PAGE);
  for (int first = 0; first < 2; first++) {
    tome *maps[2] = {open_map(path, TOME_WRITE), open_map(path, TOME_READ)};
    must_read_pattern(maps[0], 0, 5 * PAGE);
    must_read_pattern(maps[1], 0, 5 * PAGE);
    must_succeed(tome_close(maps[first]));
    must_read_pattern(maps[!first], 0, 5 * PAGE);
    must_succeed(tome_close(maps[!first]));
  }
}

static void what_one_map_stores_another_reads(void **state) {
  (void)state;
  const char *path = make_pattern_file("twice", 2 * PAGE);
  tome *writer = open_map(path, TOME_WRITE), *reader = open_map(path, TOME_READ);
  char got[6];
  must_read_pattern(reader, 0, 2 * PAGE);
  for (int time = 0; time < 3; time++) {
    char text[] = "round0";
    text[5] = (char)('0' + time);
    must_succeed(tome_write(writer, PAGE - 2, text, 6));
    must_succeed(tome_read(reader, PAGE - 2, got, 6));
    must_be_bytes(got, text, 6);
  }
  must_succeed(tome_close(reader));
  must_succeed(tome_close(writer));
}

static void a_deleted_file_lives_as_long_as_its_map(void **state) {
  (void)state;
  const char *path = make_pattern_file("deleted", 2 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  remove_file(path);
  must_read_pattern(map, 0, 2 * PAGE);
  must_succeed(tome_write(map, 1, "x", 1));
  must_succeed(tome_append(map, "more", 4, NULL));
  must_succeed(tome_resize(map, 10 * PAGE));
  char got[4];
  must_succeed(tome_read(map, 2 * PAGE, got, 4));
  must_be_bytes(got, "more", 4);
  must_succeed(tome_close(map));
  must(!file_exists(path));
}

static void a_replaced_file_is_not_the_one_that_is_mapped(void **state) {
  (void)state;
  if (!replaces_open_files())
    skip_because("this system does not replace a file that is open");
  const char *path = make_pattern_file("replaced", 2 * PAGE);
  tome *map = open_map(path, TOME_WRITE);
  move_file(make_file("other", "other", 5), path);
  must_read_pattern(map, 0, 2 * PAGE);
  must_succeed(tome_append(map, "more", 4, NULL));
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), 2 * PAGE + 4);
  must_succeed(tome_close(map));
  must_be_file(path, "other", 5);
}

static void closing_nothing_is_allowed(void **state) {
  (void)state;
  must_succeed(tome_close(NULL));
}

static void anonymous_memory_is_zero_and_writable(void **state) {
  (void)state;
  needs_whole_pages();
  const uint64_t sizes[] = {0, 1, PAGE, 3 * PAGE + 1};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    tome *map = open_anonymous(sizes[i]);
    must_equal(tome_size(map), sizes[i]);
    unsigned char *got = malloc(sizes[i] + 1), *want = new_pattern(0, sizes[i]);
    must_succeed(tome_read(map, 0, got, sizes[i]));
    must_be_zero(got, sizes[i]);
    must_succeed(tome_write(map, 0, want, sizes[i]));
    must_read_pattern(map, 0, sizes[i]);
    must_succeed(tome_close(map));
    free(got);
    free(want);
  }
}

static void anonymous_memory_has_no_parts(void **state) {
  (void)state;
  tome *map = NULL;
  tome_options options = TOME_OPTIONS_INIT;
  options.offset = 1;
  must_fail(tome_anonymous(&map, 100, &options), TOME_EINVAL);
  options = (tome_options)TOME_OPTIONS_INIT;
  options.length = 100;
  must_fail(tome_anonymous(&map, 100, &options), TOME_EINVAL);
  must(map == NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_combination_of_flags_is_accepted_or_refused_by_the_rules),
      TEST(every_combination_of_flags_treats_a_missing_file_by_the_rules),
      TEST(unknown_flags_are_refused),
      TEST(bad_options_are_refused),
      TEST(the_same_without_options_is_the_whole_file),
      TEST(files_of_every_size_around_page_borders_open_and_read_whole),
      TEST(parts_of_any_offset_and_length_read_their_bytes),
      TEST(a_part_without_a_length_reaches_to_the_end_of_the_file),
      TEST(a_part_of_no_length_is_an_empty_map_anywhere_up_to_the_end),
      TEST(a_part_outside_the_file_is_refused),
      TEST(a_reservation_of_any_size_is_accepted),
      TEST(windows_of_any_size_are_rounded_up),
      TEST(a_created_file_is_an_empty_map_that_can_grow),
      TEST(truncating_gives_an_empty_map),
      TEST(a_failed_open_does_not_truncate),
      TEST(a_file_opened_twice_may_be_closed_in_either_order),
      TEST(what_one_map_stores_another_reads),
      TEST(a_deleted_file_lives_as_long_as_its_map),
      TEST(a_replaced_file_is_not_the_one_that_is_mapped),
      TEST(closing_nothing_is_allowed),
      TEST(anonymous_memory_is_zero_and_writable),
      TEST(anonymous_memory_has_no_parts),
  };
  return run_matching(tests, count, arguments);
}
