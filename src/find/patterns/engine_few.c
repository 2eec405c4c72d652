/* A few byte strings: lines that hold one of them.
 *
 * A finder for each is faster than what can be done for all at once, as long as the bytes stay in the nearest memory from one finder
 * to the next. So slices of that size are searched. Each finder's next occurrence is remembered until it has been passed. */
#include "needle_list.h"
#include "pattern_state.h"

#include <string.h>

enum { SLICE = 128 << 10 };

typedef struct few_needles {
  finder finders[MOST_FEW];
  size_t count;
  unsigned char *bytes;
} few_needles;

#define NOWHERE SIZE_MAX

/* A slice, and one more than where in it the next occurrence of each begins; 0: not known yet. */
typedef struct slice {
  const unsigned char *data;
  size_t length; /* of the data, which goes on behind the slice */
  size_t end;
  size_t next[MOST_FEW];
} slice;

static size_t find(const finder *f, const slice *s, size_t at) {
  size_t reach = s->length - s->end > f->length - 1 ? s->end + f->length - 1 : s->length;
  const unsigned char *found = tome__finder_first(f, s->data + at, reach - at);
  return found ? (size_t)(found - s->data) + 1 : NOWHERE;
}

/* Where the first of them begins, from `at` on in the slice; or NOWHERE. */
static size_t first_of(const few_needles *few, slice *s, size_t at) {
  size_t first = NOWHERE;
  for (size_t i = 0; i < few->count; i++) {
    if (s->next[i] <= at)
      s->next[i] = find(&few->finders[i], s, at);
    if (s->next[i] < first)
      first = s->next[i];
  }
  return first == NOWHERE ? NOWHERE : first - 1;
}

static int lines(matcher *m, const unsigned char *data, size_t length, uint64_t most, spans *list,
                 uint64_t *ret_count) {
  const few_needles *few = m->pattern->few;
  slice s = {.data = data, .length = length};
  size_t passed = 0; /* where a line begins, none before it is looked for */
  uint64_t count = 0;
  int r = 0;
  for (size_t at = 0; at < length && count < most && r == 0;) {
    if (at >= s.end) {
      memset(s.next, 0, sizeof s.next);
      s.end = length - at > SLICE ? at + SLICE : length;
    }
    size_t first = first_of(few, &s, at);
    if (first == NOWHERE) {
      at = s.end;
      continue;
    }
    span line = tome__line_at(data, length, list ? passed : first, first);
    r = list ? tome__spans_add(list, line.begin, line.length) : 0;
    count += r == 0;
    at = passed = line.begin + line.length + 1;
  }
  *ret_count = count;
  return r;
}

static void free_few(tome_pattern *p) {
  tome__many_free(p);
  if (p->few)
    tome__os_free(p->few->bytes);
  tome__os_free(p->few);
}

const pattern_engine tome__engine_few = {.next = tome__many_next, .lines = lines, .free = free_few};

static few_needles *new_few(const tome_needle *needles, size_t count) {
  size_t total = 0;
  for (size_t i = 0; i < count; i++)
    total += needles[i].length;
  few_needles *few = tome__os_new(1, sizeof *few);
  if (few)
    few->bytes = tome__os_new(total, 1);
  if (few && !few->bytes) {
    tome__os_free(few);
    few = NULL;
  }
  return few;
}

int tome__few_begin(tome_pattern *p, const tome_needle *needles, size_t count) {
  int r = tome__many_begin(p, needles, count);
  if (r != 0)
    return r;
  few_needles *few = p->few = new_few(needles, count);
  p->engine = &tome__engine_few;
  if (!few)
    return tome__pattern_failure(TOME_ENOMEM, NULL, 0, 0);
  unsigned char *bytes = few->bytes;
  for (; few->count < count; few->count++) {
    const tome_needle *needle = &needles[few->count];
    memcpy(bytes, needle->data, needle->length);
    tome__finder_begin(&few->finders[few->count], bytes, needle->length,
                       (p->flags & TOME_PATTERN_IGNORE_CASE) != 0);
    bytes += needle->length;
  }
  return 0;
}
