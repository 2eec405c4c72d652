/* One byte string, by its finder. */
#include "needle_list.h"
#include "pattern_state.h"

#include <string.h>

/* More of the needle than this is not compared to tell that it could begin where the bytes end. */
#define ENOUGH 256

static int may_begin(const finder *f, size_t at, unsigned char byte) {
  unsigned char fold = tome__finder_fold(f, at);
  return (byte | fold) == (f->needle[at] | fold);
}

/* The first place from `at` on where the bytes that there are could begin a needle that goes on behind them. */
static size_t first_beginning(const finder *f, const stretch *text, size_t at) {
  if (text->length - at >= f->length)
    at = text->length - f->length + 1;
  for (; at < text->length; at++) {
    size_t there = text->length - at, same = 0;
    size_t enough = there < ENOUGH ? there : ENOUGH;
    while (same < enough && may_begin(f, same, text->data[at + same]))
      same++;
    if (same == enough)
      break;
  }
  return at;
}

/* From where to go on when an occurrence has the wrong neighbours: a line has one chance to be equal to the needle. */
static size_t behind_wrong(const tome_pattern *p, const stretch *text, size_t begin) {
  const unsigned char *end = NULL;
  if (!(p->flags & TOME_PATTERN_WHOLE_LINE))
    return begin + 1;
  end = memchr(text->data + begin, '\n', text->length - begin);
  return end ? (size_t)(end - text->data) + 1 : text->length;
}

static int next(matcher *m, const stretch *text, size_t at, size_t before, span *ret) {
  const tome_pattern *p = m->pattern;
  const finder *f = &p->finder;
  size_t end = text->length - (before - 1) > f->length ? before - 1 + f->length : text->length;
  const unsigned char *found = NULL;
  while (at < end && (found = tome__finder_first(f, text->data + at, end - at))) {
    size_t begin = (size_t)(found - text->data);
    int fits = tome__has_neighbours(p, text, begin, begin + f->length);
    if (fits)
      *ret = (span){begin, f->length};
    if (fits)
      return fits;
    at = behind_wrong(p, text, begin);
  }
  if (text->is_end || at >= before)
    return 0;
  at = first_beginning(f, text, at);
  if (at >= before)
    return 0;
  *ret = (span){at, 0};
  return MATCHER_NEEDS_MORE;
}

static void free_needle(tome_pattern *p) {
  tome__os_free(p->needle);
}

const pattern_engine tome__engine_literal = {
    .next = next, .lines = tome__lines_by_next, .free = free_needle};

int tome__one_begin(tome_pattern *p, const tome_needle *needle) {
  p->engine = &tome__engine_literal;
  p->needle = tome__os_new(needle->length, 1);
  if (!p->needle)
    return tome__pattern_failure(TOME_ENOMEM, NULL, 0, 0);
  memcpy(p->needle, needle->data, needle->length);
  tome__finder_begin(&p->finder, p->needle, needle->length,
                     (p->flags & TOME_PATTERN_IGNORE_CASE) != 0);
  return 0;
}
