/* Making patterns: which engine does it, and the engine for none at all. */
#include "failure.h"
#include "matcher.h"
#include "pattern_state.h"

#include <tome/pattern.h>

#define KNOWN_FLAGS                                                                                \
  (TOME_PATTERN_REGEX | TOME_PATTERN_IGNORE_CASE | TOME_PATTERN_IN_LINES | TOME_PATTERN_WORD |     \
   TOME_PATTERN_WHOLE_LINE | TOME_PATTERN_LONGEST)

int tome__pattern_failure(int code, const char *detail, size_t offset, size_t needle) {
  failure what = {.operation = "tome_pattern_new",
                  .code = code,
                  .offset = offset,
                  .length = needle,
                  .detail = detail};
  return tome__fail(NULL, what);
}

/* ---- nothing to search for ---- */

static int no_match(matcher *m, const stretch *text, size_t at, size_t before, span *ret) {
  (void)m, (void)text, (void)at, (void)before, (void)ret;
  return 0;
}

static int no_lines(matcher *m, const unsigned char *data, size_t length, uint64_t most,
                    spans *list, uint64_t *ret_count) {
  (void)m, (void)data, (void)length, (void)most, (void)list;
  *ret_count = 0;
  return 0;
}

const pattern_engine tome__engine_none = {.next = no_match, .lines = no_lines};

/* ---- the object ---- */

tome_pattern *tome__pattern_empty(uint32_t flags) {
  tome_pattern *p = tome__os_new(1, sizeof *p);
  if (!p)
    return NULL;
  p->engine = &tome__engine_none;
  p->flags = flags;
  p->traits.in_lines = (flags & TOME_PATTERN_IN_LINES) != 0;
  tome__os_mutex_init(&p->lock);
  return p;
}

static int check_flags(uint32_t flags) {
  if (flags & ~KNOWN_FLAGS)
    return tome__pattern_failure(TOME_EINVAL, "unknown flags", 0, 0);
  if ((flags & (TOME_PATTERN_WORD | TOME_PATTERN_WHOLE_LINE)) && !(flags & TOME_PATTERN_IN_LINES))
    return tome__pattern_failure(
        TOME_EINVAL, "TOME_PATTERN_WORD and _WHOLE_LINE are for TOME_PATTERN_IN_LINES", 0, 0);
  return 0;
}

static int check_needles(const tome_needle *needles, size_t count) {
  size_t total = 0;
  if (count > 0 && !needles)
    return tome__pattern_failure(TOME_EINVAL, "the needles are NULL", 0, 0);
  for (size_t i = 0; i < count; i++) {
    if (needles[i].length > 0 && !needles[i].data)
      return tome__pattern_failure(TOME_EINVAL, "a needle is NULL", 0, i);
    if (needles[i].length > (size_t)INT32_MAX - total)
      return tome__pattern_failure(TOME_EFBIG, "the needles are larger than 2 GiB", 0, i);
    total += needles[i].length;
  }
  return 0;
}

int tome_pattern_new(tome_pattern **ret, const tome_needle *needles, size_t count, uint32_t flags) {
  int r = check_flags(flags);
  if (r == 0)
    r = check_needles(needles, count);
  if (r != 0)
    return r;
  tome_pattern *p = tome__pattern_empty(flags);
  if (!p)
    return tome__pattern_failure(TOME_ENOMEM, NULL, 0, 0);
  r = flags & TOME_PATTERN_REGEX ? tome__regex_begin(p, needles, count)
                                 : tome__literals_begin(p, needles, count);
  if (r != 0) {
    tome_pattern_free(p);
    return r;
  }
  *ret = p;
  return 0;
}

void tome_pattern_free(tome_pattern *p) {
  if (!p)
    return;
  while (p->idle) {
    matcher *m = p->idle;
    p->idle = m->next;
    if (p->engine->end)
      p->engine->end(m);
    tome__os_free(m);
  }
  if (p->engine->free)
    p->engine->free(p);
  tome__os_mutex_destroy(&p->lock);
  tome__os_free(p);
}

const pattern_traits *tome__pattern_traits(const tome_pattern *pattern) {
  return &pattern->traits;
}

const finder *tome__pattern_finder(const tome_pattern *pattern) {
  return &pattern->finder;
}
