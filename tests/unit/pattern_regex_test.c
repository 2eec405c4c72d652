/* Patterns of regular expressions: against a model that tries everything, and what is written down here. */
#include "calls.h"
#include "expression_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void skip_without_regex(void) {
  tome_pattern *pattern = NULL;
  if (tome_pattern_new(&pattern, NULL, 0, TOME_PATTERN_REGEX) == TOME_ENOTSUP)
    skip_because("this library was built without regular expressions");
  tome_pattern_free(pattern);
}

/* ---- random expressions ---- */

static uint32_t random_flags(dice *any) {
  static const uint32_t flags[] = {
      0,
      TOME_PATTERN_IN_LINES,
      TOME_PATTERN_IN_LINES,
      TOME_PATTERN_IN_LINES | TOME_PATTERN_WORD,
      TOME_PATTERN_IN_LINES | TOME_PATTERN_WHOLE_LINE,
  };
  return TOME_PATTERN_REGEX | flags[roll(any, 5)] | (roll(any, 3) ? 0 : TOME_PATTERN_IGNORE_CASE) |
         (roll(any, 3) ? 0 : TOME_PATTERN_LONGEST);
}

static void random_text(dice *any, unsigned char *text, size_t length) {
  static const unsigned char bytes[] = "aaabbbccAB1. \n\n\t\r\v_,-]{\0\xe9\x85\xa0";
  for (size_t i = 0; i < length; i++)
    text[i] = bytes[roll(any, roll(any, 3) ? 10 : sizeof bytes - 1)];
}

static void random_expressions_match_what_the_model_says(void **state) {
  (void)state;
  enum { MOST = 3, LONGEST_TEXT = 90 };
  static tree items[MOST];
  unsigned char text[LONGEST_TEXT];
  dice any = dice_from(51);
  skip_without_regex();
  unsigned cases = (unsigned)how_many(SANITIZED ? 1500 : 4000, 200000), agreed = 0;
  for (unsigned i = 0; i < cases; i++) {
    tome_needle needles[MOST];
    trees all = {items, roll(&any, 4) ? 1 : 1 + roll(&any, MOST), random_flags(&any)};
    for (size_t j = 0; j < all.count; j++) {
      random_tree(&any, &items[j]);
      if (roll(&any, 12) == 0)
        make_strange(&items[j]);
      needles[j] = (tome_needle){items[j].text, items[j].length};
    }
    tome_pattern *pattern = new_pattern_of(needles, all.count, all.flags);
    pattern_case c = {pattern, tree_match_at, &all, (all.flags & TOME_PATTERN_IN_LINES) != 0, 1};
    for (int j = 0; j < 4; j++) {
      size_t length = roll(&any, LONGEST_TEXT + 1);
      random_text(&any, text, length);
      note("case %u: '%s' and %zu more, flags %u, text %d of %zu bytes", i, items[0].text,
           all.count - 1, all.flags, j, length);
      agreed += (unsigned)must_agree(&c, text, length, &any);
    }
    tome_pattern_free(pattern);
  }
  must(agreed > 4 * cases - cases / 50);
  tell_figure("random expressions", cases);
}

/* ---- by hand ---- */

static void must_find_lines(const char *expression, uint32_t flags, const char *text,
                            const char *want) {
  tome_needle one = {expression, strlen(expression)};
  tome_pattern *pattern =
      new_pattern_of(&one, 1, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES | flags);
  note("'%s' in '%s'", expression, text);
  assert_string_equal(matching_lines(pattern, text), want);
  tome_pattern_free(pattern);
}

static void must_match(const char *expression, uint32_t flags, const char *text, const char *want) {
  tome_needle one = {expression, strlen(expression)};
  tome_pattern *pattern = new_pattern_of(&one, 1, TOME_PATTERN_REGEX | flags);
  note("'%s' in '%s'", expression, text);
  assert_string_equal(all_matches(pattern, text), want);
  tome_pattern_free(pattern);
}

static void no_match_goes_past_the_end_of_a_line(void **state) {
  (void)state;
  skip_without_regex();
  must_find_lines("a[^x]b", 0, "a\nb\na-b\n", "3,");
  must_find_lines("a\\s*b", 0, "a \n b\nab\n", "3,");
  must_find_lines("a\\Wb", 0, "a\nb\n", "");
  must_find_lines("a\\nb", 0, "a\nb\n", "");
  must_find_lines("a\\s*+$", 0, "a \n \nb\n", "1,");
  must_find_lines("a(?=\\s)", 0, "a\na b\n", "2,");
  must_find_lines("a(?!\\s)", 0, "a\na b\n", "1,");
  must_find_lines("(?<=\\s)b", 0, "a\nb\n b", "3,");
  must_find_lines("(?s)a.b", 0, "a\nb\na.b\n", "3,");
  must_find_lines("(?s)^a.*c$", 0, "ab\nbc\nac\n", "3,");
  must_find_lines("\\Ab", 0, "a\nb\nab\n", "2,");
  must_find_lines("a\\z", 0, "a\nb\nab\nba", "1,4,");
  must_find_lines("a\\R", 0, "a\r\na\n", "1,");
  must_find_lines("^$", 0, "a\n\nb\n", "2,");
  must_find_lines("x*", 0, "a\n\nb", "1,2,3,");
  must_find_lines("$", 0, "", "");
}

static void words_and_whole_lines_are_those_of_grep(void **state) {
  (void)state;
  skip_without_regex();
  must_find_lines("a|ab", TOME_PATTERN_WORD, "ab\nabc\na-b\nba\n", "1,3,");
  must_find_lines("a|ab", TOME_PATTERN_WHOLE_LINE, "ab\nabc\na\n", "1,3,");
  must_find_lines("a*", TOME_PATTERN_WORD, "b\naa\n-\n", "2,3,");
  must_find_lines("a|b|", TOME_PATTERN_WHOLE_LINE, "b\nab\n\n", "1,3,");
}

static void the_longest_is_told_if_asked_for(void **state) {
  (void)state;
  skip_without_regex();
  must_match("a|ab|abc", 0, "abcd ab", "0+1,5+1,");
  must_match("a|ab|abc", TOME_PATTERN_LONGEST, "abcd ab", "0+3,5+2,");
  must_match("a*?", TOME_PATTERN_LONGEST, "aab", "0+2,3+0,");
  must_match("(a|ab)(c|bcd)", TOME_PATTERN_LONGEST, "abcd", "0+4,");
  /* What the other matcher cannot do keeps what the expression prefers. */
  must_match("(a|ab)\\1|abab", TOME_PATTERN_LONGEST, "abab", "0+4,");
}

static void groups_keep_their_numbers_among_several_expressions(void **state) {
  (void)state;
  static const char *const texts[] = {"(a)x\\1", "(b)y\\1", "(c)(d)\\2"};
  tome_needle needles[3];
  skip_without_regex();
  for (size_t i = 0; i < 3; i++)
    needles[i] = (tome_needle){texts[i], strlen(texts[i])};
  tome_pattern *pattern = new_pattern_of(needles, 3, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES);
  assert_string_equal(matching_lines(pattern, "axa\naxb\nbyb\nbya\ncdd\ncdc\n"), "1,3,5,");
  tome_pattern_free(pattern);
}

static void a_match_ends_behind_its_beginning(void **state) {
  (void)state;
  skip_without_regex();
  must_match("ab\\Kc", 0, "abcabc", "2+1,5+1,");
  must_find_lines("ab\\Kc", 0, "abc\nc\n", "1,");
}

static void bytes_are_bytes(void **state) {
  (void)state;
  skip_without_regex();
  must_match(".", 0, "\xc3\xa9", "0+1,1+1,");
  must_match("\xc3\xa9+", 0, "\xc3\xa9\xa9", "0+3,");
  must_match("\xc3\x89", TOME_PATTERN_IGNORE_CASE, "\xc3\xa9", "");
  must_match("\\w", TOME_PATTERN_IGNORE_CASE, "\xe9Z", "1+1,");
  must_match("\\S+\\h", 0, "\xc3\xa0", "0+2,");
  must_match("\\S+\\v", 0, "a\x85", "0+2,");
}

/* What machine code of PCRE2 10.42 passes over. */
static void loops_behind_alternatives_match(void **state) {
  (void)state;
  skip_without_regex();
  must_match("(1|)b*1", 0, "1", "0+1,");
  must_match("(?:ab|a)b*bX", 0, "abX", "0+3,");
  must_find_lines("(?:ab|a)b*bX", 0, "abX\nX\n", "1,");
  must_find_lines("(?:ab|a)b*bX", TOME_PATTERN_WHOLE_LINE, "abX\nX\n", "1,");
  must_find_lines("(?:[a-z]|)[a-c]*ccx", TOME_PATTERN_WORD, "ccx\n", "1,");
  must_find_lines("(?#)(?:[a-z]|)[a-c]*ccx", 0, "ccx\n", "1,");
}

/* ---- expressions that are wrong, or too much ---- */

static void must_be_wrong(const char *expression, uint64_t offset) {
  tome_needle needles[] = {{"right", 5}, {expression, strlen(expression)}};
  tome_pattern *pattern = NULL;
  note("'%s'", expression);
  must_fail_at(tome_pattern_new(&pattern, needles, 2, TOME_PATTERN_REGEX), TOME_EINVAL, offset, 1);
  must(tome_error_last()->detail && *tome_error_last()->detail);
  must(pattern == NULL);
}

static void wrong_expressions_are_refused_with_the_place(void **state) {
  (void)state;
  skip_without_regex();
  must_be_wrong("a(b", 3);
  assert_string_equal(tome_error_last()->detail, "missing closing parenthesis");
  must_be_wrong("ab)c", 2);
  must_be_wrong("*a", 0);
  must_be_wrong("a[b", 3);
  must_be_wrong("a\\C", 3);
  must_be_wrong("a\\", 2);
}

static void what_grows_beyond_bounds_is_refused(void **state) {
  (void)state;
  tome_needle one = {"((((a{1000}){1000}){1000}){1000})", 33};
  tome_pattern *pattern = NULL;
  skip_without_regex();
  must_fail(tome_pattern_new(&pattern, &one, 1, TOME_PATTERN_REGEX), TOME_EFBIG);
}

static void must_end(const char *expression, uint32_t flags, const char *repeated, size_t times,
                     int want) {
  tome_needle one = {expression, strlen(expression)};
  tome_pattern *pattern =
      new_pattern_of(&one, 1, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES | flags);
  size_t length = times * strlen(repeated);
  unsigned char *text = malloc(length + 1);
  uint64_t count = 0;
  matcher *m = NULL;
  span hit;
  for (size_t i = 0; i < times; i++)
    memcpy(text + i * strlen(repeated), repeated, strlen(repeated));
  note("'%s'", expression);
  must_equal(tome__matcher_take(pattern, &m), 0);
  int r = tome__matcher_lines(m, text, length, UINT64_MAX, NULL, &count);
  must_equal(r < 0 ? r : (int)count, want);
  stretch whole = {text, length, 1, 1};
  must_equal(tome__matcher_next(m, &whole, 0, SIZE_MAX, &hit), want);
  tome__matcher_put(m);
  tome_pattern_free(pattern);
  free(text);
}

static void expressions_that_go_astray_end(void **state) {
  (void)state;
  skip_without_regex();
  must_end("(a+)+[bc]d", 0, "aaaaaaaaab-", 50, 0);
  must_end("(?:a|aa|aaa)*[bc]", 0, "aaaaaaaaaa", 100, TOME_EFBIG);
  must_end("(x+x+)+y|z", 0, "xxxxxxxxxxxxxxxx", 4, TOME_EFBIG);
  must_end("(?:.|a)*?[qr]", 0, "aaaa", 16, TOME_EFBIG);
  must_end("[a-z]*[a-z]*[a-z]*[a-z]*[0-9]", 0, "abcdefghij", 5000, TOME_EFBIG);
}

/* Each round of the group takes stack, or heap. */
static void long_lines_need_no_more_memory_than_there_is(void **state) {
  (void)state;
  skip_without_regex();
  must_end("^(?:a|b)*$", 0, "ab", 50000, 1);
  must_end("^(?:(a)|b)*c", TOME_PATTERN_LONGEST, "ab", 50000, 0);
  must_end("\"(?:[^\"\\\\]|\\\\.)*\"", 0, "\"", 2, 1);
}

/* ---- many, and lines of all lengths ---- */

static void hundreds_of_expressions_are_one_pattern(void **state) {
  (void)state;
  enum { COUNT = 700 };
  static char texts[COUNT][160], want[COUNT * 8];
  static tome_needle needles[COUNT];
  static char text[COUNT * 100];
  size_t used = 0, listed = 0;
  skip_without_regex();
  for (int i = 0; i < COUNT; i++) {
    snprintf(texts[i], sizeof texts[i], "(w)%03d[xyz]{3,40}\\1(?:%0100d|k)", i, i);
    needles[i] = (tome_needle){texts[i], strlen(texts[i])};
    used += (size_t)snprintf(text + used, sizeof text - used, "- w%03dxyzxyz%ck\n", i,
                             i % 3 ? 'v' : 'w');
    if (i % 3 == 0 && i < 90)
      listed += (size_t)snprintf(want + listed, sizeof want - listed, "%d,", i + 1);
  }
  tome_pattern *pattern =
      new_pattern_of(needles, COUNT, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES);
  text[90 * strlen("- w000xyzxyzvk\n")] = '\0';
  assert_string_equal(matching_lines(pattern, text), want);
  tome_pattern_free(pattern);
}

/* The three ways in which lines are found: by a string they need, in blocks, and one by one. */
static void all_ways_find_the_same_lines(void **state) {
  (void)state;
  enum { LINES = 4000 };
  static const char *const expressions[] = {"rare.*[0-9]7",        "x[0-9]+7 ",
                                            "[a-z ]+[0-9]*7 rare", "(?#)[a-z]+ [0-9]+7 ",
                                            "line [0-9]*7 .*",     "q?[0-9]7 "};
  static char text[LINES * 40];
  uint64_t plain[6] = {0};
  size_t used = 0;
  skip_without_regex();
  for (int i = 0; i < LINES; i++) {
    const char *rare = i % 50 == 7 ? "rare" : i % 50 == 13 ? "rarer 07" : "often";
    const char *word = i % 4 ? "line" : "fox";
    used += (size_t)snprintf(text + used, sizeof text - used, "%s %s%d %s\n", word,
                             i % 4 ? "" : "x", i, rare);
    int seven = i % 10 == 7;
    plain[0] += i % 50 == 13;
    plain[1] += i % 4 == 0 && seven;
    plain[2] += i % 50 == 7 && i % 4 != 0;
    plain[3] += i % 4 != 0 && seven && i > 9;
    plain[4] += i % 4 != 0 && seven;
    plain[5] += seven && i > 9;
  }
  for (size_t i = 0; i < 6; i++) {
    tome_needle one = {expressions[i], strlen(expressions[i])};
    uint64_t count = 0;
    matcher *m = NULL;
    tome_pattern *pattern = new_pattern_of(&one, 1, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES);
    note("'%s'", expressions[i]);
    must_equal(tome__matcher_take(pattern, &m), 0);
    must_equal(tome__matcher_lines(m, (unsigned char *)text, used, UINT64_MAX, NULL, &count), 0);
    must_equal(count, plain[i]);
    tome__matcher_put(m);
    tome_pattern_free(pattern);
  }
}

/* ---- without memory ---- */

static os_calls real;
static uint64_t allocations_left;

static void *calloc_that_fails(size_t count, size_t size) {
  return allocations_left-- == 0 ? NULL : real.calloc(count, size);
}

static int make_and_use(const char *const *texts, uint32_t flags) {
  static const unsigned char text[] = "xx needle7 abc\ndqy foo";
  tome_needle needles[4];
  tome_pattern *pattern = NULL;
  matcher *m = NULL;
  spans found = {0};
  size_t count = 0, at = 0;
  stretch whole = {text, sizeof text - 1, 1, 1};
  for (; texts[count]; count++)
    needles[count] = (tome_needle){texts[count], strlen(texts[count])};
  int r = tome_pattern_new(&pattern, needles, count, flags);
  if (r == 0)
    r = tome__matcher_take(pattern, &m);
  if (r == 0)
    r = tome__matcher_all(m, &whole, 0, SIZE_MAX, 0, UINT64_MAX, &found, &at);
  tome__spans_free(&found);
  tome__matcher_put(m);
  tome_pattern_free(pattern);
  return r;
}

static void any_allocation_may_fail(void **state) {
  (void)state;
  static const char *const sets[][4] = {{"ab"},
                                        {"ab", "cd", "abc"},
                                        {"a(b|c)*d[^x]y"},
                                        {"foo|bar"},
                                        {"(a)\\1x", "needle[0-9]+", "(?i)x"}};
  static const uint32_t flags[] = {
      0, TOME_PATTERN_REGEX, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES | TOME_PATTERN_LONGEST};
  skip_without_regex();
  real = tome__os_calls;
  tome__os_calls.calloc = calloc_that_fails;
  for (size_t i = 0; i < 15; i++) {
    int r = TOME_ENOMEM;
    for (uint64_t n = 0; r != 0; n++) {
      note("'%s', flags %u, allocation %llu", sets[i % 5][0], flags[i / 5], (unsigned long long)n);
      must(n < 1000);
      allocations_left = n;
      r = make_and_use(sets[i % 5], flags[i / 5]);
      must(r == 0 || r == TOME_ENOMEM);
    }
  }
  tome__os_calls = real;
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(random_expressions_match_what_the_model_says),
      TEST(no_match_goes_past_the_end_of_a_line),
      TEST(words_and_whole_lines_are_those_of_grep),
      TEST(the_longest_is_told_if_asked_for),
      TEST(groups_keep_their_numbers_among_several_expressions),
      TEST(a_match_ends_behind_its_beginning),
      TEST(bytes_are_bytes),
      TEST(loops_behind_alternatives_match),
      TEST(wrong_expressions_are_refused_with_the_place),
      TEST(what_grows_beyond_bounds_is_refused),
      TEST(expressions_that_go_astray_end),
      TEST(long_lines_need_no_more_memory_than_there_is),
      TEST(hundreds_of_expressions_are_one_pattern),
      TEST(all_ways_find_the_same_lines),
      TEST(any_allocation_may_fail),
  };
  return run_matching(tests, count, arguments);
}
