#include "pattern_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tome_pattern *new_pattern_of(const tome_needle *needles, size_t count, uint32_t flags) {
  tome_pattern *pattern = NULL;
  must_succeed(tome_pattern_new(&pattern, needles, count, flags));
  return pattern;
}

/* ---- what is expected ---- */

/* There is no line behind the last newline. */
static size_t places(const pattern_case *c, const unsigned char *text, size_t length) {
  return length + (!c->in_lines || (length > 0 && text[length - 1] != '\n'));
}

/* The first match from `at` on. */
static int expected(const pattern_case *c, const unsigned char *text, size_t length, size_t at,
                    span *ret) {
  for (; at < places(c, text, length); at++) {
    size_t match = c->model(c->context, text, length, at);
    if (match == NO_MATCH)
      continue;
    *ret = (span){at, match};
    return 1;
  }
  return 0;
}

static int is_newline(const unsigned char *text, size_t length, size_t at) {
  return at < length && text[at] == '\n';
}

/* ---- asked at once ---- */

static void must_give_all(const pattern_case *c, matcher *m, const unsigned char *text,
                          size_t length, int overlapping) {
  stretch whole = {text, length, 1, 1};
  spans got = {0};
  size_t at = 0, go_on = 0, count = 0, behind = NO_MATCH;
  must_equal(tome__matcher_all(m, &whole, 0, SIZE_MAX, overlapping, UINT64_MAX, &got, &go_on), 0);
  for (span want; expected(c, text, length, at, &want);) {
    int passed_over = !overlapping && want.length == 0 && want.begin == behind;
    at = overlapping || want.length == 0 ? want.begin + 1 : want.begin + want.length;
    behind = want.begin + want.length;
    if (passed_over)
      continue;
    must(count < got.count);
    must_equal(got.items[count].begin, want.begin);
    must_equal(got.items[count].length, want.length);
    count++;
  }
  must_equal(got.count, count);
  tome__spans_free(&got);
}

static void must_give_lines(const pattern_case *c, matcher *m, const unsigned char *text,
                            size_t length) {
  spans got = {0};
  uint64_t told = 77, counted = 77, some = 77;
  size_t count = 0, end = 0;
  span hit = {0, 0};
  must_equal(tome__matcher_lines(m, text, length, UINT64_MAX, &got, &told), 0);
  for (size_t begin = 0; begin < length; begin = end + 1) {
    for (end = begin; end < length && !is_newline(text, length, end);)
      end++;
    if (!expected(c, text, length, begin, &hit) || hit.begin > end)
      continue;
    must(count < got.count);
    must_equal(got.items[count].begin, begin);
    must_equal(got.items[count].length, end - begin);
    count++;
  }
  must_equal(got.count, count);
  must_equal(told, count);
  must_equal(tome__matcher_lines(m, text, length, UINT64_MAX, NULL, &counted), 0);
  must_equal(counted, count);
  must_equal(tome__matcher_lines(m, text, length, 2, NULL, &some), 0);
  must_equal(some, count < 2 ? count : 2);
  tome__spans_free(&got);
}

/* ---- asked in stretches ---- */

/* What follows a cut may decide; but nothing else may be different. */
static void must_agree_when_cut(const pattern_case *c, matcher *m, const unsigned char *text,
                                size_t length, dice *any) {
  size_t cut = roll(any, length + 1), at = roll(any, cut + 1), begin = roll(any, at + 1);
  const pattern_traits *traits = tome__pattern_traits(c->pattern);
  if (begin > 0 && at - begin < traits->behind)
    begin = at > traits->behind ? at - traits->behind : 0;
  unsigned char *part = malloc(cut > begin ? cut - begin : 1);
  must(part != NULL);
  memcpy(part, text + begin, cut - begin);
  stretch there = {part, cut - begin, begin == 0, cut == length};
  span got = {0, 0}, want = {0, 0};
  size_t before = there.is_end ? SIZE_MAX : cut - begin;
  if (roll(any, 4) == 0)
    before = at - begin + roll(any, cut - at + 2);
  int r = tome__matcher_next(m, &there, at - begin, before, &got);
  int wanted = expected(c, text, length, at, &want);
  if (r == 1) {
    must(wanted);
    must_equal(got.begin + begin, want.begin);
    must_equal(got.length, want.length);
  } else if (r == MATCHER_NEEDS_MORE) {
    must(!there.is_end);
    must(got.begin + begin >= at && got.begin < before);
    must(!wanted || want.begin >= got.begin + begin);
  } else if (!c->may_go_astray || r != TOME_EFBIG) {
    must_equal(r, 0);
    must(!wanted || want.begin - begin >= before || (want.begin >= cut && cut < length));
  }
  if (r == 1 || (wanted && want.length < SIZE_MAX))
    must(!wanted || want.length <= traits->longest);
  free(part);
}

static int goes_astray(matcher *m, const unsigned char *text, size_t length) {
  stretch whole = {text, length, 1, 1};
  spans got = {0};
  size_t at = 0;
  int r = tome__matcher_all(m, &whole, 0, SIZE_MAX, 1, UINT64_MAX, &got, &at);
  tome__spans_free(&got);
  return r == TOME_EFBIG;
}

int must_agree(const pattern_case *c, const unsigned char *text, size_t length, dice *any) {
  matcher *m = NULL;
  unsigned char *exact = malloc(length ? length : 1);
  memcpy(exact, text, length);
  must_equal(tome__matcher_take(c->pattern, &m), 0);
  if (c->may_go_astray && goes_astray(m, exact, length)) {
    tome__matcher_put(m);
    free(exact);
    return 0;
  }
  must_give_all(c, m, exact, length, 0);
  must_give_all(c, m, exact, length, 1);
  if (c->in_lines)
    must_give_lines(c, m, exact, length);
  for (int i = 0; i < 12; i++)
    must_agree_when_cut(c, m, exact, length, any);
  tome__matcher_put(m);
  free(exact);
  return 1;
}

/* ---- for expectations by hand ---- */

static char said[4096];

const char *matching_lines(const tome_pattern *pattern, const char *text) {
  matcher *m = NULL;
  spans got = {0};
  uint64_t count = 0;
  size_t used = 0, line = 1, at = 0;
  said[0] = '\0';
  must_equal(tome__matcher_take(pattern, &m), 0);
  must_equal(
      tome__matcher_lines(m, (const unsigned char *)text, strlen(text), UINT64_MAX, &got, &count),
      0);
  must_equal(count, got.count);
  for (size_t i = 0; i < got.count; i++) {
    for (; at < got.items[i].begin; at++)
      line += text[at] == '\n';
    used += (size_t)snprintf(said + used, sizeof said - used, "%zu,", line);
  }
  tome__spans_free(&got);
  tome__matcher_put(m);
  return said;
}

const char *all_matches(const tome_pattern *pattern, const char *text) {
  matcher *m = NULL;
  spans got = {0};
  size_t used = 0, at = 0;
  stretch whole = {(const unsigned char *)text, strlen(text), 1, 1};
  said[0] = '\0';
  must_equal(tome__matcher_take(pattern, &m), 0);
  must_equal(tome__matcher_all(m, &whole, 0, SIZE_MAX, 0, UINT64_MAX, &got, &at), 0);
  for (size_t i = 0; i < got.count; i++)
    used += (size_t)snprintf(said + used, sizeof said - used, "%zu+%zu,", got.items[i].begin,
                             got.items[i].length);
  tome__spans_free(&got);
  tome__matcher_put(m);
  return said;
}
