/* Patterns of byte strings against a loop that tries each of them at each place. */
#include "pattern_model.h"

#include <stdlib.h>
#include <string.h>

/* ---- the model ---- */

typedef struct strings {
  const tome_needle *needles;
  size_t count;
  uint32_t flags;
} strings;

static int small(int byte) {
  return byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte;
}

static int is_in_word(int byte) {
  return (byte >= '0' && byte <= '9') || byte == '_' || (small(byte) >= 'a' && small(byte) <= 'z');
}

static int same(const strings *s, const tome_needle *needle, const unsigned char *text) {
  const unsigned char *bytes = needle->data;
  for (size_t i = 0; i < needle->length; i++) {
    int equal = s->flags & TOME_PATTERN_IGNORE_CASE ? small(text[i]) == small(bytes[i])
                                                    : text[i] == bytes[i];
    if (!equal || ((s->flags & TOME_PATTERN_IN_LINES) && text[i] == '\n'))
      return 0;
  }
  return 1;
}

static int stands_right(const strings *s, const unsigned char *text, size_t length, size_t begin,
                        size_t end) {
  int first = begin == 0 || text[begin - 1] == '\n', last = end == length || text[end] == '\n';
  if (s->flags & TOME_PATTERN_WHOLE_LINE)
    return first && last;
  if (s->flags & TOME_PATTERN_WORD)
    return (first || !is_in_word(text[begin - 1])) && (last || !is_in_word(text[end]));
  return 1;
}

/* The longest of the needles. */
static size_t match_at(const void *context, const unsigned char *text, size_t length, size_t at) {
  const strings *s = context;
  size_t best = NO_MATCH;
  for (size_t i = 0; i < s->count; i++) {
    const tome_needle *needle = &s->needles[i];
    if (needle->length <= length - at && (best == NO_MATCH || needle->length > best) &&
        same(s, needle, text + at) && stands_right(s, text, length, at, at + needle->length))
      best = needle->length;
  }
  return best;
}

static void must_agree_on(const tome_needle *needles, size_t count, uint32_t flags,
                          const unsigned char *text, size_t length, dice *any) {
  strings s = {needles, count, flags};
  tome_pattern *pattern = new_pattern_of(needles, count, flags);
  pattern_case c = {pattern, match_at, &s, (flags & TOME_PATTERN_IN_LINES) != 0, 0};
  must_agree(&c, text, length, any);
  tome_pattern_free(pattern);
}

/* ---- random cases ---- */

/* Few different bytes give many matches that overlap; some are letters in both cases, bytes of no word, and zero. */
static unsigned char random_byte(dice *any, unsigned letters) {
  static const unsigned char bytes[] = "ab\nAB c_\0\xe1\xc1[{@`x";
  return letters > 16 ? (unsigned char)roll(any, 256) : bytes[roll(any, letters)];
}

static void random_bytes(dice *any, unsigned char *bytes, size_t length, unsigned letters) {
  for (size_t i = 0; i < length; i++)
    bytes[i] = random_byte(any, letters);
}

enum { LONGEST_TEXT = 3000, MOST_NEEDLES = 60, LONGEST_NEEDLE = 40 };

typedef struct random_case {
  unsigned char text[LONGEST_TEXT];
  unsigned char bytes[MOST_NEEDLES][LONGEST_NEEDLE];
  tome_needle needles[MOST_NEEDLES];
  size_t length, count;
} random_case;

/* A needle is made of random bytes, taken from the text, or the beginning of another one. */
static void make_needle(dice *any, random_case *c, size_t i, unsigned letters, size_t longest) {
  unsigned char *bytes = c->bytes[i];
  size_t length = roll(any, longest + 1), from = roll(any, c->length + 1);
  random_bytes(any, bytes, length, letters);
  if (roll(any, 3) == 0 && from + length <= c->length)
    memcpy(bytes, c->text + from, length);
  if (i > 0 && roll(any, 4) == 0) {
    const tome_needle *other = &c->needles[roll(any, i)];
    length = roll(any, other->length + 1);
    memcpy(bytes, other->data, length);
  }
  c->needles[i] = (tome_needle){bytes, length};
}

static void make_case(dice *any, random_case *c) {
  static const unsigned alphabets[] = {1, 2, 3, 5, 8, 16, 200};
  unsigned letters = alphabets[roll(any, 7)];
  size_t longest = 1 + roll(any, roll(any, 2) ? 4 : LONGEST_NEEDLE);
  c->length = roll(any, roll(any, 3) ? 60 : roll(any, 5) ? 300 : LONGEST_TEXT);
  c->count = 1 + roll(any, roll(any, 2) ? 3 : MOST_NEEDLES);
  random_bytes(any, c->text, c->length, letters);
  for (size_t i = 0; i < c->count; i++) {
    make_needle(any, c, i, letters, longest);
    if (c->needles[i].length == 0 && roll(any, 8))
      c->needles[i].length = 1;
  }
}

static uint32_t random_flags(dice *any) {
  static const uint32_t flags[] = {0, TOME_PATTERN_IN_LINES,
                                   TOME_PATTERN_IN_LINES | TOME_PATTERN_WORD,
                                   TOME_PATTERN_IN_LINES | TOME_PATTERN_WHOLE_LINE};
  return flags[roll(any, 4)] | (roll(any, 2) ? TOME_PATTERN_IGNORE_CASE : 0) |
         (roll(any, 2) ? TOME_PATTERN_LONGEST : 0);
}

static void random_sets_are_found_where_a_loop_finds_them(void **state) {
  (void)state;
  static random_case c;
  dice any = dice_from(41);
  unsigned cases = (unsigned)how_many(SANITIZED ? 1500 : 4000, 400000);
  for (unsigned i = 0; i < cases; i++) {
    make_case(&any, &c);
    uint32_t flags = random_flags(&any);
    note("case %u: %zu needles in %zu bytes, flags %u", i, c.count, c.length, flags);
    must_agree_on(c.needles, c.count, flags, c.text, c.length, &any);
  }
  tell_figure("sets of byte strings", cases);
}

/* ---- many ---- */

static void thousands_of_words_are_found(void **state) {
  (void)state;
  enum { WORDS = 5000, LENGTH = 12, TEXT = 4000 };
  static unsigned char words[WORDS][LENGTH], text[TEXT];
  static tome_needle needles[WORDS];
  dice any = dice_from(43);
  for (size_t i = 0; i < WORDS; i++) {
    for (size_t j = 0; j < LENGTH; j++)
      words[i][j] = (unsigned char)('a' + roll(&any, 26));
    needles[i] = (tome_needle){words[i], 4 + roll(&any, LENGTH - 3)};
  }
  for (size_t at = 0; at < TEXT; at++)
    text[at] = roll(&any, 30) ? (unsigned char)('a' + roll(&any, 26)) : '\n';
  for (size_t i = 0; i < 60; i++)
    memcpy(text + roll(&any, TEXT - LENGTH), words[roll(&any, WORDS)], LENGTH);
  must_agree_on(needles, WORDS, TOME_PATTERN_IN_LINES, text, TEXT, &any);
  must_agree_on(needles, WORDS, TOME_PATTERN_IGNORE_CASE, text, TEXT, &any);
}

/* Blocks are searched in slices of some power of two. */
static void matches_lie_across_any_border(void **state) {
  (void)state;
  enum { TEXT = 520 << 10, BORDER = 32 << 10 };
  tome_needle needles[] = {{"needle", 6}, {"thread", 6}, {"thimble", 7}};
  unsigned char *text = malloc(TEXT);
  dice any = dice_from(61);
  memset(text, '.', TEXT);
  for (size_t border = BORDER; border < TEXT; border += BORDER) {
    const tome_needle *one = &needles[roll(&any, 3)];
    memcpy(text + border - roll(&any, one->length + 1), one->data, one->length);
    text[border - 100 - roll(&any, 2000)] = '\n';
  }
  must_agree_on(needles, 3, TOME_PATTERN_IN_LINES, text, TEXT, &any);
  must_agree_on(needles, 2, TOME_PATTERN_IN_LINES | TOME_PATTERN_WORD, text, TEXT, &any);
  must_agree_on(needles, 1, TOME_PATTERN_IN_LINES, text, TEXT, &any);
  free(text);
}

/* A text that goes with the needles almost to their ends, everywhere. */
static void a_text_made_to_be_slow_is_searched_all_the_same(void **state) {
  (void)state;
  enum { NEEDLES = 40, TEXT = 3000 };
  static unsigned char bytes[NEEDLES][400], text[TEXT];
  static tome_needle needles[NEEDLES];
  dice any = dice_from(47);
  for (size_t i = 0; i < NEEDLES; i++) {
    memset(bytes[i], 'a', sizeof bytes[i]);
    bytes[i][300 + i] = 'b';
    needles[i] = (tome_needle){bytes[i], 301 + i};
  }
  memset(text, 'a', TEXT);
  must_agree_on(needles, NEEDLES, 0, text, TEXT, &any);
  text[1000] = text[1310] = text[2800] = 'b';
  must_agree_on(needles, NEEDLES, 0, text, TEXT, &any);
  must_agree_on(needles, NEEDLES, TOME_PATTERN_IN_LINES | TOME_PATTERN_WORD, text, TEXT, &any);
  text[2400] = '\n';
  must_agree_on(needles, NEEDLES, TOME_PATTERN_IN_LINES, text, TEXT, &any);
}

/* As before, and what is found ends inside of what is gone through. */
static void short_needles_at_the_end_of_long_ones_are_found(void **state) {
  (void)state;
  enum { TEXT = 3000, LONG = 352 };
  static unsigned char bytes[LONG], text[TEXT];
  dice any = dice_from(53);
  memset(bytes, 'a', LONG);
  memcpy(bytes + LONG - 2, "cx", 2);
  tome_needle needles[] = {{bytes, LONG}, {"aac", 3}, {"ac-", 3}, {"aaac c", 6}, {"aac a", 5}};
  for (uint32_t flags = 0; flags <= TOME_PATTERN_WORD; flags += TOME_PATTERN_WORD)
    for (unsigned i = 0; i < 40; i++) {
      memset(text, 'a', TEXT);
      for (unsigned j = 0; j < 5; j++)
        memcpy(text + 400 + roll(&any, TEXT - 410), &"c- c c\ncx a"[roll(&any, 8)], 2);
      must_agree_on(needles, 5, flags ? TOME_PATTERN_IN_LINES | flags : 0, text, TEXT, &any);
    }
}

/* Without a bound each byte would be looked at 20,000 times: that is minutes. */
static void megabytes_of_such_text_are_done_in_time(void **state) {
  (void)state;
  enum { NEEDLES = 10, LENGTH = 20000, TEXT = 30 << 20 };
  static unsigned char bytes[NEEDLES][LENGTH];
  tome_needle needles[NEEDLES];
  unsigned char *text = malloc(TEXT);
  matcher *m = NULL;
  uint64_t count = 77;
  for (size_t i = 0; i < NEEDLES; i++) {
    memset(bytes[i], 'a', LENGTH);
    bytes[i][LENGTH - 1] = (unsigned char)('b' + i);
    needles[i] = (tome_needle){bytes[i], LENGTH};
  }
  memset(text, 'a', TEXT);
  tome_pattern *pattern = new_pattern_of(needles, NEEDLES, TOME_PATTERN_IN_LINES);
  must_equal(tome__matcher_take(pattern, &m), 0);
  must_equal(tome__matcher_lines(m, text, TEXT, UINT64_MAX, NULL, &count), 0);
  must_equal(count, 0);
  tome__matcher_put(m);
  tome_pattern_free(pattern);
  free(text);
}

/* ---- by hand ---- */

static void must_find_lines(const char *needle, uint32_t flags, const char *text,
                            const char *want) {
  tome_needle one = {needle, strlen(needle)};
  tome_pattern *pattern = new_pattern_of(&one, 1, TOME_PATTERN_IN_LINES | flags);
  note("'%s' in '%s'", needle, text);
  assert_string_equal(matching_lines(pattern, text), want);
  tome_pattern_free(pattern);
}

static void lines_are_told_without_their_ends(void **state) {
  (void)state;
  must_find_lines("b", 0, "abc\nxyz\n\nb", "1,4,");
  must_find_lines("", 0, "abc\n\nb\n", "1,2,3,");
  must_find_lines("", 0, "", "");
  must_find_lines("", 0, "\n", "1,");
  must_find_lines("b\n", 0, "b\nb\n", "");
  must_find_lines("", TOME_PATTERN_WHOLE_LINE, "a\n\nb\n", "2,");
  must_find_lines("ab", TOME_PATTERN_WHOLE_LINE, "ab\nabab\nab \nab", "1,4,");
  must_find_lines("ab", TOME_PATTERN_WORD, "ab\nab_\n-ab-\nabab ab\nxab\n", "1,3,4,");
  must_find_lines("STRASSE", TOME_PATTERN_IGNORE_CASE,
                  "Strasse\nstra\xdf"
                  "e\n",
                  "1,");
}

static void of_needles_at_one_place_the_longest_is_told(void **state) {
  (void)state;
  tome_needle needles[] = {{"ab", 2}, {"abcd", 4}, {"bc", 2}, {"abcde", 5}, {"abcd", 4}};
  tome_pattern *pattern = new_pattern_of(needles, 5, 0);
  assert_string_equal(all_matches(pattern, "abcdx abcx bcd abcde"), "0+4,6+2,11+2,15+5,");
  tome_pattern_free(pattern);
}

static void no_needles_never_match(void **state) {
  (void)state;
  tome_pattern *pattern = new_pattern_of(NULL, 0, TOME_PATTERN_IN_LINES);
  assert_string_equal(all_matches(pattern, "abc\n\n"), "");
  assert_string_equal(matching_lines(pattern, "abc\n\n"), "");
  tome_pattern_free(pattern);
}

static void needles_are_copied(void **state) {
  (void)state;
  char one[] = "abc", two[] = "xyz";
  tome_needle needles[] = {{one, 3}, {two, 3}};
  for (size_t count = 1; count <= 2; count++) {
    memcpy(one, "abc", 3);
    memcpy(two, "xyz", 3);
    tome_pattern *pattern = new_pattern_of(needles, count, 0);
    memset(one, 0, 3);
    memset(two, 0, 3);
    assert_string_equal(all_matches(pattern, "-abc-xyz"), count == 1 ? "1+3," : "1+3,5+3,");
    tome_pattern_free(pattern);
  }
}

static void what_makes_no_pattern_is_refused(void **state) {
  (void)state;
  tome_pattern *pattern = NULL;
  tome_needle right = {"a", 1}, missing = {NULL, 1}, huge = {"a", SIZE_MAX - 5};
  must_fail(tome_pattern_new(&pattern, &right, 1, 64), TOME_EINVAL);
  must_fail(tome_pattern_new(&pattern, &right, 1, TOME_PATTERN_WORD), TOME_EINVAL);
  must_fail(tome_pattern_new(&pattern, &right, 1, TOME_PATTERN_WHOLE_LINE), TOME_EINVAL);
  must_fail(tome_pattern_new(&pattern, NULL, 1, 0), TOME_EINVAL);
  must_fail(tome_pattern_new(&pattern, &missing, 1, 0), TOME_EINVAL);
  must_fail(tome_pattern_new(&pattern, &huge, 1, 0), TOME_EFBIG);
  must(pattern == NULL);
  tome_pattern_free(NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_sets_are_found_where_a_loop_finds_them),
      TEST(thousands_of_words_are_found),
      TEST(matches_lie_across_any_border),
      TEST(a_text_made_to_be_slow_is_searched_all_the_same),
      TEST(short_needles_at_the_end_of_long_ones_are_found),
      TEST(megabytes_of_such_text_are_done_in_time),
      TEST(lines_are_told_without_their_ends),
      TEST(of_needles_at_one_place_the_longest_is_told),
      TEST(no_needles_never_match),
      TEST(needles_are_copied),
      TEST(what_makes_no_pattern_is_refused),
  };
  return run_matching(tests, count, arguments);
}
