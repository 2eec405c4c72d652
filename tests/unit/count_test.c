/* Counting, against byte loops. */
#include "search_model.h"

#include <stdlib.h>
#include <string.h>

static void must_count(tome *map, const void *needle, size_t length, uint64_t from, uint64_t to,
                       uint64_t want) {
  uint64_t count = 7777777;
  must_return(tome_count(map, needle, length, from, to, &count), want > 0);
  must_equal(count, want);
}

static uint64_t count_of(const unsigned char *text, uint64_t from, uint64_t to,
                         const tome_needle *needle) {
  needles some = {.items = {*needle}, .count = 1};
  hit_list list = model_matches(text, from, to, &some, 0);
  uint64_t count = list.count;
  free(list.items);
  return count;
}

static void random_needles_are_counted_as_by_a_byte_loop(void **state) {
  (void)state;
  unsigned char *text = malloc(7 * PAGE), room[2048];
  dice any = dice_from(71);
  for (unsigned i = 0; i < how_many(40, 1000); i++) {
    size_t size = roll_near_page(&any, roll(&any, 4) ? 7 * PAGE : 50);
    random_letters(&any, text, size, "ab\0", 1 + i % 3);
    tome *map = roll(&any, 2) ? open_in_pages(text, size)
                              : open_map(make_file("text", text, size), TOME_READ);
    for (unsigned j = 0; j < 20; j++) {
      needles some = random_needles(&any, text, size, "ab\0", 1 + i % 3, room);
      uint64_t from = roll(&any, 2) ? 0 : roll_near_page(&any, size);
      uint64_t to = roll(&any, 2) ? size : from + roll_near_page(&any, size - from);
      note("text %u, %zu bytes; needle %u of %zu bytes; [%llu, %llu)", i, size, j,
           some.items[0].length, (unsigned long long)from, (unsigned long long)to);
      must_count(map, some.items[0].data, some.items[0].length, from, to,
                 count_of(text, from, to, &some.items[0]));
    }
    must_succeed(tome_close(map));
  }
  free(text);
}

/* Pieces grow to megabytes. */
static void matches_in_a_large_file_are_all_counted(void **state) {
  (void)state;
  const size_t size = (9u << 20) + 12345;
  unsigned char *text = malloc(size);
  memset(text, 'a', size);
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  for (size_t length = 1; length < 100000; length = length * 3 + 1)
    must_count(map, text, length, 0, TOME_END, size / length);
  must_count(map, text, size, 0, TOME_END, 1);
  must_count(map, "ab", 2, 0, TOME_END, 0);
  must_succeed(tome_close(map));
  free(text);
}

static void holes_are_counted_as_zeros(void **state) {
  (void)state;
  const uint64_t size = UINT64_C(64) << 20, at = size / 2 + 12345;
  tome *map = open_map(make_hole("text", size), TOME_WRITE);
  must_succeed(tome_write(map, at, "needle", 6));
  must_succeed(tome_write(map, size - 6, "needle", 6));
  must_count(map, "needle", 6, 0, TOME_END, 2);
  must_count(map, "\0needle", 7, 0, TOME_END, 2);
  must_count(map, "\0", 1, 0, TOME_END, size - 12);
  must_count(map, "\0", 1, 100, size, size - 112);
  must_succeed(tome_close(map));
}

static void what_cannot_be_counted_is_refused(void **state) {
  (void)state;
  const uint64_t bad[][2] = {{5, 4}, {0, 11}, {11, 11}, {11, TOME_END}, {UINT64_MAX, TOME_END}};
  tome *map = open_map(make_file("text", "0123456789", 10), TOME_READ);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    uint64_t count = 77;
    note("range %zu of the list", i);
    must_fail(tome_count(map, "1", 1, bad[i][0], bad[i][1], &count), TOME_ERANGE);
    must_fail(tome_count(map, "", 0, bad[i][0], bad[i][1], &count), TOME_ERANGE);
    must_equal(count, 77);
  }
  must_count(map, "x", SIZE_MAX, 0, TOME_END, 0);
  must_count(map, "", 0, 0, TOME_END, 11);
  must_count(map, NULL, 0, 10, TOME_END, 1);
  must_count(map, NULL, 0, 3, 5, 3);
  must_succeed(tome_close(map));
}

static void a_cut_file_is_not_counted(void **state) {
  (void)state;
  const size_t size = 40 * PAGE;
  hit_list want = {0};
  unsigned char *text = text_of_words(size, &want);
  for (uint64_t cut = 0; cut < size; cut += 7 * PAGE + 9) {
    uint64_t count = 77;
    tome *map = open_map(make_file("text", text, size), TOME_READ);
    must_count(map, "word", 4, 0, 20 * PAGE,
               count_of(text, 0, 20 * PAGE, &(tome_needle){"word", 4}));
    truncate_elsewhere(in_dir("text"), cut);
    must_fail(tome_count(map, "word", 4, 0, TOME_END, &count), TOME_ELOST);
    must_equal(count, 77);
    must(tome_error_last()->offset <= cut + PAGE && tome_error_last()->offset >= cut);
    must_succeed(tome_close(map));
  }
  free(want.items);
  free(text);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_needles_are_counted_as_by_a_byte_loop),
      TEST(matches_in_a_large_file_are_all_counted),
      TEST(holes_are_counted_as_zeros),
      TEST(what_cannot_be_counted_is_refused),
      TEST(a_cut_file_is_not_counted),
  };
  return run_matching(tests, count, arguments);
}
