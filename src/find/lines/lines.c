/* Single lines: the one at an offset, the next, the one before.
 *
 * The end of a line is looked for in a few bytes at first, since most lines are short, then in ever more: in place where they were
 * read before, else in a copy. So nothing is read of a cold file but the line and a little around it, and no line is too
 * long. */
#include "failure.h"
#include "finder.h"
#include "in_place.h"
#include "line_ends.h"
#include "lost_pages.h"
#include "os.h"
#include "range.h"

#include <tome/error.h>

#define FEW 512
#define MANY ((size_t)64 << 10)

int tome__line_ends_check(const tome *map, const char *operation, uint32_t ends) {
  if (ends <= TOME_LINES_NUL)
    return 0;
  return tome__fail(
      map->path,
      (failure){.operation = operation, .code = TOME_EINVAL, .detail = "unknown ends of lines"});
}

int tome__line_fail(const tome *map, const char *operation, int code, tome_range lost) {
  if (code == TOME_ECANCELED)
    return tome__map_fail(map, operation, code, 0, 0, 0);
  return tome__fail_at(map, operation, code, lost);
}

/* ---- looking for an end ---- */

/* What is left to look at, and where it is copied to. */
typedef struct looking {
  tome *map;
  unsigned char end;
  int backward;
  uint64_t from, to;
  size_t step;
  unsigned char *many; /* MANY bytes, once they are needed */
  unsigned char few[FEW];
  tome_range lost;
} looking;

/* The piece that is next, of which the first or last `step` bytes are left. */
static tome_range next_piece(const looking *l) {
  uint64_t rest = l->to - l->from;
  uint64_t length = rest < l->step ? rest : l->step;
  return (tome_range){l->backward ? l->to - length : l->from, length};
}

static const unsigned char *find_in(const looking *l, const unsigned char *data, size_t length) {
  return l->backward ? tome__last_byte(data, length, l->end)
                     : tome__first_byte(data, length, l->end);
}

/* What was read before is looked at where it is mapped: 1, with *ret_hit, or 0 if it has to be copied, perhaps to learn what was
 * lost. */
static int look_in_place(looking *l, tome_range piece, const unsigned char **ret_data,
                         const unsigned char **ret_hit) {
  tome *map = l->map;
  if (!tome__inside(tome__reach(map), piece.offset, piece.length) ||
      !tome__pageset_has(&map->known, piece.offset + map->lead, piece.length))
    return 0;
  const unsigned char *data = map->base + piece.offset;
  uint64_t before = tome__guard_before(map);
  *ret_data = data;
  *ret_hit = find_in(l, data, (size_t)piece.length);
  return tome__was_there(map, before, piece, data + piece.length, &l->lost);
}

static int look_at(looking *l, tome_range piece, uint64_t *ret_at) {
  const unsigned char *data, *hit;
  if (!look_in_place(l, piece, &data, &hit)) {
    unsigned char *copy = l->many ? l->many : l->few;
    int r = tome__load(l->map, piece.offset, copy, (size_t)piece.length, &l->lost);
    if (r < 0)
      return r;
    data = copy;
    hit = find_in(l, data, (size_t)piece.length);
  }
  if (hit)
    *ret_at = piece.offset + (uint64_t)(hit - data);
  return hit != NULL;
}

/* An end this side of what was lost is as good as ever. */
static int look_before_loss(looking *l, tome_range piece, uint64_t *ret_at) {
  tome_range lost = l->lost, good = {piece.offset, lost.offset - piece.offset};
  if (l->backward)
    good = (tome_range){tome__range_end(lost), tome__range_end(piece) - tome__range_end(lost)};
  if (good.length == 0 || good.length >= piece.length)
    return TOME_ELOST;
  int r = look_at(l, good, ret_at);
  if (r == 0)
    l->lost = lost;
  return r == 0 ? TOME_ELOST : r;
}

static void take_more(looking *l) {
  if (!l->many)
    l->many = tome__os_new(MANY, 1); /* without it, in small steps */
  if (l->many)
    l->step = l->step < MANY / 8 ? l->step * 8 : MANY;
}

static int look(looking *l, uint64_t *ret_at, tome_range *ret_lost) {
  int r = 0;
  l->step = FEW;
  while (r == 0 && l->from < l->to) {
    tome_range piece = next_piece(l);
    r = look_at(l, piece, ret_at);
    if (r == TOME_ELOST)
      r = look_before_loss(l, piece, ret_at);
    if (l->backward)
      l->to = piece.offset;
    else
      l->from = tome__range_end(piece);
    if (r == 0)
      take_more(l);
  }
  tome__os_free(l->many);
  if (r < 0)
    *ret_lost = l->lost;
  return r;
}

int tome__line_end_first(tome *map, unsigned char end, uint64_t from, uint64_t to, uint64_t *ret_at,
                         tome_range *ret_lost) {
  looking l;
  l.map = map, l.end = end, l.backward = 0, l.from = from, l.to = to, l.many = NULL;
  l.lost = (tome_range){from, to - from};
  return look(&l, ret_at, ret_lost);
}

int tome__line_end_last(tome *map, unsigned char end, uint64_t from, uint64_t to, uint64_t *ret_at,
                        tome_range *ret_lost) {
  looking l;
  l.map = map, l.end = end, l.backward = 1, l.from = from, l.to = to, l.many = NULL;
  l.lost = (tome_range){from, to - from};
  return look(&l, ret_at, ret_lost);
}

/* ---- lines ---- */

int tome__line_make(tome *map, uint32_t ends, uint64_t begin, uint64_t next, int ended,
                    tome_line *ret_line, tome_range *ret_lost) {
  uint64_t length = next - begin - (ended ? 1 : 0);
  if (ended && ends == TOME_LINES_CRLF && length > 0) {
    unsigned char before;
    *ret_lost = (tome_range){begin + length - 1, 1};
    int r = tome__load(map, begin + length - 1, &before, 1, ret_lost);
    if (r < 0)
      return r;
    length -= before == '\r';
  }
  *ret_line = (tome_line){begin, length, next};
  return 0;
}

/* The line that begins at `begin` and does not end before `from`. */
static int line_from(tome *map, const char *operation, uint32_t ends, uint64_t begin, uint64_t from,
                     tome_line *ret_line) {
  tome_range lost;
  uint64_t size = tome__size(map), at = size;
  int r = tome__line_end_first(map, tome__line_end_byte(ends), from, size, &at, &lost);
  if (r >= 0)
    r = tome__line_make(map, ends, begin, r ? at + 1 : size, r, ret_line, &lost);
  return r < 0 ? tome__fail_at(map, operation, r, lost) : 1;
}

/* Where the line begins that holds the byte at `offset`. */
static int begin_of(tome *map, const char *operation, uint32_t ends, uint64_t offset,
                    uint64_t *ret_begin) {
  tome_range lost;
  uint64_t at;
  int r = tome__line_end_last(map, tome__line_end_byte(ends), 0, offset, &at, &lost);
  if (r < 0)
    return tome__fail_at(map, operation, r, lost);
  *ret_begin = r ? at + 1 : 0;
  return 0;
}

int tome_line_at(tome *map, uint64_t offset, uint32_t ends, tome_line *ret_line) {
  uint64_t begin = 0;
  int r = tome__line_ends_check(map, __func__, ends);
  if (r == 0)
    r = tome__check_range(map, __func__, offset, 0);
  if (r < 0 || offset == tome__size(map))
    return r;
  r = begin_of(map, __func__, ends, offset, &begin);
  return r < 0 ? r : line_from(map, __func__, ends, begin, offset, ret_line);
}

int tome_line_next(tome *map, uint32_t ends, tome_line *line) {
  int r = tome__line_ends_check(map, __func__, ends);
  if (r == 0)
    r = tome__check_range(map, __func__, line->next, 0);
  if (r < 0 || line->next == tome__size(map))
    return r;
  return line_from(map, __func__, ends, line->next, line->next, line);
}

/* A byte before the line's beginning is an end, unless the line is the place behind a last line without one. */
int tome_line_previous(tome *map, uint32_t ends, tome_line *line) {
  uint64_t begin = 0, next = line->offset;
  unsigned char last = 0;
  tome_range lost = {next - 1, 1};
  int r = tome__line_ends_check(map, __func__, ends);
  if (r == 0)
    r = tome__check_range(map, __func__, next, 0);
  if (r < 0 || next == 0)
    return r;
  r = tome__load(map, next - 1, &last, 1, &lost);
  if (r < 0)
    return tome__fail_at(map, __func__, r, lost);
  r = begin_of(map, __func__, ends, next - 1, &begin);
  if (r < 0)
    return r;
  r = tome__line_make(map, ends, begin, next, last == tome__line_end_byte(ends), line, &lost);
  return r < 0 ? tome__fail_at(map, __func__, r, lost) : 1;
}
