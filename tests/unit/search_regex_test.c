/* Searching for expressions, whose matches have no bound and may look at what lies before them. Pieces are a page, so that borders
 * are everywhere. */
#include "search_model.h"

#include <stdlib.h>
#include <string.h>

static int has_regex(tome_pattern **ret, const char *expression) {
  tome_needle needle = {expression, strlen(expression)};
  int r = tome_pattern_new(ret, &needle, 1, TOME_PATTERN_REGEX);
  if (r == TOME_ENOTSUP)
    return 0;
  must_return(r, 0);
  return 1;
}

/* What lies before a match, and perhaps before the piece it is in, decides about it. */
static void must_tell_after_each(const char *expression,
                                 int (*is_match)(const unsigned char *text, size_t at)) {
  tome_pattern *pattern;
  const size_t size = 40 * PAGE;
  if (!has_regex(&pattern, expression))
    skip_because("built without regular expressions");
  unsigned char *text = malloc(size);
  hit_list want = {0};
  dice any = dice_from(31);
  for (size_t at = 0; at < size; at++)
    text[at] = (unsigned char)"ab "[roll(&any, 3)];
  for (size_t at = 0; at < size; at++)
    if (is_match(text, at))
      add_hit(&want, at, 1, 0);
  tome *map = open_in_pages(text, size);
  must_tell(map, text, pattern, 0, TOME_END, 0, &want);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

static int is_b_behind_a_word_begun_with_a(const unsigned char *text, size_t at) {
  return at > 0 && text[at] == 'b' && text[at - 1] == 'a' && (at == 1 || text[at - 2] == ' ');
}

static int is_a_behind_b(const unsigned char *text, size_t at) {
  return at > 0 && text[at] == 'a' && text[at - 1] == 'b';
}

static void what_a_lookbehind_looks_back_at_may_be_in_the_piece_before(void **state) {
  (void)state;
  must_tell_after_each("(?<=\\ba)b", is_b_behind_a_word_begun_with_a);
}

static void a_match_may_begin_behind_where_it_was_looked_for(void **state) {
  (void)state;
  must_tell_after_each("b\\Ka", is_a_behind_b);
}

static void runs_longer_than_many_pieces_are_one_match(void **state) {
  (void)state;
  tome_pattern *pattern;
  const size_t size = 90 * PAGE;
  if (!has_regex(&pattern, "x+"))
    skip_because("built without regular expressions");
  unsigned char *text = calloc(size, 1);
  hit_list want = {0};
  dice any = dice_from(9);
  for (uint64_t at = 0, length; at < size; at += length + 1 + roll(&any, 100)) {
    length = 1 + roll(&any, roll(&any, 9) ? 3 : 20 * PAGE);
    length = length < size - at ? length : size - at;
    memset(text + at, 'x', length);
    add_hit(&want, at, length, 0);
  }
  tome *map = open_in_pages(text, size);
  must_tell(map, text, pattern, 0, TOME_END, 0, &want);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

/* What comes before a match decides about it, also in the piece before; and what comes behind. */
static void words_are_seen_across_borders(void **state) {
  (void)state;
  tome_pattern *pattern;
  const size_t size = 3 * PAGE;
  if (!has_regex(&pattern, "\\bword\\b"))
    skip_because("built without regular expressions");
  unsigned char *text = malloc(size);
  for (uint64_t at = PAGE - 5; at <= PAGE + 1; at++)
    for (unsigned joined = 0; joined < 4; joined++) {
      hit_list want = {0};
      memset(text, ' ', size);
      memcpy(text + at, "word", 4);
      text[at - 1] = joined & 1 ? 'x' : ' ';
      text[at + 4] = joined & 2 ? 'x' : ' ';
      if (joined == 0)
        add_hit(&want, at, 4, 0);
      tome *map = open_in_pages(text, size);
      note("at %llu, joined %u", (unsigned long long)at, joined);
      must_tell(map, text, pattern, 0, TOME_END, 0, &want);
      must_succeed(tome_close(map));
      free(want.items);
    }
  tome_pattern_free(pattern);
  free(text);
}

/* Each piece has an x, from which a match might go on to the end of the file. */
static void a_match_to_the_end_of_the_file_hides_all_others(void **state) {
  (void)state;
  tome_pattern *pattern;
  const size_t size = 200 * PAGE;
  if (!has_regex(&pattern, "(?s)x.*y"))
    skip_because("built without regular expressions");
  unsigned char *text = malloc(size);
  memset(text, 'x', size);
  text[size - 3] = 'y';
  hit_list want = {0};
  add_hit(&want, 0, size - 2, 0);
  tome *map = open_in_pages(text, size);
  must_tell(map, text, pattern, 0, TOME_END, 0, &want);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(want.items);
  free(text);
}

/* What lies before the line that would need too many steps is told. */
static void a_line_that_needs_too_many_steps_is_named(void **state) {
  (void)state;
  const tome_needle needle = {"(a+)+$", 6};
  const char start[] = "aa\n1\n2\n3\n", end[] = "b\naaa\n";
  const size_t line = sizeof start - 1, size = line + 5000 + sizeof end - 1;
  tome_pattern *pattern;
  if (tome_pattern_new(&pattern, &needle, 1, TOME_PATTERN_REGEX | TOME_PATTERN_IN_LINES) ==
      TOME_ENOTSUP)
    skip_because("built without regular expressions");
  unsigned char *text = malloc(size);
  memset(text, 'a', size);
  memcpy(text, start, line);
  memcpy(text + line + 5000, end, sizeof end - 1);
  tome *map = open_map(make_file("text", text, size), TOME_READ);
  told t = tell_search(map, text, pattern,
                       search_options(0, TOME_END, TOME_SEARCH_LINES | TOME_SEARCH_NUMBERS, 1));
  must_equal(t.result, TOME_EFBIG);
  must_equal(tome_error_last()->offset, line);
  must_equal(t.hits.count, 1);
  must_equal(t.hits.items[0].offset, 0);
  must_equal(t.hits.items[0].length, 2);
  must_succeed(tome_close(map));
  tome_pattern_free(pattern);
  free(t.hits.items);
  free(text);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_a_lookbehind_looks_back_at_may_be_in_the_piece_before),
      TEST(a_match_may_begin_behind_where_it_was_looked_for),
      TEST(runs_longer_than_many_pieces_are_one_match),
      TEST(a_line_that_needs_too_many_steps_is_named),
      TEST(words_are_seen_across_borders),
      TEST(a_match_to_the_end_of_the_file_hides_all_others),
  };
  return run_matching(tests, count, arguments);
}
