/* Reading, writing, filling, moving and searching, judged.
 *
 * `whole` below is where pages begin that the file has no more: an access there is a fault. Between the end of the file and
 * `whole` lies the rest of its last page, where loads and stores go without one. */
#include "model_state.h"

#include <inttypes.h>
#include <string.h>

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

/* How many bytes of [offset, offset + length) the file has not, and as which offset they begin. */
static uint64_t missing(const model *all, const model_map *m, uint64_t offset, uint64_t length,
                        uint64_t *ret_first) {
  uint64_t end = model_end_in(all, m);
  *ret_first = larger(offset, end);
  return offset + length > end ? offset + length - *ret_first : 0;
}

static int touches_missing_page(const model *all, const model_map *m, uint64_t offset,
                                uint64_t length) {
  return length > 0 && m->origin + offset + length > page_up(all->size);
}

/* Once, a patch that is not needed any more may be met; then it is gone. */
static int meets_patch(model *all, const model_map *m, int got, int want) {
  if (got != TOME_ELOST || got == want || !m->patched || all->struck)
    return 0;
  return 1;
}

/* After a loss with nothing in doubt, the error names all of it and nothing else. */
static void check_lost_range(const model *all, const model_map *m, uint64_t offset, uint64_t length,
                             uint64_t first) {
  const tome_error *error = tome_error_last();
  model_check_error(all, offset, length);
  if (m->patched || all->ghosts || all->struck || (m->flags & TOME_COPY))
    return;
  if (error->offset != first || error->length != offset + length - first)
    model_wrong(all, "%" PRIu64 " bytes at %" PRIu64 " are lost", offset + length - first, first);
}

/* ---- reading ---- */

/* How reading bytes inside the map must end. In doubt a loss may be told as well. */
static int reading_ends(const model *all, const model_map *m, uint64_t offset, uint64_t length,
                        uint64_t *ret_first, int *ret_in_doubt) {
  int lost = length > 0 && missing(all, m, offset, length, ret_first) > 0;
  *ret_in_doubt =
      lost &&
      (all->ghosts || ((m->flags & TOME_COPY) && !touches_missing_page(all, m, offset, length)));
  return lost && !*ret_in_doubt ? TOME_ELOST : 0;
}

void model_read(model *all, model_map *m, uint64_t offset, uint64_t length) {
  static unsigned char got[LIMIT];
  uint64_t first = 0;
  int in_doubt;
  model_say(all, "read offset, length", offset, length, 0, 0);
  int r = MODEL_CALL(all, tome_read(m->map, offset, got, length));
  if (!model_check_range(all, m, offset, length)) {
    model_agrees(all, m, r, TOME_ERANGE);
    return;
  }
  int want = reading_ends(all, m, offset, length, &first, &in_doubt);
  if (in_doubt && r == TOME_ELOST) {
    model_agrees(all, m, r, r);
    model_check_error(all, offset, length);
    return;
  }
  if (meets_patch(all, m, r, want))
    r = tome_read(m->map, offset, got, length);
  if (!model_agrees(all, m, r, want))
    return;
  if (r < 0) {
    check_lost_range(all, m, offset, length, first);
    return;
  }
  model_match(all, m, offset, got, length);
  if (tome_read_nowait(m->map, offset, got, length))
    model_match(all, m, offset, got, length);
}

/* One span of a gather. */
static void judge_span(model *all, model_map *m, const tome_span *span) {
  uint64_t first;
  int in_doubt;
  int want = reading_ends(all, m, span->offset, span->length, &first, &in_doubt);
  if (span->result == 0 && want == 0)
    model_match(all, m, span->offset, span->buffer, span->length);
  else if (span->result != want && !all->struck && !(in_doubt && span->result == TOME_ELOST) &&
           !meets_patch(all, m, span->result, want))
    model_wrong(all, "a span ended with %s, not %s", tome_error_name(span->result),
                tome_error_name(want));
}

static int first_failed(const tome_span *spans, size_t count, size_t *ret_which) {
  for (size_t i = 0; i < count; i++)
    if (spans[i].result < 0) {
      *ret_which = i;
      return 1;
    }
  return 0;
}

void model_gather(model *all, model_map *m, tome_span *spans, size_t count) {
  size_t which = 0;
  int inside = 1;
  model_say(all, "gather count, first offset, length", count, spans[0].offset, spans[0].length, 0);
  int r = MODEL_CALL(all, tome_gather(m->map, spans, count));
  for (size_t i = 0; i < count; i++)
    inside = model_check_range(all, m, spans[i].offset, spans[i].length) && inside;
  if (!inside) {
    model_agrees(all, m, r, TOME_ERANGE);
    return;
  }
  if (all->struck && r != TOME_ELOST && r != 0) { /* perhaps nothing was begun */
    model_agrees(all, m, r, r);
    return;
  }
  int failed = first_failed(spans, count, &which);
  model_agrees(all, m, r, failed ? spans[which].result : 0);
  if (failed && r < 0 && !all->struck)
    model_check_error(all, spans[which].offset, spans[which].length);
  for (size_t i = 0; i < count; i++)
    judge_span(all, m, &spans[i]);
}

/* ---- storing ---- */

/* A store inside the map has returned `r`: do it to the model. */
static void judge_store(model *all, model_map *m, uint64_t offset, const void *data, int byte,
                        uint64_t length, int r) {
  uint64_t first, at = m->origin + offset;
  int want = touches_missing_page(all, m, offset, length) ? TOME_ELOST : 0;
  missing(all, m, offset, length, &first);
  if (!model_agrees(all, m, r, want)) {
    model_look_after_store(all, m, at, data, byte, length);
    return;
  }
  if (r == 0) {
    model_store(all, m, at, data, byte, length);
    return;
  }
  check_lost_range(all, m, offset, length, first);
  uint64_t stored = tome_error_last()->offset - offset;
  if (stored > first - offset &&
      !(m->flags & TOME_COPY)) /* a private page is there, with all its bytes */
    model_wrong(all, "bytes from %" PRIu64 " on are not in the file", first);
  model_store(all, m, at, data, byte, stored);
  model_look_after_store(all, m, at + stored, data ? (const unsigned char *)data + stored : NULL,
                         byte, length - stored);
}

/* Where a write has to grow the file: 1 it may, else 0 and the error. */
static int may_grow(const model *all, const model_map *m, uint64_t offset, uint64_t length,
                    int *ret_error) {
  *ret_error = TOME_ERANGE;
  if (!(m->flags & TOME_GROW) || length > UINT64_MAX - offset)
    return 0;
  if (offset > INT64_MAX - m->origin || length > INT64_MAX - m->origin - offset) {
    *ret_error = TOME_EFBIG;
    return 0;
  }
  return m->limit == TOME_END || m->origin + m->size >= all->size;
}

static void grown_by_store(model *all, model_map *m, uint64_t offset, const void *data,
                           uint64_t length) {
  model_grow_by(all, m, m->origin + offset, data, length);
  if (m->limit != TOME_END)
    m->limit = offset + length;
  m->size = larger(m->size, offset + length);
}

/* The bytes past the end come first, so a loss inside may leave the file longer. In any other case its length is as before. */
static void failed_to_grow(model *all, model_map *m, uint64_t offset, const unsigned char *data,
                           uint64_t length, uint64_t inside, int r) {
  uint64_t first = offset + inside;
  if (r == TOME_ELOST && m->size == offset + length) {
    grown_by_store(all, m, first, data + inside, length - inside);
    m->size = offset + length;
  }
  model_look_after_store(all, m, m->origin + offset, data, 0, inside);
}

static void write_past_the_end(model *all, model_map *m, uint64_t offset, const void *data,
                               uint64_t length, int r) {
  int error = 0;
  uint64_t inside = offset < m->size ? m->size - offset : 0;
  m->size_wanted = offset + length;
  if (length == 0) /* nothing to grow for, and the header does not say */
    model_agrees(all, m, r, r == 0 || r == TOME_EFBIG ? r : TOME_ERANGE);
  else if (!may_grow(all, m, offset, length, &error))
    model_agrees(all, m, r, error);
  else if (model_agrees(all, m, r, 0))
    grown_by_store(all, m, offset, data, length);
  else
    failed_to_grow(all, m, offset, data, length, inside, r);
}

void model_write(model *all, model_map *m, uint64_t offset, const void *data, uint64_t length) {
  if (offset < TOME_END / 4 && m->origin + offset + length > LIMIT && (m->flags & TOME_GROW))
    return;
  model_say(all, "write offset, length", offset, length, 0, 0);
  int r = MODEL_CALL(all, tome_write(m->map, offset, data, length));
  if (!(m->flags & (TOME_WRITE | TOME_COPY))) {
    model_agrees(all, m, r, TOME_EREADONLY);
    return;
  }
  if (!model_inside(m->size, offset, length))
    model_adopt(all, m, (m->flags & TOME_GROW) != 0);
  if (!model_inside(m->size, offset, length)) {
    write_past_the_end(all, m, offset, data, length, r);
    return;
  }
  int whole = touches_missing_page(all, m, offset, length);
  if (meets_patch(all, m, r, whole ? TOME_ELOST : 0))
    r = tome_write(m->map, offset, data, length);
  judge_store(all, m, offset, data, 0, length, r);
}

void model_fill(model *all, model_map *m, uint64_t offset, uint64_t length, int byte) {
  model_say(all, "fill offset, length, byte", offset, length, (uint64_t)byte, 0);
  int r = MODEL_CALL(all, tome_fill(m->map, offset, length, byte));
  uint64_t asked = length;
  if (!(m->flags & (TOME_WRITE | TOME_COPY))) {
    model_agrees(all, m, r, TOME_EREADONLY);
  } else if (!model_resolve(all, m, offset, &length)) {
    model_agrees(all, m, r, TOME_ERANGE);
  } else {
    int whole = touches_missing_page(all, m, offset, length);
    if (meets_patch(all, m, r, whole ? TOME_ELOST : 0))
      r = tome_fill(m->map, offset, asked, byte);
    judge_store(all, m, offset, NULL, byte, length, r);
  }
}

/* ---- moving ---- */

static void judge_move(model *all, model_map *m, uint64_t to, uint64_t from, uint64_t length,
                       int r) {
  static unsigned char moved[LIMIT];
  uint64_t first;
  int determined = model_expect(all, m, from, length, moved);
  int lost = missing(all, m, from, length, &first) > 0;
  if (to == from || length == 0) {
    model_agrees(all, m, r, 0);
    return;
  }
  int in_doubt = all->ghosts || m->patched || !determined || ((m->flags & TOME_COPY) && lost);
  int want = lost || touches_missing_page(all, m, to, length) ? TOME_ELOST : 0;
  if (in_doubt && r == TOME_ELOST)
    want = r;
  if (in_doubt && r == 0 && want == TOME_ELOST && !touches_missing_page(all, m, from, length) &&
      !touches_missing_page(all, m, to, length))
    want = 0; /* bytes behind the end, of ghosts or private pages */
  int agreed = model_agrees(all, m, r, want);
  if (agreed && r == 0 && !lost)
    model_store(all, m, m->origin + to, moved, 0, length);
  else if (agreed && r == 0)
    memset(m->marks, LOOSE, (m->flags & TOME_COPY) ? all->most : 0);
  else
    model_look_after_store(all, m, m->origin + to, moved, 0, length);
}

void model_move(model *all, model_map *m, uint64_t to, uint64_t from, uint64_t length) {
  if (all->ghosts)
    return; /* bytes behind the end would become bytes of the file */
  model_say(all, "move to, from, length", to, from, length, 0);
  int r = MODEL_CALL(all, tome_move(m->map, to, from, length));
  if (!(m->flags & (TOME_WRITE | TOME_COPY)))
    model_agrees(all, m, r, TOME_EREADONLY);
  else if (!model_check_range(all, m, from, length) || !model_check_range(all, m, to, length))
    model_agrees(all, m, r, TOME_ERANGE);
  else
    judge_move(all, m, to, from, length, r);
  if (m->flags & TOME_COPY) /* loose bytes may have been moved */
    if (memchr(m->marks, LOOSE, all->most))
      memset(m->marks, LOOSE, all->most);
}

/* ---- searching ---- */

static uint64_t first_match(const unsigned char *bytes, uint64_t length, const void *needle,
                            uint64_t needle_length) {
  for (uint64_t i = 0; i + needle_length <= length; i++)
    if (memcmp(bytes + i, needle, needle_length) == 0)
      return i;
  return TOME_END;
}

static uint64_t last_match(const unsigned char *bytes, uint64_t length, const void *needle,
                           uint64_t needle_length) {
  for (uint64_t i = length - needle_length + 1; length >= needle_length && i-- > 0;)
    if (memcmp(bytes + i, needle, needle_length) == 0)
      return i;
  return TOME_END;
}

typedef struct model_search {
  const void *needle;
  uint64_t needle_length, from, to;
  int backward;
} model_search;

static int search(model_map *m, const model_search *s, uint64_t *at) {
  return s->backward ? tome_rfind(m->map, s->needle, s->needle_length, s->from, s->to, at)
                     : tome_find(m->map, s->needle, s->needle_length, s->from, s->to, at);
}

/* What [from, from + length) must give: 1 and *ret_at, 0, or TOME_ELOST. A match that begins and ends before what was lost is
 * found; behind it there is nothing. Pre: the range is inside the map. */
static int expected(const model *all, const model_map *m, const model_search *s, uint64_t length,
                    uint64_t *ret_at) {
  static unsigned char bytes[LIMIT];
  uint64_t first, lost = missing(all, m, s->from, length, &first);
  *ret_at = s->backward ? s->from + length : s->from;
  if (s->needle_length == 0)
    return 1;
  if (s->needle_length > length)
    return 0;
  if (s->backward && lost)
    return TOME_ELOST;
  model_expect(all, m, s->from, length, bytes);
  uint64_t at = s->backward ? last_match(bytes, length, s->needle, s->needle_length)
                            : first_match(bytes, length - lost, s->needle, s->needle_length);
  *ret_at = s->from + at;
  return at != TOME_END ? 1 : lost ? TOME_ELOST : 0;
}

static int is_determined(const model *all, const model_map *m, uint64_t offset, uint64_t length) {
  static unsigned char bytes[LIMIT];
  uint64_t first;
  int lost = missing(all, m, offset, length, &first) > 0;
  return model_expect(all, m, offset, length, bytes) &&
         !(lost && (all->ghosts || (m->flags & TOME_COPY)));
}

void model_find(model *all, model_map *m, const void *needle, uint64_t needle_length, uint64_t from,
                uint64_t to, int backward) {
  model_search s = {needle, needle_length, from, to, backward};
  uint64_t at = 77, want_at, length = to == TOME_END ? TOME_END : to - from;
  model_say(all, backward ? "rfind from, to, length" : "find from, to, length", from, to,
            needle_length, 0);
  int r = MODEL_CALL(all, search(m, &s, &at));
  if (from > to || !model_resolve(all, m, from, &length)) {
    model_agrees(all, m, r, TOME_ERANGE);
    return;
  }
  int want = expected(all, m, &s, length, &want_at);
  if (!is_determined(all, m, from, length) && r <= 1) {
    model_agrees(all, m, r, r);
    return;
  }
  if (meets_patch(all, m, r, want))
    r = search(m, &s, &at);
  if (!model_agrees(all, m, r, want))
    return;
  if (at != (r == 1 ? want_at : 77))
    model_wrong(all, "found at %" PRIu64 ", not at %" PRIu64, at, want_at);
  if (r == TOME_ELOST)
    model_check_error(all, from, length);
}
