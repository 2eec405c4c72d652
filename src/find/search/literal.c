/* Searching for a byte string, forward and backward, and counting.
 *
 * The range is walked in pieces that overlap by one byte less than the needle. A piece that is in memory is made present and
 * searched where it is mapped; what was not looked at before is let go behind, so that one search leaves nothing mapped, and
 * what was stays, so that searching the same bytes again and again runs as fast as memory. A piece that is not in memory is read
 * into a little room of our own (see scan.c): no page tables are built for what is on its way through a small memory. Pieces begin small: a needle found near the start costs no more than its surroundings. Holes of the file are passed
 * over, unless the needle is nothing but zeros. */
#include "finder.h"
#include "holes.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"
#include "scan.h"

#include <tome/error.h>
#include <tome/find.h>

#define FIRST_PIECE ((uint64_t)64 << 10)
#define LARGEST_PIECE ((uint64_t)4 << 20)

/* Of a piece that is read into room of our own; more only if the needle is so long. */
#define READ_PIECE ((uint64_t)1 << 20)
#define MOST_ROOM ((uint64_t)16 << 20)

/* A search under way. Offsets are the map's. */
typedef struct search {
  tome *map;
  finder finder;
  size_t length; /* of the needle */
  int backward;
  int counting;
  int in_holes;      /* a match may lie in a hole */
  uint64_t from, to; /* what is left to look at */
  uint64_t step;     /* match positions to try in the next piece */
  uint64_t found;
  uint64_t count;
  uint64_t behind_match; /* counting: where the next match may begin */
  tome_range lost;
  scan scan;
  unsigned char *room; /* for what is read; of READ_PIECE and what a match needs more */
  size_t room_size;
} search;

/* Where the next piece lies: all matches that begin (forward) in the next `step` bytes, or end (backward). */
static tome_range next_piece(const search *s, uint64_t step) {
  uint64_t rest = s->to - s->from;
  uint64_t length = step < rest - (s->length - 1) ? step + (s->length - 1) : rest;
  return (tome_range){s->backward ? s->to - length : s->from, length};
}

static void advance(search *s, tome_range piece) {
  uint64_t tried = piece.length - (s->length - 1);
  if (s->backward)
    s->to -= tried;
  else
    s->from += tried;
  if (s->counting && s->behind_match > s->from)
    s->from = s->behind_match < s->to ? s->behind_match : s->to;
  if (s->step < LARGEST_PIECE && !s->map->forced_window)
    s->step *= 4;
  tome__scan_passed(&s->scan, s->backward ? s->to : s->from);
}

/* All in the piece, which is as if nothing was found. */
static void count(search *s, const unsigned char *data, tome_range piece) {
  const unsigned char *end = data + piece.length, *at = data;
  if (s->length == 1) {
    s->count += tome__count_byte(data, (size_t)piece.length, s->finder.needle[0]);
    return;
  }
  while ((at = tome__finder_first(&s->finder, at, (size_t)(end - at)))) {
    s->count++;
    at += s->length;
    s->behind_match = piece.offset + (uint64_t)(at - data);
  }
}

/* 1 and s->found, if there is a match. */
static int look(search *s, const unsigned char *data, tome_range piece) {
  if (s->counting) {
    count(s, data, piece);
    return 0;
  }
  const unsigned char *hit = s->backward
                                 ? tome__finder_last(&s->finder, data, (size_t)piece.length)
                                 : tome__finder_first(&s->finder, data, (size_t)piece.length);
  if (hit)
    s->found = piece.offset + (uint64_t)(hit - data);
  return hit != NULL;
}

/* Looked at before, and so no hole and in memory as far as we know. */
static int is_known(const tome *map, tome_range piece) {
  return tome__inside(tome__reach(map), piece.offset, piece.length) &&
         tome__pageset_has(&map->known, piece.offset + map->lead, piece.length);
}

/* ---- a piece where it is mapped ---- */

/* Losses that a match does not lie behind do not matter to it. */
static int is_before(const search *s, tome_range lost) {
  return s->backward ? s->found >= tome__range_end(lost) : s->found + s->length <= lost.offset;
}

/* Whether what was seen in the range was really there. */
static int settle(search *s, uint64_t before, const unsigned char *data, tome_range piece,
                  int hit) {
  tome *map = s->map;
  tome_range seen = piece;
  if (hit && !s->backward)
    seen = (tome_range){s->found, s->length};
  else if (hit) /* a cut behind the match may hide another one */
    seen = (tome_range){s->found, tome__range_end(piece) - s->found};
  const unsigned char *end = data + (seen.offset - piece.offset) + seen.length;
  int suspect = tome__tail_is_suspect(map, end);
  if (!tome__guard_intact(map, before) &&
      tome__guard_settle(map, before, piece.offset, piece.length, &s->lost) &&
      !(hit && is_before(s, s->lost)))
    return TOME_ELOST;
  if (suspect && tome__guard_is_cut(map, seen.offset, seen.length, &s->lost))
    return TOME_ELOST;
  return hit;
}

/* 0 if some of it cannot be had. The next search finds the pages known, and keeps them mapped; not those of a file that is just
 * being read from the disk. */
static int make_present(const search *s, unsigned char *data, tome_range piece) {
  tome *map = s->map;
  int r = tome__os_populate(data, (size_t)piece.length, 0);
  if (r == 0 && !s->scan.census && tome__inside(tome__reach(map), piece.offset, piece.length))
    tome__pageset_add(&map->known, piece.offset + map->lead, piece.length);
  return r != TOME_ELOST;
}

static int search_in_place(search *s, unsigned char *data, tome_range piece, int is_passing) {
  uint64_t before = tome__guard_before(s->map);
  uint64_t counted = s->count, behind_match = s->behind_match;
  int r = settle(s, before, data, piece, look(s, data, piece));
  if (is_passing)
    tome__os_let_go(data, (size_t)piece.length);
  if (r == TOME_ELOST) { /* what was seen does not count */
    s->count = counted;
    s->behind_match = behind_match;
  }
  return r;
}

/* ---- a piece that is read ---- */

static int make_room(search *s, uint64_t length) {
  if (length <= s->room_size)
    return 0;
  tome__os_free(s->room);
  s->room = tome__os_new(1, (size_t)length);
  s->room_size = s->room ? (size_t)length : 0;
  return s->room ? 0 : TOME_ENOMEM;
}

/* Where bytes are lost, what lies before them is searched all the same, or backward what lies behind. */
static int search_by_call(search *s, tome_range piece) {
  tome_range lost = piece;
  if (make_room(s, piece.length) < 0)
    return TOME_ENOMEM;
  tome__scan_reads(&s->scan, piece);
  int failed = 0, r;
  while ((r = tome__pass(s->map, piece.offset, s->room, (size_t)piece.length, &lost)) < 0) {
    s->lost = lost;
    if (r != TOME_ELOST)
      return r;
    failed = r;
    if (!s->backward) {
      piece.length = lost.offset - piece.offset;
      break;
    }
    piece = (tome_range){tome__range_end(lost), tome__range_end(piece) - tome__range_end(lost)};
    if (piece.length == 0)
      break;
  }
  int hit = piece.length >= s->length && look(s, s->room, piece);
  return hit ? hit : failed;
}

/* ---- either ---- */

/* A piece through windows, and one too long for room of our own, is looked at where it is mapped in any case. */
static int must_be_in_place(const search *s, tome_range piece) {
  return s->map->forced_window || piece.length > MOST_ROOM;
}

/* Whether the piece is to be looked at in place, and then let go. A short one that is known need not be asked for: searches that
 * begin where the last one ended are many. */
static int is_in_place(search *s, unsigned char *data, tome_range piece, int *ret_passing) {
  int must = must_be_in_place(s, piece), known = is_known(s->map, piece);
  *ret_passing = !known && s->step >= LARGEST_PIECE && !(s->map->access & OS_PRIVATE);
  if (!must && !(s->step == FIRST_PIECE && known) && !tome__scan_is_there(&s->scan, piece, data))
    return 0;
  return known || make_present(s, data, piece) || must;
}

/* A piece of so many steps at most; which it was is in *ret_piece. */
static int search_piece(search *s, tome_range *piece) {
  unsigned char *data;
  size_t available;
  window *pinned;
  int passing, has_room = piece->length <= MOST_ROOM;
  int r =
      tome__window_pin(s->map, piece->offset, (size_t)piece->length, &data, &available, &pinned);
  int mapped = r == 0;
  if (r < 0 && ((r != TOME_ENOMEM && r != TOME_ELOST) || !has_room)) {
    s->lost = *piece;
    return r;
  }
  int in_place = mapped && is_in_place(s, data, *piece, &passing);
  if (in_place)
    r = search_in_place(s, data, *piece, passing);
  if (!in_place || (r == TOME_ELOST && has_room && tome__reads_exactly(s->map))) {
    if (s->step > READ_PIECE)
      *piece = next_piece(s, READ_PIECE > s->length ? READ_PIECE : s->length);
    r = search_by_call(s, *piece);
  }
  if (mapped)
    tome__window_unpin(s->map, pinned);
  if (r == TOME_ELOST)
    tome__guard_heal(s->map);
  return r;
}

/* Not where holes are zeros to us too, and the needle is anything else. */
static int may_match_in_holes(const search *s) {
  if (!s->map->exact_holes || (s->map->access & OS_PRIVATE))
    return 1;
  for (size_t i = 0; i < s->length; i++)
    if (s->finder.needle[i])
      return 0;
  return 1;
}

/* Whether the piece is all hole. Forward, all of the hole is passed over at once but for what a match may begin in. */
static int pass_hole(search *s, tome_range piece) {
  tome *map = s->map;
  if (s->in_holes || is_known(map, piece))
    return 0;
  uint64_t end = tome__hole_end(map, piece.offset, s->backward ? tome__range_end(piece) : s->to);
  if (end < tome__range_end(piece))
    return 0;
  advance(s, piece);
  uint64_t begin = end - (s->length - 1);
  if (!s->backward && begin > s->from)
    s->from = begin;
  return 1;
}

static int run(search *s) {
  s->in_holes = may_match_in_holes(s);
  while (s->to - s->from >= s->length) {
    tome_range piece = next_piece(s, s->step);
    if (pass_hole(s, piece))
      continue;
    int r = search_piece(s, &piece);
    if (r != 0)
      return r;
    advance(s, piece);
  }
  return 0;
}

static int fail(const search *s, const char *operation, int code) {
  int system = code == TOME_ELOST ? 0 : tome__os_last_error();
  return tome__map_fail(s->map, operation, code, system, s->lost.offset, s->lost.length);
}

/* Check the range, and search it for what is not empty: as run(). */
static int search_range(search *s, const char *operation, const void *needle) {
  tome *map = s->map;
  uint64_t length = s->to == TOME_END ? TOME_END : s->to - s->from;
  if (s->from > s->to)
    return tome__map_fail(map, operation, TOME_ERANGE, 0, s->from, 0);
  int r = tome__resolve(map, operation, s->from, &length);
  if (r < 0)
    return r;
  s->to = s->from + length;
  s->found = s->backward ? s->to : s->from;
  s->lost = (tome_range){s->from, s->to - s->from};
  if (s->length == 0 || s->length > length)
    return s->length == 0;
  tome__finder_begin(&s->finder, needle, s->length, 0);
  s->step = map->forced_window ? map->forced_window : FIRST_PIECE;
  s->step = s->step < s->length ? s->length : s->step;
  tome__scan_begin(&s->scan, map, (tome_range){s->from, length}, s->backward);
  r = run(s);
  if (r < 0)
    r = fail(s, operation, r);
  tome__scan_end(&s->scan, r == 0);
  tome__os_free(s->room);
  return r;
}

static int find(search s, const char *operation, const void *needle, uint64_t *ret_offset) {
  int r = search_range(&s, operation, needle);
  if (r == 1 && ret_offset)
    *ret_offset = s.found;
  return r;
}

int tome_find(tome *map, const void *needle, size_t needle_length, uint64_t from, uint64_t to,
              uint64_t *ret_offset) {
  search s = {.map = map, .length = needle_length, .from = from, .to = to};
  return find(s, __func__, needle, ret_offset);
}

int tome_rfind(tome *map, const void *needle, size_t needle_length, uint64_t from, uint64_t to,
               uint64_t *ret_offset) {
  search s = {.map = map, .length = needle_length, .backward = 1, .from = from, .to = to};
  return find(s, __func__, needle, ret_offset);
}

int tome_count(tome *map, const void *needle, size_t needle_length, uint64_t from, uint64_t to,
               uint64_t *ret_count) {
  search s = {.map = map, .length = needle_length, .counting = 1, .from = from, .to = to};
  int r = search_range(&s, __func__, needle);
  if (r < 0)
    return r;
  *ret_count = needle_length == 0 ? s.to - s.from + 1 : s.count;
  return *ret_count > 0;
}
