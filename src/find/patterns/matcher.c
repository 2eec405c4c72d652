/* Matchers: what is the same for all engines. */
#include "matcher.h"
#include "pattern_state.h"

#include <string.h>

/* ---- spans ---- */

static int grow(spans *list) {
  size_t room = list->room ? 2 * list->room : 64;
  span *items = room > list->room ? tome__os_new(room, sizeof *items) : NULL;
  if (!items)
    return TOME_ENOMEM;
  if (list->count)
    memcpy(items, list->items, list->count * sizeof *items);
  tome__os_free(list->items);
  list->items = items;
  list->room = room;
  return 0;
}

int tome__spans_add(spans *list, size_t begin, size_t length) {
  if (list->count == list->room && grow(list) != 0)
    return TOME_ENOMEM;
  list->items[list->count++] = (span){begin, length};
  return 0;
}

void tome__spans_free(spans *list) {
  tome__os_free(list->items);
  *list = (spans){0};
}

/* ---- taking and putting back ---- */

static matcher *take_idle(tome_pattern *p) {
  tome__os_mutex_lock(&p->lock);
  matcher *m = p->idle;
  if (m)
    p->idle = m->next;
  tome__os_mutex_unlock(&p->lock);
  return m;
}

int tome__matcher_take(const tome_pattern *pattern, matcher **ret) {
  /* To its users a pattern never changes; the list of idle matchers is ours. */
  tome_pattern *p = (tome_pattern *)(uintptr_t)pattern;
  matcher *m = take_idle(p);
  if (!m) {
    m = tome__os_new(1, sizeof *m);
    if (!m)
      return TOME_ENOMEM;
    m->pattern = p;
    if (p->engine->begin && p->engine->begin(m) != 0) {
      tome__os_free(m);
      return TOME_ENOMEM;
    }
  }
  *ret = m;
  return 0;
}

void tome__matcher_put(matcher *m) {
  if (!m)
    return;
  tome_pattern *p = (tome_pattern *)(uintptr_t)m->pattern;
  tome__os_mutex_lock(&p->lock);
  m->next = p->idle;
  p->idle = m;
  tome__os_mutex_unlock(&p->lock);
}

/* ---- matches ---- */

/* An empty match may lie at the end of a text; but there is no line behind the last newline. */
static int may_match_at_end(const tome_pattern *p, const stretch *text) {
  if (!text->is_end)
    return 0;
  return !p->traits.in_lines || (text->length > 0 && text->data[text->length - 1] != '\n');
}

static size_t last_place(const tome_pattern *p, const stretch *text, size_t before) {
  size_t places = text->length + (size_t)may_match_at_end(p, text);
  return before < places ? before : places;
}

int tome__matcher_next(matcher *m, const stretch *text, size_t at, size_t before, span *ret) {
  before = last_place(m->pattern, text, before);
  return at < before ? m->pattern->engine->next(m, text, at, before, ret) : 0;
}

/* NOLINTNEXTLINE(readability-function-size): its parameters are what is asked */
int tome__matcher_all(matcher *m, const stretch *text, size_t at, size_t before, int overlapping,
                      uint64_t most, spans *ret, size_t *ret_at) {
  const pattern_engine *engine = m->pattern->engine;
  size_t behind = SIZE_MAX; /* where the match before ends */
  span hit = {0, 0};
  before = last_place(m->pattern, text, before);
  for (uint64_t found = 0; at < before && found < most;) {
    int r = engine->next(m, text, at, before, &hit);
    if (r == MATCHER_NEEDS_MORE)
      *ret_at = hit.begin;
    if (r != 1)
      return r;
    if (hit.length > 0 || hit.begin != behind) {
      if (tome__spans_add(ret, hit.begin, hit.length) != 0)
        return TOME_ENOMEM;
      found++;
    }
    int step = overlapping || hit.length == 0;
    behind = overlapping ? SIZE_MAX : hit.begin + hit.length;
    at = step ? hit.begin + 1 : behind;
  }
  return 0;
}

/* ---- lines ---- */

span tome__line_at(const unsigned char *data, size_t length, size_t from, size_t at) {
  const unsigned char *before = at > from ? tome__last_byte(data + from, at - from, '\n') : NULL;
  const unsigned char *end = at < length ? memchr(data + at, '\n', length - at) : NULL;
  size_t begin = before ? (size_t)(before - data) + 1 : from;
  return (span){begin, (end ? (size_t)(end - data) : length) - begin};
}

int tome__lines_by_next(matcher *m, const unsigned char *data, size_t length, uint64_t most,
                        spans *list, uint64_t *ret_count) {
  const pattern_engine *engine = m->pattern->engine;
  stretch text = {data, length, 1, 1};
  size_t before = last_place(m->pattern, &text, SIZE_MAX);
  uint64_t count = 0;
  int r = 0;
  for (size_t at = 0; at < before && count < most; count++) {
    span hit;
    r = engine->next(m, &text, at, before, &hit);
    if (r != 1)
      break;
    span line = tome__line_at(data, length, list ? at : hit.begin, hit.begin);
    r = list ? tome__spans_add(list, line.begin, line.length) : 0;
    if (r != 0)
      break;
    at = line.begin + line.length + 1;
  }
  *ret_count = count;
  return r;
}

int tome__matcher_lines(matcher *m, const unsigned char *data, size_t length, uint64_t most,
                        spans *list, uint64_t *ret_count) {
  return m->pattern->engine->lines(m, data, length, most, list, ret_count);
}
