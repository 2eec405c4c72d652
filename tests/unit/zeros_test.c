/* Zeros that are in the file, and zeros that a cut leaves in the rest of its last page without a signal: the first are read,
 * the second are lost. */
#include "emulator_limits.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

enum { PAGES = 10 };
#define SIZE ((size_t)PAGES * PAGE)

static void a_cut_inside_a_page_of_zeros_is_noticed(void **state) {
  (void)state;
  char got[100];
  const char *path = make_hole("file", 3 * PAGE);
  tome *map = open_map(path, TOME_READ);
  for (int time = 0; time < 2; time++)
    must_succeed(tome_read(map, 3 * PAGE - 100, got, 100));
  must_be_zero(got, 100);
  truncate_elsewhere(path, 3 * PAGE - 50);
  must_fail_at(tome_read(map, 3 * PAGE - 100, got, 100), TOME_ELOST, 3 * PAGE - 50, 50);
  must_fail_at(tome_read(map, 3 * PAGE - 10, got, 10), TOME_ELOST, 3 * PAGE - 10, 10);
  must_succeed(tome_read(map, 3 * PAGE - 100, got, 50));
  must_succeed(tome_close(map));
}

/* 64 zeros inside a page that is full of other bytes before and behind them. */
static void zeros_among_other_bytes_are_lost_when_they_are_cut(void **state) {
  (void)state;
  needs_whole_pages();
  const size_t zeros = PAGE + 1000;
  const struct {
    size_t cut, stay; /* of the 64 */
  } cases[] = {{0, 0},           {zeros, 0},       {zeros + 1, 1},
               {zeros + 63, 63}, {zeros + 64, 64}, {zeros + 65, 64}};
  unsigned char *bytes = new_pattern(0, 3 * PAGE), got[64];
  memset(bytes + zeros, 0, 64);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t stay = cases[i].stay;
    note("cut at %zu", cases[i].cut);
    const char *path = make_file("file", bytes, 3 * PAGE);
    tome *map = open_map(path, TOME_READ);
    for (int time = 0; time < 3; time++) {
      memset(got, 'x', 64);
      must_succeed(tome_read(map, zeros, got, 64));
      must_be_zero(got, 64);
    }
    truncate_elsewhere(path, cases[i].cut);
    for (int time = 0; time < 2; time++)
      if (stay < 64)
        must_fail_at(tome_read(map, zeros, got, 64), TOME_ELOST, zeros + stay, 64 - stay);
    must_succeed(tome_read(map, zeros, got, stay));
    must_be_zero(got, stay);
    write_elsewhere(path, 0, bytes, 3 * PAGE);
    must_succeed(tome_read(map, zeros, got, 64));
    must_be_zero(got, 64);
    must_succeed(tome_close(map));
  }
  free(bytes);
}

static void reads_of_a_file_of_zeros_are_right_until_it_is_cut(void **state) {
  (void)state;
  needs_whole_pages();
  unsigned char got[64];
  dice any = dice_from(5);
  const uint64_t cut = 6 * PAGE + 777;
  const char *path = make_hole("file", SIZE);
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 20000; i++) {
    uint64_t at = roll_near_page(&any, SIZE - 64);
    note("read %d at %llu", i, (unsigned long long)at);
    if (i == 10000)
      truncate_elsewhere(path, cut);
    memset(got, 'x', 64);
    if (i < 10000 || at + 64 <= cut) {
      must_succeed(tome_read(map, at, got, 64));
      must_be_zero(got, 64);
    } else {
      uint64_t from = at > cut ? at : cut;
      must_fail_at(tome_read(map, at, got, 64), TOME_ELOST, from, at + 64 - from);
    }
  }
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_cut_inside_a_page_of_zeros_is_noticed),
      TEST(zeros_among_other_bytes_are_lost_when_they_are_cut),
      TEST(reads_of_a_file_of_zeros_are_right_until_it_is_cut),
  };
  return run_matching(tests, count, arguments);
}
