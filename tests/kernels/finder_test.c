/* A byte string in memory, against a loop over the bytes, with memory around it that cannot be read. */
#include "finder.h"
#include "search_by_bytes.h"
#include "test_kernels.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 900, LONGEST_NEEDLE = 300 };

static unsigned char bytes[LONGEST_NEEDLE]; /* of needles */

/* ---- by chance ---- */

static void repeat(unsigned char *data, size_t length, size_t period) {
  for (size_t i = period; i < length; i++)
    data[i] = data[i - period];
}

/* Half of the needles are taken from the data, some of these with a byte changed; and one case in four is periodic, both the
 * needle and the data, but for a few bytes. */
static needle make_case(dice *any, unsigned char *data, size_t length) {
  unsigned letters = 1 + (unsigned)roll(any, 15);
  needle n = {bytes, 1 + roll(any, roll(any, 3) ? 8 : LONGEST_NEEDLE), (int)roll(any, 2)};
  fill_by_chance(any, data, length, letters);
  fill_by_chance(any, bytes, n.length, letters);
  if (roll(any, 4) == 0) {
    size_t period = 1 + roll(any, 6);
    repeat(data, length, period);
    for (size_t changes = roll(any, 4); changes > 0 && length > 0; changes--)
      data[roll(any, length)] = 'b';
  }
  if (n.length <= length && roll(any, 2))
    memcpy(bytes, data + roll(any, length - n.length + 1), n.length);
  if (roll(any, 3) == 0)
    bytes[roll(any, n.length)] = 'b';
  if (n.ignore_case)
    turn_to_lower_case(bytes, n.length);
  return n;
}

static void needles_by_chance_are_found_as_by_a_loop(void **state) {
  (void)state;
  fenced memory = new_fenced(LONGEST + 64);
  dice any = dice_from(2);
  for (unsigned i = 0; i < how_many(20000, 1000000); i++) {
    size_t length = roll(&any, roll(&any, 4) ? 220 : LONGEST);
    unsigned char *data = roll(&any, 2) ? memory.end - length : memory.begin;
    if (roll(&any, 4) == 0)
      data = memory.begin + roll(&any, 64);
    needle n = make_case(&any, data, length);
    note("case %u: %zu bytes, needle of %zu", i, length, n.length);
    must_find_as_by_bytes(n, data, length);
  }
  free_fenced(memory);
}

/* ---- every place, every length ---- */

static void must_find_everywhere(fenced memory, size_t length, needle n) {
  unsigned char *places[] = {memory.begin, memory.end - length};
  finder f;
  tome__finder_begin(&f, n.bytes, n.length, n.ignore_case);
  for (int which = 0; which < 2; which++) {
    unsigned char *data = places[which];
    memset(data, '.', length);
    must(tome__finder_first(&f, data, length) == NULL);
    must(tome__finder_last(&f, data, length) == NULL);
    for (size_t at = 0; at + n.length <= length; at += n.length > 70 ? 5 : 1) {
      note("needle of %zu at %zu of %zu, place %d", n.length, at, length, which);
      memcpy(data + at, n.bytes, n.length);
      must(tome__finder_first(&f, data, length) == data + at);
      must(tome__finder_last(&f, data, length) == data + at);
      memset(data + at, '.', n.length);
    }
  }
}

static void a_needle_is_found_wherever_it_is(void **state) {
  (void)state;
  fenced memory = new_fenced(400);
  fill_pattern(bytes, 0, sizeof bytes);
  for (size_t i = 0; i < sizeof bytes; i++)
    if (bytes[i] == '.')
      bytes[i] = ',';
  turn_to_lower_case(bytes, sizeof bytes);
  for (size_t n = 1; n < 200; n += n < 10 ? 1 : n / 5)
    for (size_t length = n; length < n + 200; length += 1 + (length - n) / 9)
      must_find_everywhere(memory, length, (needle){bytes, n, (int)(length % 2)});
  free_fenced(memory);
}

static void a_needle_longer_than_the_data_is_not_found(void **state) {
  (void)state;
  fenced memory = new_fenced(1);
  memset(memory.begin, 'a', PAGE);
  memset(bytes, 'a', sizeof bytes);
  finder f;
  for (size_t length = 0; length < sizeof bytes; length++) {
    tome__finder_begin(&f, bytes, length + 1, 0);
    must(tome__finder_first(&f, memory.end - length, length) == NULL);
    must(tome__finder_last(&f, memory.end - length, length) == NULL);
  }
  free_fenced(memory);
}

/* ---- case ---- */

static void a_letter_is_its_other_case_and_no_other_byte(void **state) {
  (void)state;
  for (unsigned i = 0; i < 256; i++) {
    unsigned char wanted[] = {'x', (unsigned char)i, 'x', 'y'};
    turn_to_lower_case(wanted, sizeof wanted);
    for (unsigned j = 0; j < 256; j++) {
      unsigned char data[70] = {0};
      memcpy(data + 60, (unsigned char[]){'X', (unsigned char)j, 'x', 'Y'}, 4);
      note("%02x, %02x", i, j);
      must_find_as_by_bytes((needle){wanted, 4, 1}, data, sizeof data);
      must_find_as_by_bytes((needle){wanted + 1, 1, 1}, data, sizeof data);
      must_find_as_by_bytes((needle){wanted + 1, 2, 1}, data, sizeof data);
      must_find_as_by_bytes((needle){wanted, 2, 0}, data, sizeof data);
    }
  }
}

/* ---- data that is like the needle everywhere ---- */

enum { HARD = 6000 };

typedef void fill(unsigned char *data, size_t length);

static void all_a(unsigned char *data, size_t length) {
  memset(data, 'a', length);
}

static void all_ab(unsigned char *data, size_t length) {
  for (size_t i = 0; i < length; i++)
    data[i] = (unsigned char)("ab"[i % 2]);
}

static void gaps(unsigned char *data, size_t length) {
  dice any = dice_from(3);
  memset(data, 'a', length);
  for (size_t at = 0; at < length; at += 1 + roll(&any, 90))
    data[at] = 'b';
}

/* Long stretches with a period, and a fault in each. */
static void faults(unsigned char *data, size_t length) {
  dice any = dice_from(4);
  all_ab(data, length);
  for (size_t at = 0; at < length; at += 300 + roll(&any, 300))
    data[at] = 'c';
}

static fill *const hard[] = {all_a, all_ab, fill_thue_morse, fill_fibonacci, gaps, faults};

/* The expectation is the C library's: a loop over the bytes would take long here. */
static void must_find_hard(needle n, const unsigned char *data) {
  const unsigned char *last = NULL, *end = data + HARD;
  const unsigned char *first = find_bytes(data, HARD, n.bytes, n.length);
  for (const unsigned char *at = first; at;
       at = find_bytes(at, (size_t)(end - at), n.bytes, n.length))
    last = at++;
  finder f;
  for (int ignore_case = 0; ignore_case < 2; ignore_case++) {
    tome__finder_begin(&f, n.bytes, n.length, ignore_case);
    must(tome__finder_first(&f, data, HARD) == first);
    must(tome__finder_last(&f, data, HARD) == last);
  }
}

static void must_find_all_hard(fill *fill_data, fill *fill_needle, size_t length) {
  unsigned char *data = malloc(HARD), *text = malloc(length);
  fill_data(data, HARD);
  fill_needle(text, length);
  must_find_hard((needle){text, length, 0}, data);
  for (unsigned i = 0; i <= 4; i++) {
    size_t at = i == 4 ? length - 1 : i * length / 4;
    unsigned char was = text[at];
    text[at] = was == 'a' ? 'b' : 'a';
    note("needle of %zu, changed at %zu", length, at);
    must_find_hard((needle){text, length, 0}, data);
    text[at] = 'c';
    must_find_hard((needle){text, length, 0}, data);
    text[at] = was;
  }
  free(data);
  free(text);
}

static void what_is_like_the_needle_everywhere_is_searched_rightly(void **state) {
  (void)state;
  const size_t lengths[] = {3, 20, 64, 65, 130, 1000, 3001};
  for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++)
    for (size_t j = 0; j < sizeof hard / sizeof hard[0]; j++)
      for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++)
        must_find_all_hard(hard[i], hard[j], lengths[k]);
}

/* ---- the needle ---- */

static void bytes_that_are_looked_for_first_are_the_needles_own_and_differ(void **state) {
  (void)state;
  finder f;
  tome__finder_begin(&f, (const unsigned char *)"eeeeZeeee", 9, 0);
  must_equal(f.rare[0], 4);
  must(f.rare[1] != 4 && f.rare[1] < 9 && f.rare[2] < 9);
  must(f.rare[2] != f.rare[1]);
  tome__finder_begin(&f, (const unsigned char *)"ZZZZeZZZZ", 9, 0);
  must(f.rare[0] == 4 || f.rare[1] == 4);
  tome__finder_begin(&f, (const unsigned char *)"aaaaaaaaab", 10, 0);
  must(f.rare[0] == 9 || f.rare[1] == 9);
  tome__finder_begin(&f, (const unsigned char *)"ee", 2, 0);
  must_equal(f.rare[0] + f.rare[1], 1);
  must(f.rare[2] < 2);
  tome__finder_begin(&f, (const unsigned char *)"e", 1, 0);
  must_equal(f.rare[0] + f.rare[1] + f.rare[2], 0);
}

static void must_have_period(needle n) {
  finder f;
  tome__finder_begin(&f, n.bytes, n.length, 0);
  size_t want = period_by_bytes(n), got = tome__finder_period(&f);
  note("needle of %zu, period %zu, got %zu", n.length, want, got);
  if (want <= n.length / 2)
    must_equal(got, want);
  else
    must(got > n.length / 2 && got <= want);
}

static void the_period_is_right_where_it_is_short(void **state) {
  (void)state;
  dice any = dice_from(5);
  for (unsigned i = 0; i < how_many(20000, 200000); i++) {
    needle n = {bytes, 1 + roll(&any, 40), 0};
    fill_by_chance(&any, bytes, n.length, 1 + (unsigned)roll(&any, 3));
    repeat(bytes, n.length, 1 + roll(&any, n.length));
    must_have_period(n);
  }
  for (size_t length = 1; length < sizeof bytes; length++) {
    fill_fibonacci(bytes, length);
    must_have_period((needle){bytes, length, 0});
    fill_thue_morse(bytes, length);
    must_have_period((needle){bytes, length, 0});
  }
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(needles_by_chance_are_found_as_by_a_loop),
      TEST(a_needle_is_found_wherever_it_is),
      TEST(a_needle_longer_than_the_data_is_not_found),
      TEST(a_letter_is_its_other_case_and_no_other_byte),
      TEST(what_is_like_the_needle_everywhere_is_searched_rightly),
      TEST(bytes_that_are_looked_for_first_are_the_needles_own_and_differ),
      TEST(the_period_is_right_where_it_is_short),
  };
  return run_matching(tests, count, arguments);
}
