/* The fuzz target of patterns: an input is flags, one to four needles, and a text.
 *
 * There is no second opinion on what an expression means. But what a pattern answers to one question must fit what it answers to
 * the others: matches in order and in the text, the same one by one as all at once; a line is told just if there is a match in it,
 * and also if it is the only line; and of byte strings, that a text is there in part only changes nothing but that more is wanted. */
#include "fuzz_input.h"
#include "matcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

enum { MOST_NEEDLES = 4, LONGEST_TEXT = 256 };

static void must(int condition, const char *what) {
  if (condition)
    return;
  fprintf(stderr, "WRONG: %s\n", what);
  abort();
}

/* A pattern and a text, in memory of exactly its size. */
typedef struct question {
  matcher *m;
  const pattern_traits *traits;
  unsigned char *text;
  size_t length;
} question;

static int next(const question *q, size_t at, span *ret) {
  stretch whole = {q->text, q->length, 1, 1};
  int r = tome__matcher_next(q->m, &whole, at, SIZE_MAX, ret);
  must(r == 0 || r == 1 || r == TOME_EFBIG, "what the whole text is answered with");
  if (r != 1)
    return r;
  must(ret->begin >= at && ret->begin <= q->length && ret->length <= q->length - ret->begin,
       "a match outside the text");
  must(ret->length <= q->traits->longest, "a match longer than can be");
  must(!q->traits->in_lines || !ret->length || !memchr(q->text + ret->begin, '\n', ret->length),
       "a match that holds the end of a line");
  return 1;
}

/* Returns 0, or 1 if the expression went astray. */
static int check_matches(const question *q) {
  stretch whole = {q->text, q->length, 1, 1};
  spans all = {0};
  span hit;
  size_t at = 0, count = 0, behind = SIZE_MAX;
  int r = tome__matcher_all(q->m, &whole, 0, SIZE_MAX, 0, UINT64_MAX, &all, &at);
  must(r == 0 || r == TOME_EFBIG, "what all matches are answered with");
  for (at = 0; r == 0 && (r = next(q, at, &hit)) == 1; r = 0) {
    at = hit.begin + hit.length + (hit.length == 0);
    if (hit.length == 0 && hit.begin == behind)
      continue;
    behind = hit.begin + hit.length;
    must(count < all.count && all.items[count].begin == hit.begin &&
             all.items[count].length == hit.length,
         "a match that is not among all matches");
    count++;
  }
  must(r != 0 || count == all.count, "more matches at once than one by one");
  tome__spans_free(&all);
  return r != 0;
}

static uint64_t count_lines(const question *q, const unsigned char *text, size_t length) {
  uint64_t count = 0;
  int r = tome__matcher_lines(q->m, text, length, UINT64_MAX, NULL, &count);
  must(r == 0 || r == TOME_EFBIG, "what lines are answered with");
  return r == 0 ? count : UINT64_MAX;
}

static int line_matches_alone(const question *q, const unsigned char *line, size_t length) {
  unsigned char *alone = malloc(length);
  memcpy(alone, line, length);
  uint64_t count = count_lines(q, alone, length);
  must(count <= 1 || count == UINT64_MAX, "more lines than there are");
  free(alone);
  return count == 1;
}

static void check_lines(const question *q) {
  spans told = {0};
  uint64_t count = 0;
  size_t next_told = 0;
  int r = tome__matcher_lines(q->m, q->text, q->length, UINT64_MAX, &told, &count);
  must(r != 0 || (told.count == count && count_lines(q, q->text, q->length) == count),
       "lines counted and told");
  for (size_t begin = 0, length; r == 0 && begin < q->length; begin += length + 1) {
    const unsigned char *end = memchr(q->text + begin, '\n', q->length - begin);
    length = (end ? (size_t)(end - q->text) : q->length) - begin;
    int is_told = next_told < told.count && told.items[next_told].begin == begin;
    must(!is_told || told.items[next_told].length == length, "a line with something else");
    next_told += (size_t)is_told;
    span hit;
    int matches = next(q, begin, &hit);
    must(matches < 0 || (matches == 1 && hit.begin <= begin + length) == is_told,
         "a line told without a match, or the other way round");
    must(line_matches_alone(q, q->text + begin, length + (end != NULL)) == is_told,
         "a line that is another one alone");
  }
  must(r != 0 || next_told == told.count, "a line that is none");
  tome__spans_free(&told);
}

/* The text as far as it is there. */
static void check_cut(const question *q, size_t at, size_t cut) {
  unsigned char *there = malloc(cut ? cut : 1);
  span want = {SIZE_MAX, 0}, got = {0, 0};
  memcpy(there, q->text, cut);
  stretch part = {there, cut, 1, 0};
  int wanted = next(q, at, &want), r = tome__matcher_next(q->m, &part, at, SIZE_MAX, &got);
  if (r == 1)
    must(wanted && got.begin == want.begin && got.length == want.length, "a match cut");
  else if (r == MATCHER_NEEDS_MORE)
    must(got.begin >= at && got.begin < cut && want.begin >= got.begin, "what needs more");
  else
    must(r == 0 && want.begin >= cut, "a match overlooked");
  free(there);
}

static tome_pattern *take_pattern(fuzz_input *in) {
  tome_needle needles[MOST_NEEDLES];
  uint32_t flags = take_byte(in) & 63;
  size_t count = 1 + take_byte(in) % MOST_NEEDLES;
  tome_pattern *pattern = NULL;
  for (size_t i = 0; i < count; i++) {
    size_t length = take_byte(in), left = (size_t)(in->end - in->at);
    needles[i] = (tome_needle){in->at, length < left ? length : left};
    in->at += needles[i].length;
  }
  int r = tome_pattern_new(&pattern, needles, count, flags);
  must(r == 0 || r == TOME_EINVAL || r == TOME_EFBIG || r == TOME_ENOTSUP,
       "what a pattern is made of");
  must(r == 0 || (tome_error_last()->detail && tome_error_last()->length < count),
       "a failure without its reason");
  return pattern;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = {data, data + size};
  tome_pattern *pattern = take_pattern(&in);
  if (!pattern)
    return 0;
  question q = {.traits = tome__pattern_traits(pattern)};
  size_t cut = take_byte(&in), at = take_byte(&in), left = (size_t)(in.end - in.at);
  q.length = left < LONGEST_TEXT ? left : LONGEST_TEXT;
  q.text = malloc(q.length ? q.length : 1);
  memcpy(q.text, in.at, q.length);
  must(tome__matcher_take(pattern, &q.m) == 0, "a matcher");
  int astray = check_matches(&q);
  if (q.traits->in_lines && !astray)
    check_lines(&q);
  if (q.traits->longest < SIZE_MAX && cut < q.length && at <= cut)
    check_cut(&q, at, cut);
  tome__matcher_put(q.m);
  tome_pattern_free(pattern);
  free(q.text);
  return 0;
}
