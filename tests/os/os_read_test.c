/* os.h: reading and writing by system call. */
#include "os_harness.h"

#include <stdlib.h>
#include <string.h>

static void reads_say_how_much_there_was(void **state) {
  (void)state;
  static const struct {
    uint64_t offset;
    size_t length, want;
  } cases[] = {{0, 0, 0},      {0, 1, 1},    {0, 1000, 1000}, {0, 2000, 1000},
               {999, 5, 1},    {1000, 5, 0}, {100000, 5, 0},  {UINT64_C(5) << 32, 5, 0},
               {500, 100, 100}};
  unsigned char bytes[2001];
  os_file file = open_os_pattern("file", TOME_READ, 1000);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t done = 99999;
    note("case %zu", i);
    memset(bytes, 0, sizeof bytes);
    must_refuse(tome__os_read(&file, cases[i].offset, bytes, cases[i].length, &done), 0);
    must_equal(done, cases[i].want);
    must_be_pattern(bytes, cases[i].offset, done);
    must_be_zero(bytes + cases[i].length, 1);
  }
  close_os_file(&file);
}

static void an_empty_file_reads_as_nothing(void **state) {
  (void)state;
  unsigned char byte;
  size_t done = 99;
  os_file file = open_os_file(make_file("empty", "", 0), TOME_READ);
  must_refuse(tome__os_read(&file, 0, &byte, 1, &done), 0);
  must_equal(done, 0);
  close_os_file(&file);
}

/* Errors of the disk apart, what is read at once is the beginning of the range and right. */
static void reading_at_once_is_right_as_far_as_it_goes(void **state) {
  (void)state;
  size_t length = granules(3) + 17, done = 99;
  unsigned char *bytes = malloc(length);
  os_file file = open_os_pattern("file", TOME_READ, length);
  int r = tome__os_read_now(&file, 5, bytes, length - 5, &done);
  if (r == TOME_ENOTSUP)
    goto end;
  must_refuse(r, 0);
  must(done <= length - 5);
  must_be_pattern(bytes, 5, done);
  must_refuse(tome__os_read_now(&file, length, bytes, 10, &done), 0);
  must_equal(done, 0);
end:
  close_os_file(&file);
  free(bytes);
  if (r == TOME_ENOTSUP)
    skip_because("no reads here that wait for nothing");
}

static void writes_grow_the_file_and_leave_zeros(void **state) {
  (void)state;
  unsigned char want[9000] = {0};
  size_t written = 0;
  os_file file = open_os_file(in_dir("new"), TOME_WRITE | TOME_CREATE);
  fill_pattern(want, 0, 1000);
  must_refuse(tome__os_write(&file, 0, want, 1000, &written), 0);
  must_equal(written, 1000);
  fill_pattern(want + 8000, 8000, 1000);
  must_refuse(tome__os_write(&file, 8000, want + 8000, 1000, &written), 0);
  must_equal(written, 1000);
  memset(want + 10, 0x33, 20);
  must_refuse(tome__os_write(&file, 10, want + 10, 20, &written), 0);
  must_refuse(tome__os_write(&file, 4, want, 0, &written), 0);
  must_equal(written, 0);
  must_equal(size_by_stat(&file), 9000);
  close_os_file(&file);
  must_be_file(in_dir("new"), want, sizeof want);
}

static void a_file_opened_for_reading_is_not_written(void **state) {
  (void)state;
  size_t written = 99;
  os_file file = open_os_pattern("file", TOME_READ, 1000);
  must(tome__os_write(&file, 0, "x", 1, &written) < 0);
  close_os_file(&file);
  must_be_pattern_file(in_dir("file"), 1000);
}

static void offsets_past_4_gib_are_themselves(void **state) {
  (void)state;
  const uint64_t far = (UINT64_C(5) << 30) + 3;
  unsigned char byte = 0;
  size_t done = 0;
  os_file file = open_os_file(make_hole("hole", far + 100), TOME_WRITE);
  must_equal(size_by_stat(&file), far + 100);
  must_refuse(tome__os_write(&file, far, "x", 1, &done), 0);
  must_refuse(tome__os_read(&file, far, &byte, 1, &done), 0);
  must_equal(byte, 'x');
  must_refuse(tome__os_read(&file, far - (UINT64_C(1) << 32), &byte, 1, &done), 0);
  must_equal(byte, 0);
  must_equal(size_by_stat(&file), far + 100);
  close_os_file(&file);
}

static void hints_change_nothing(void **state) {
  (void)state;
  static const uint32_t kinds[] = {TOME_ADVICE_NOTICE, TOME_ADVICE_RANDOM, TOME_ADVICE_SEQUENTIAL};
  size_t length = granules(2) + 100, done = 0;
  unsigned char *bytes = malloc(length);
  os_file file = open_os_pattern("file", TOME_READ, length);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    tome__os_expect(&file, kinds[i]);
    tome__os_read_ahead(&file, 0, length);
    tome__os_read_ahead(&file, 3, 0);
    tome__os_read_ahead(&file, length + 10, 100);
    must_refuse(tome__os_read(&file, 0, bytes, length, &done), 0);
    must_equal(done, length);
    must_be_pattern(bytes, 0, length);
  }
  tome__os_expect(&file, TOME_ADVICE_NOTICE);
  close_os_file(&file);
  free(bytes);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(reads_say_how_much_there_was),
      TEST(an_empty_file_reads_as_nothing),
      TEST(reading_at_once_is_right_as_far_as_it_goes),
      TEST(writes_grow_the_file_and_leave_zeros),
      TEST(a_file_opened_for_reading_is_not_written),
      TEST(offsets_past_4_gib_are_themselves),
      TEST(hints_change_nothing),
  };
  return run_matching(tests, argc, argv);
}
