/* Searching for a byte string, forward and backward.
 *
 * The range is walked in pieces that overlap by one byte less than the needle. Each piece is made present before it is
 * searched, and the next one asked for, so that the disk works while the processor does; what is behind is let go. Pieces
 * begin small: a needle found near the start costs no more than its surroundings. Holes of the file are passed over, unless the
 * needle is nothing but zeros. */
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"
#include "reverse_search.h"

#include <string.h>
#include <tome/error.h>
#include <tome/find.h>

#define FIRST_PIECE ((uint64_t)64 << 10)
#define LARGEST_PIECE ((uint64_t)4 << 20)
#define MOST_AHEAD (2 * LARGEST_PIECE)

/* A search under way. Offsets are the map's. */
typedef struct search {
  tome *map;
  const unsigned char *needle;
  size_t length;
  int backward;
  int in_holes;      /* a match may lie in a hole */
  uint64_t from, to; /* what is left to look at */
  uint64_t step;     /* match positions to try in the next piece */
  uint64_t found;
  tome_range lost;
} search;

/* Where the next piece lies: all matches that begin (forward) in the next `step` bytes, or end (backward). */
static tome_range next_piece(const search *s) {
  uint64_t rest = s->to - s->from;
  uint64_t length = s->step < rest - (s->length - 1) ? s->step + (s->length - 1) : rest;
  return (tome_range){s->backward ? s->to - length : s->from, length};
}

static void advance(search *s, tome_range piece) {
  uint64_t tried = piece.length - (s->length - 1);
  if (s->backward)
    s->to -= tried;
  else
    s->from += tried;
  if (s->step < LARGEST_PIECE && !s->map->forced_window)
    s->step *= 4;
}

static const unsigned char *look(const search *s, const unsigned char *data, size_t length) {
  if (s->backward)
    return tome__reverse_search(data, length, s->needle, s->length);
  if (s->length == 1)
    return memchr(data, s->needle[0], length);
  return memmem(data, length, s->needle, s->length);
}

/* Looked at before, and so no hole and in memory as far as we know. */
static int is_known(const tome *map, tome_range piece) {
  return tome__inside(map->reach, piece.offset, piece.length) &&
         tome__pageset_has(&map->known, piece.offset + map->lead, piece.length);
}

/* How far to ask ahead of a piece; `behind` is what is mapped behind it. */
static size_t ahead_of(const search *s, tome_range piece, size_t behind, int pinned) {
  uint64_t rest = s->backward ? piece.offset - s->from : s->to - tome__range_end(piece);
  uint64_t most = s->step < LARGEST_PIECE ? s->step : MOST_AHEAD;
  if (s->backward && pinned)
    return 0;
  if (!s->backward && most > behind)
    most = behind;
  return (size_t)(rest < most ? rest : most);
}

/* The piece's pages, and a word to the disk about the next ones. */
static void fetch(const search *s, unsigned char *data, tome_range piece, size_t available,
                  int pinned) {
  tome *map = s->map;
  size_t length = (size_t)piece.length;
  int based = tome__inside(map->reach, piece.offset, piece.length);
  if (is_known(map, piece))
    return;
  tome__os_will_need(data, length);
  size_t ahead = ahead_of(s, piece, available - length, pinned);
  if (ahead > 0)
    tome__os_will_need(s->backward ? data - ahead : data + length, ahead);
  int r = tome__os_populate(data, length, 0);
  /* Searches that begin here again, for the next match, find it done. */
  if (r == 0 && based && s->step < LARGEST_PIECE)
    tome__pageset_add(&map->known, piece.offset + map->lead, piece.length);
}

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

static int search_piece(search *s, tome_range piece) {
  unsigned char *data;
  size_t available;
  window *pinned;
  int r = tome__window_pin(s->map, piece.offset, (size_t)piece.length, &data, &available, &pinned);
  if (r < 0) {
    s->lost = piece;
    return r;
  }
  uint64_t before = tome__guard_before(s->map);
  fetch(s, data, piece, available, pinned != NULL);
  const unsigned char *hit = look(s, data, (size_t)piece.length);
  s->found = hit ? piece.offset + (uint64_t)(hit - data) : 0;
  r = settle(s, before, data, piece, hit != NULL);
  if (s->step >= LARGEST_PIECE && !(s->map->access & OS_PRIVATE))
    tome__os_let_go(data, (size_t)piece.length);
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
    if (s->needle[i])
      return 0;
  return 1;
}

static uint64_t next_data(tome *map, uint64_t offset) {
  tome__os_mutex_lock(&map->lock);
  uint64_t data = tome__os_next_data(&map->file, map->origin + offset);
  tome__os_mutex_unlock(&map->lock);
  return data;
}

/* No data from `offset` on may mean a hole up to the end, or that the file was cut. It is a hole if the file was long enough and
 * stayed as it was while it was asked. */
static int is_hole_to_the_end(const search *s, uint64_t offset) {
  os_stat before, after;
  return tome__os_stat(&s->map->file, &before) == 0 && before.size >= s->map->origin + s->to &&
         next_data(s->map, offset) == UINT64_MAX && tome__os_stat(&s->map->file, &after) == 0 &&
         after.size == before.size && after.changed == before.changed;
}

/* Whether the piece is all hole. Forward, all of the hole is passed over at once but for what a match may begin in. */
static int pass_hole(search *s, tome_range piece) {
  tome *map = s->map;
  if (s->in_holes || is_known(map, piece))
    return 0;
  uint64_t data = next_data(map, piece.offset);
  if (data < map->origin + tome__range_end(piece) ||
      (data == UINT64_MAX && !is_hole_to_the_end(s, piece.offset)))
    return 0;
  advance(s, piece);
  uint64_t begin = data - map->origin - (s->length - 1);
  if (!s->backward && begin > s->from)
    s->from = begin < s->to ? begin : s->to;
  return 1;
}

static int run(search *s) {
  s->in_holes = may_match_in_holes(s);
  while (s->to - s->from >= s->length) {
    tome_range piece = next_piece(s);
    if (pass_hole(s, piece))
      continue;
    int r = search_piece(s, piece);
    if (r != 0)
      return r;
    advance(s, piece);
  }
  return 0;
}

static int find(tome *map, const char *operation, search s, uint64_t *ret_offset) {
  uint64_t length = s.to == TOME_END ? TOME_END : s.to - s.from;
  if (s.from > s.to)
    return tome__map_fail(map, operation, TOME_ERANGE, 0, s.from, 0);
  int r = tome__resolve(map, operation, s.from, &length);
  if (r < 0)
    return r;
  s.to = s.from + length;
  s.step = map->forced_window ? map->forced_window : FIRST_PIECE;
  if (s.step < s.length)
    s.step = s.length;
  s.lost = (tome_range){s.from, s.to - s.from};
  s.found = s.backward ? s.to : s.from;
  r = s.length == 0 ? 1 : run(&s);
  if (r == 1 && ret_offset)
    *ret_offset = s.found;
  if (r >= 0)
    return r;
  int system = r == TOME_ELOST ? 0 : tome__os_last_error();
  return tome__map_fail(map, operation, r, system, s.lost.offset, s.lost.length);
}

int tome_find(tome *map, const void *needle, size_t needle_length, uint64_t from, uint64_t to,
              uint64_t *ret_offset) {
  search s = {.map = map, .needle = needle, .length = needle_length, .from = from, .to = to};
  return find(map, __func__, s, ret_offset);
}

int tome_rfind(tome *map, const void *needle, size_t needle_length, uint64_t from, uint64_t to,
               uint64_t *ret_offset) {
  search s = {
      .map = map, .needle = needle, .length = needle_length, .backward = 1, .from = from, .to = to};
  return find(map, __func__, s, ret_offset);
}

int tome_count(tome *map, const void *needle, size_t needle_length, uint64_t from, uint64_t to,
               uint64_t *ret_count) {
  uint64_t count = 0, at;
  int r;
  while ((r = tome_find(map, needle, needle_length, from, to, &at)) == 1) {
    count++;
    from = at + (needle_length ? needle_length : 1);
    if (needle_length == 0 && at == (to == TOME_END ? tome__size(map) : to))
      break;
  }
  if (r >= 0)
    *ret_count = count;
  return r < 0 ? r : count > 0;
}
