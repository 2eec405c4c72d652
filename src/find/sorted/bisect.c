/* Bisection over bytes.
 *
 * A record is LEFT of the border if its key is less than the bound by more than the slack; of the border behind the bound, if its key
 * is not greater than the bound by more than the slack. With records in order but for the slack, all before a left one have keys less
 * than the bound, and all behind one that is not left of the border behind have greater ones: so any place between a left record and one
 * that is not will do, and without slack there is only one.
 *
 * INVARIANT: the last record that begins before `low` is left, or there is none; the first one that begins at `high` or behind is
 * `found`, which is not left, or the end of the file. Each probe reads on from the middle to the next record. If there is none before
 * `high`, the middle was in a long record, and nothing of it is read again: so a record costs its length once.
 *
 * The keys at both ends are kept, and a probe between them that is not in order is told. In the end so are records near the
 * border: two that have changed places there would else change the answer unseen. */
#include "bisection.h"

#include "map_state.h"

#include <tome/error.h>

/* A range of so few bytes is looked at line by line. */
#define PAGE_BYTES UINT64_C(4096)

typedef struct partition {
  const tome_key_value *bound;
  int after;
  uint64_t low, high, found;
  kept_key below, above; /* the largest left key, the smallest other one */
} partition;

int tome__bisection_begin(bisection *b, tome *map, const tome_key *key, const char *operation) {
  *b = (bisection){.key = key};
  return tome__lines_begin(&b->lines, map, operation);
}

void tome__bisection_end(bisection *b) {
  tome__lines_end(&b->lines);
}

int tome__next_record(bisection *b, uint64_t from, uint64_t before, keyed_line *ret) {
  uint64_t at = from, end = before < b->lines.size ? before : b->lines.size;
  int r = from > 0 ? tome__lines_next(&b->lines, from - 1, end, &at) : 0;
  while (r == 0 && at < end) {
    const unsigned char *text;
    r = tome__lines_head(&b->lines, at, b->key->reach, &text, &ret->length);
    if (r == 0 && tome__key_of(b->key, &b->memory, text, ret->length, &ret->value)) {
      ret->offset = at;
      return 1;
    }
    if (r == 0)
      r = tome__lines_next(&b->lines, at, end, &at);
  }
  return r;
}

static int is_left(const bisection *b, const partition *p, const keyed_line *line) {
  return p->after ? !tome__key_is_below(b->key, p->bound, &line->value)
                  : tome__key_is_below(b->key, &line->value, p->bound);
}

static int check_order(bisection *b, const partition *p, const keyed_line *line) {
  const tome_key_value *value = &line->value;
  if ((!p->below.is_set || !tome__key_is_below(b->key, value, &p->below.value)) &&
      (!p->above.is_set || !tome__key_is_below(b->key, &p->above.value, value)))
    return 0;
  return tome__map_fail(b->lines.map, b->lines.operation, TOME_EORDER, 0, line->offset,
                        line->length);
}

/* Keep the largest key (`sign` 1), or the smallest (-1). */
static int keep_if_beyond(bisection *b, kept_key *kept, const tome_key_value *value, int sign) {
  int order = kept->is_set ? tome_key_compare(b->key, value, &kept->value) : sign;
  if ((sign > 0 ? order <= 0 : order >= 0) || tome__key_keep(kept, b->key, value) == 0)
    return 0;
  return tome__map_fail(b->lines.map, b->lines.operation, TOME_ENOMEM, 0, 0, 0);
}

/* Take the record for what it is, left or not; *ret_left says so. */
static int place(bisection *b, partition *p, const keyed_line *line, int *ret_left) {
  int r = check_order(b, p, line), left = is_left(b, p, line);
  if (r == 0)
    r = keep_if_beyond(b, left ? &p->below : &p->above, &line->value, left ? 1 : -1);
  if (!left)
    p->found = line->offset;
  *ret_left = left;
  return r;
}

/* Just behind the first byte of a page, so that what shows where a line begins lies in it, too. */
static uint64_t middle(const partition *p) {
  uint64_t at = p->low + (p->high - p->low) / 2;
  return at - at % PAGE_BYTES + 1;
}

static int halve(bisection *b, partition *p) {
  keyed_line line = {.offset = 0};
  int left, r = 0;
  while (r == 0 && p->high - p->low > 2 * PAGE_BYTES) {
    uint64_t from = middle(p);
    int there = tome__next_record(b, from, p->high, &line);
    if (there <= 0) {
      r = there;
      p->high = from;
      continue;
    }
    r = place(b, p, &line, &left);
    if (left)
      p->low = line.offset + 1;
    else
      p->high = from;
  }
  return r;
}

static int walk_the_rest(bisection *b, partition *p) {
  keyed_line line = {.offset = 0};
  int left = 1;
  while (left) {
    int there = tome__next_record(b, p->low, p->high, &line);
    if (there <= 0)
      return there;
    int r = place(b, p, &line, &left);
    if (r < 0)
      return r;
    p->low = line.offset + 1;
  }
  return 0;
}

/* Records that begin within two pages of the border, one after the other. */
static int look_around(bisection *b, uint64_t border) {
  uint64_t at = border > 2 * PAGE_BYTES ? border - 2 * PAGE_BYTES : 0;
  uint64_t end = b->lines.size - border > 2 * PAGE_BYTES ? border + 2 * PAGE_BYTES : b->lines.size;
  partition p = {.bound = NULL};
  keyed_line line = {.offset = 0};
  int r = 0;
  while (r == 0 && (r = tome__next_record(b, at, end, &line)) == 1) {
    r = check_order(b, &p, &line);
    if (r == 0)
      r = keep_if_beyond(b, &p.below, &line.value, 1);
    at = line.offset + 1;
  }
  tome__key_drop(&p.below);
  return r;
}

int tome__bisect(bisection *b, const tome_key_value *bound, int after, uint64_t *ret) {
  partition p = {.bound = bound, .after = after, .high = b->lines.size, .found = b->lines.size};
  int r = halve(b, &p);
  if (r == 0)
    r = walk_the_rest(b, &p);
  tome__key_drop(&p.below);
  tome__key_drop(&p.above);
  if (r == 0)
    r = look_around(b, p.found);
  if (r == 0)
    *ret = p.found;
  return r;
}

int tome_bisect(tome *map, const tome_key *key, const tome_key_value *bound, int after,
                uint64_t *ret_offset) {
  bisection b;
  int r = tome__bisection_begin(&b, map, key, __func__);
  if (r == 0 && !tome__key_is_good(key, bound))
    r = tome__map_fail(map, __func__, TOME_EINVAL, 0, 0, 0);
  if (r == 0)
    r = tome__bisect(&b, bound, after, ret_offset);
  tome__bisection_end(&b);
  return r;
}
