/* Regular expressions.
 *
 * Lines that match are found in one of three ways. Where the expression needs a byte string that few lines hold, those lines are
 * looked for and PCRE2 sees only them. Else it searches a whole block at once: that is best where a match can begin at few places
 * only. Where it can begin almost everywhere, line by line is best, as PCRE2 then soon sees that a line lacks something. Which way
 * is chosen by a look at the text, and again now and then. */
#include "regex_state.h"

#include <string.h>

enum { SAMPLE = 32 << 10, BLOCKS_FOR_CHOICE = 64 };

/* ---- matches ---- */

/* The match in the text that is searched as one, or in this line of it. */
static int match_in(matcher *m, const regex_code *code, const stretch *text, span part, size_t at,
                    uint32_t options, span *ret) {
  const unsigned char *subject = text->data ? text->data + part.begin : NULL;
  int r = tome__regex_first(m, code, subject, part.length, at - part.begin, options, ret);
  if (r == 1 && (m->pattern->flags & TOME_PATTERN_LONGEST))
    r = tome__regex_prolong(m, code, subject, part.length, options, ret);
  if (r > 0)
    ret->begin += part.begin;
  return r;
}

static int next_by_line(matcher *m, const regex_code *code, const stretch *text, size_t at,
                        size_t before, span *ret) {
  int r = 0;
  while (r == 0 && at < before) {
    span line = tome__line_at(text->data, text->length, 0, at);
    size_t end = line.begin + line.length;
    if (end == text->length && !text->is_end) {
      *ret = (span){at, 0};
      return MATCHER_NEEDS_MORE;
    }
    r = match_in(m, code, text, line, at, 0, ret);
    at = end + 1;
  }
  return r;
}

/* To PCRE2 ^ does not match behind a newline that is the last byte of all; here it would take that for settled. So where bytes
 * follow that newline is not looked at without them. */
static int next_in_part(matcher *m, const regex_code *code, const stretch *text, size_t at,
                        size_t before, span *ret) {
  uint32_t options = text->is_start ? 0 : PCRE2_NOTBOL;
  size_t length = text->length;
  int unsettled = !m->pattern->traits.in_lines && length > at && text->data[length - 1] == '\n';
  length -= (size_t)unsettled;
  int r = match_in(m, code, text, (span){0, length}, at, options | PCRE2_PARTIAL_HARD, ret);
  if (r != 0 || !unsettled || length >= before)
    return r;
  *ret = (span){length, 0};
  return MATCHER_NEEDS_MORE;
}

static int next_of(matcher *m, const regex_code *code, const stretch *text, size_t at,
                   size_t before, span *ret) {
  uint32_t options = text->is_start ? 0 : PCRE2_NOTBOL;
  int r = 0;
  if (code->by_line)
    r = next_by_line(m, code, text, at, before, ret);
  else if (!text->is_end)
    r = next_in_part(m, code, text, at, before, ret);
  else
    r = match_in(m, code, text, (span){0, text->length}, at, options, ret);
  return r > 0 && ret->begin >= before ? 0 : r;
}

/* Of matches that begin at the same place that of the first expression, or the longest. */
static int next(matcher *m, const stretch *text, size_t at, size_t before, span *ret) {
  const expressions *regex = m->pattern->regex;
  int longest = (m->pattern->flags & TOME_PATTERN_LONGEST) != 0, best = 0;
  for (size_t i = 0; i < regex->count && at < before; i++) {
    span one;
    int r = next_of(m, &regex->codes[i], text, at, before, &one);
    if (r < 0)
      return r;
    if (r == 0 || (best == MATCHER_NEEDS_MORE && one.begin == ret->begin))
      continue;
    if (best == 0 || one.begin < ret->begin || r == MATCHER_NEEDS_MORE ||
        one.length > ret->length) {
      *ret = one;
      best = r;
    }
    before = one.begin + (size_t)longest;
  }
  return best;
}

/* ---- lines ---- */

typedef struct found_lines {
  spans *list; /* or NULL */
  uint64_t count, most;
} found_lines;

static int add(found_lines *found, span line) {
  found->count++;
  return found->list ? tome__spans_add(found->list, line.begin, line.length) : 0;
}

static int line_matches(matcher *m, const unsigned char *line, size_t length) {
  const expressions *regex = m->pattern->regex;
  span hit;
  int r = 0;
  for (size_t i = 0; i < regex->count && r == 0; i++)
    r = tome__regex_first(m, &regex->codes[i], line, length, 0, 0, &hit);
  return r;
}

static int try_line(matcher *m, const unsigned char *data, span line, found_lines *found) {
  int r = line_matches(m, data + line.begin, line.length);
  return r == 1 ? add(found, line) : r;
}

static int lines_with_required(matcher *m, const unsigned char *data, size_t length,
                               found_lines *found) {
  const regex_scratch *s = m->scratch;
  const tome_pattern *strings = m->pattern->regex->required[s->required];
  /* Engines for byte strings keep nothing in the matcher. */
  matcher inner = {.pattern = strings};
  stretch text = {data, length, 1, 1};
  int r = 0;
  for (size_t at = 0; at < length && found->count < found->most && r == 0;) {
    span hit;
    r = strings->engine->next(&inner, &text, at, length, &hit);
    if (r != 1)
      return r;
    span line = tome__line_at(data, length, at, hit.begin);
    r = try_line(m, data, line, found);
    at = line.begin + line.length + 1;
  }
  return r;
}

static int lines_one_by_one(matcher *m, const unsigned char *data, size_t length, size_t at,
                            found_lines *found) {
  int r = 0;
  while (at < length && found->count < found->most && r == 0) {
    span line = tome__line_at(data, length, at, at);
    r = try_line(m, data, line, found);
    at = line.begin + line.length + 1;
  }
  return r;
}

/* Where a line needs many steps, those that it may have are counted line by line. */
static int lines_of_block(matcher *m, const unsigned char *data, size_t length,
                          found_lines *found) {
  const regex_code *code = m->pattern->regex->codes;
  regex_scratch *s = m->scratch;
  size_t at = 0, places = length + (data[length - 1] != '\n');
  int r = 0;
  s->in_block = 1;
  while (at < places && found->count < found->most && r == 0) {
    span hit = {0, 0};
    r = tome__regex_first(m, code, data, length, at, 0, &hit);
    if (r != 1 || hit.begin >= places)
      break;
    span line = tome__line_at(data, length, at, hit.begin);
    r = add(found, line);
    at = line.begin + line.length + 1;
  }
  s->in_block = 0;
  if (r == TOME_EFBIG)
    return lines_one_by_one(m, data, length, at, found);
  return r < 0 ? r : 0;
}

/* ---- the way ---- */

static uint64_t lines_with(const tome_pattern *strings, const unsigned char *data, size_t length) {
  matcher inner = {.pattern = strings};
  uint64_t count = 0;
  strings->engine->lines(&inner, data, length, UINT64_MAX, NULL, &count);
  return count;
}

static int begins_almost_everywhere(const expressions *regex, const unsigned char *data,
                                    size_t length) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++)
    count += regex->starts[data[i]];
  return count > length / 8;
}

static void choose(matcher *m, const unsigned char *data, size_t length) {
  const expressions *regex = m->pattern->regex;
  regex_scratch *s = m->scratch;
  size_t sample = length < SAMPLE ? length : SAMPLE;
  uint64_t fewest = tome__count_byte(data, sample, '\n') / 2 + 1;
  s->left = length > SIZE_MAX / BLOCKS_FOR_CHOICE ? length : BLOCKS_FOR_CHOICE * length;
  s->way = WAY_UNKNOWN;
  for (size_t i = 0; i < regex->required_count && fewest > 0; i++) {
    uint64_t count = lines_with(regex->required[i], data, sample);
    if (count >= fewest)
      continue;
    fewest = count;
    s->required = i;
    s->way = WAY_REQUIRED;
  }
  if (s->way == WAY_REQUIRED)
    return;
  int all_at_once = regex->one_block && !begins_almost_everywhere(regex, data, sample);
  s->way = all_at_once ? WAY_BLOCK : WAY_LINES;
}

static int lines(matcher *m, const unsigned char *data, size_t length, uint64_t most, spans *list,
                 uint64_t *ret_count) {
  regex_scratch *s = m->scratch;
  found_lines found = {list, 0, most};
  int r = 0;
  *ret_count = 0;
  if (length == 0)
    return 0;
  if (s->left < length)
    choose(m, data, length);
  s->left -= length;
  if (s->way == WAY_REQUIRED)
    r = lines_with_required(m, data, length, &found);
  else if (s->way == WAY_BLOCK)
    r = lines_of_block(m, data, length, &found);
  else
    r = lines_one_by_one(m, data, length, 0, &found);
  *ret_count = found.count;
  return r;
}

const pattern_engine tome__engine_regex = {.next = next,
                                           .lines = lines,
                                           .begin = tome__regex_scratch_begin,
                                           .end = tome__regex_scratch_end,
                                           .free = tome__regex_free};
