/* The trials of long needles, from the first on by the linear algorithm: through the kernels alone few searches come to it. */
#include "search_by_bytes.h"
#include "test_kernels.h"
#include "two_way.h"

#include <string.h>

enum { LONGEST = 400, LONGEST_NEEDLE = 60 };

static unsigned char bytes[LONGEST_NEEDLE]; /* of needles */

/* What a kernel would leave out: a place where one byte differs. */
static int is_likely(needle n, const unsigned char *at, size_t probe) {
  unsigned char byte = at[probe];
  return n.bytes[probe] == (n.ignore_case && byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
}

/* Places in the order of the search, some of them left out; how much is compared tells nothing here. */
static const unsigned char *find_linear(needle n, const unsigned char *data, size_t length,
                                        int backward, int filtered, size_t probe) {
  finder f;
  tome__finder_begin(&f, n.bytes, n.length, n.ignore_case);
  trial t = tome__trial_begin(&f, data, length, backward);
  t.linear = 1;
  t.cut = tome__cut_begin(&f, backward);
  for (size_t i = 0; i + n.length <= length; i++) {
    const unsigned char *at = backward ? data + length - n.length - i : data + i;
    if ((!filtered || is_likely(n, at, probe)) && tome__trial(&t, at))
      return t.found;
  }
  return NULL;
}

static needle make_case(dice *any, unsigned char *data, size_t length) {
  unsigned letters = 1 + (unsigned)roll(any, 4);
  needle n = {bytes, 1 + roll(any, LONGEST_NEEDLE), (int)roll(any, 2)};
  size_t period = 1 + roll(any, n.length);
  fill_by_chance(any, bytes, n.length, letters);
  if (n.ignore_case)
    turn_to_lower_case(bytes, n.length);
  for (size_t i = period; i < n.length; i++)
    bytes[i] = bytes[i - period];
  if (roll(any, 2))
    bytes[roll(any, n.length)] = 'a';
  for (size_t at = 0; at < length;) { /* pieces of the needle, one behind the other */
    size_t from = roll(any, n.length), piece = 1 + roll(any, n.length - from);
    piece = piece < length - at ? piece : length - at;
    memcpy(data + at, bytes + from, piece);
    at += piece;
  }
  if (roll(any, 3) == 0 && length > 0)
    data[roll(any, length)] = 'A';
  return n;
}

static void every_trial_by_the_linear_algorithm_is_right(void **state) {
  (void)state;
  fenced memory = new_fenced(LONGEST);
  dice any = dice_from(6);
  for (unsigned i = 0; i < how_many(20000, 2000000); i++) {
    size_t length = roll(&any, LONGEST);
    unsigned char *data = roll(&any, 2) ? memory.begin : memory.end - length;
    needle n = make_case(&any, data, length);
    size_t probe = roll(&any, n.length);
    note("case %u: %zu bytes, needle of %zu", i, length, n.length);
    for (int filtered = 0; filtered < 2; filtered++) {
      must(find_linear(n, data, length, 0, filtered, probe) == first_by_bytes(n, data, length));
      must(find_linear(n, data, length, 1, filtered, probe) == last_by_bytes(n, data, length));
    }
  }
  free_fenced(memory);
}

/* Looked at again it would be found. */
static void what_was_passed_is_not_looked_at_again(void **state) {
  (void)state;
  static const unsigned char data[] = "..needle....................";
  for (int backward = 0; backward < 2; backward++) {
    finder f;
    tome__finder_begin(&f, (const unsigned char *)"needle", 6, 0);
    trial t = tome__trial_begin(&f, data, sizeof data - 1, backward);
    t.linear = 1;
    t.cut = tome__cut_begin(&f, backward);
    must_equal(tome__trial(&t, data + 2), 1);
    must(t.found == data + 2);
    t.next = sizeof data;
    must_equal(tome__trial(&t, data + 2), 0);
  }
}

static unsigned char lower(unsigned byte) {
  return (unsigned char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

/* Eight bytes are compared at a time, and the last ones alone. */
static void a_letter_is_its_other_case_and_no_other_byte(void **state) {
  (void)state;
  unsigned char data[19], wanted[19];
  memset(data, 'X', sizeof data);
  memset(wanted, 'x', sizeof wanted);
  for (unsigned i = 0; i < 256 * 256 * 6; i++) {
    size_t at = (i >> 17) * 8 + 1;
    data[at] = (unsigned char)i;
    wanted[at] = lower(i >> 8 & 255);
    note("%02x at %zu, wanted %02x", data[at], at, wanted[at]);
    finder f;
    tome__finder_begin(&f, wanted, sizeof wanted, 1);
    trial t = tome__trial_begin(&f, data, sizeof data, (int)(i >> 16 & 1));
    int there = tome__trial(&t, data);
    must_equal(there, lower(data[at]) == wanted[at]);
    must(there || t.differs == at);
    data[at] = 'X';
    wanted[at] = 'x';
  }
}

/* A search that compares too much by itself comes to the linear algorithm, and one that does not stays without. */
static void only_too_much_comparing_leads_to_it(void **state) {
  (void)state;
  static unsigned char text[200000], needle_bytes[5000];
  fill_fibonacci(text, sizeof text);
  fill_fibonacci(needle_bytes, sizeof needle_bytes);
  needle_bytes[sizeof needle_bytes - 2] = 'c';
  finder f;
  tome__finder_begin(&f, needle_bytes, sizeof needle_bytes, 0);
  trial t = tome__trial_begin(&f, text, sizeof text, 0);
  for (size_t i = 0; i + sizeof needle_bytes <= sizeof text && !t.linear; i++)
    must_equal(tome__trial(&t, text + i), 0);
  must_equal(t.linear, 1);
  memset(text, 'x', sizeof text);
  t = tome__trial_begin(&f, text, sizeof text, 0);
  for (size_t i = 0; i + sizeof needle_bytes <= sizeof text; i++)
    must_equal(tome__trial(&t, text + i), 0);
  must_equal(t.linear, 0);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(every_trial_by_the_linear_algorithm_is_right),
      TEST(what_was_passed_is_not_looked_at_again),
      TEST(a_letter_is_its_other_case_and_no_other_byte),
      TEST(only_too_much_comparing_leads_to_it),
  };
  return run_matching(tests, count, arguments);
}
