/* How a scan goes through memory: what it finds there is looked at where it is mapped; the rest it reads, and lets go of again
 * behind itself if it is so large that it would only push out what others have there.
 *
 * Reading. One who reads forward by plain calls, a MiB at a time and in order, is best served by the system's own read-ahead: it
 * keeps the disk at work and fills memory in large folios, at half the cost of asking for pages, which come one by one. Backward
 * it does nothing; so the disk is asked ahead, by as much as was read already.
 *
 * Where what is read stays in memory anyhow, it is looked at where it is mapped as soon as read-ahead has brought it: copying it
 * would take half as much time again.
 *
 * What was there. Read-ahead makes pages look as if they had been in memory all along. So from the first piece on that is not
 * there, a census is taken far enough ahead of the reading: one bit for each page. Mostly that is one question for tens of MiB.
 *
 * Letting go. A file that fits the memory that is free stays, so that the next search is fast; so does a larger one that takes
 * no more than half of all memory, as with any other program: the system keeps what is used most. A larger one would push out
 * others and then itself, its beginning before its end. It is decided once, when some MiB were read. Then blocks behind the scan
 * are dropped, but for the pages that the census has. Blocks are aligned, so that no large folio lies across a border and stays,
 * and the last bytes before the scan are kept, which the next piece begins with. */
#include "scan.h"

#include "range.h"

#include <tome/map.h>

#define KIBI ((uint64_t)1 << 10)
#define MEBI ((uint64_t)1 << 20)

/* Decided when so much was read. */
#define SMALL (8 * MEBI)
/* Let go at once; a multiple of the largest folio. */
#define BLOCK (4 * MEBI)
#define STAYS_BEHIND (64 * KIBI)

/* Backward: asked for ahead, in steps. */
#define MOST_AHEAD (8 * MEBI)
#define ASKED_AT_ONCE MEBI

/* The census goes at least this many times as far ahead as was read, which is further than read-ahead does. */
#define FURTHER 16
#define FURTHEST (32 * MEBI)

/* Pages of the file [from, to); page n has bit n % CENSUS_PAGES. */
#define CENSUS_PAGES 32768
#define PAGES_ASKED 256
typedef struct census {
  uint64_t from, to;
  uint64_t bits[CENSUS_PAGES / 64];
} census;

void tome__scan_begin(scan *s, tome *map, tome_range all, int backward) {
  uint64_t begin = backward ? tome__range_end(all) : all.offset;
  *s = (scan){.map = map, .all = all, .backward = backward, .kept = begin, .asked = begin};
}

/* ---- the census ---- */

static uint64_t page_size(void) {
  return tome__os_system()->page;
}

static int has(const census *c, uint64_t page) {
  return (int)(c->bits[page % CENSUS_PAGES / 64] >> page % 64 & 1);
}

static void set(census *c, uint64_t page, int there) {
  uint64_t bit = (uint64_t)1 << page % 64, *word = &c->bits[page % CENSUS_PAGES / 64];
  *word = there ? *word | bit : *word & ~bit;
}

static void set_all(census *c, uint64_t from, uint64_t to, int there) {
  for (uint64_t page = from; page < to; page++)
    set(c, page, there);
}

/* One by one. Of a file of which this user is not told nothing is let go. */
static void ask_pages(scan *s, uint64_t from, uint64_t to) {
  unsigned char pages[PAGES_ASKED];
  uint64_t page = page_size();
  int r = tome__os_resident_pages(&s->map->file, from * page, (to - from) * page, pages);
  s->is_blind |= r < 0;
  for (uint64_t i = 0; i < to - from; i++)
    set(s->census, from + i, r == 0 && pages[i]);
}

/* All of them at once: 1, or 0 where some are there and some are not. */
static int ask_at_once(scan *s, uint64_t from, uint64_t to) {
  uint64_t page = page_size(), length = (to - from) * page;
  uint64_t there = tome__os_in_memory(&s->map->file, from * page, length);
  if (there != 0 && there != length)
    return 0;
  set_all(s->census, from, to, there != 0);
  return 1;
}

static void ask(scan *s, uint64_t from, uint64_t to) {
  if (ask_at_once(s, from, to))
    return;
  for (uint64_t next; from < to; from = next) {
    next = to - from > PAGES_ASKED ? from + PAGES_ASKED : to;
    if (!ask_at_once(s, from, next))
      ask_pages(s, from, next);
  }
}

/* Ask about the pages up to `to`, or down to it; those furthest on the other side are forgotten. */
static void extend(scan *s, uint64_t to) {
  census *c = s->census;
  if (s->backward) {
    ask(s, to, c->from);
    c->from = to;
    c->to = c->to < to + CENSUS_PAGES ? c->to : to + CENSUS_PAGES;
  } else {
    ask(s, c->to, to);
    c->to = to;
    c->from = c->from + CENSUS_PAGES > to ? c->from : to - CENSUS_PAGES;
  }
}

/* More was in memory than it has. */
static int is_beyond(const scan *s, tome_range piece) {
  uint64_t page = page_size(), from = s->map->origin + piece.offset;
  return s->backward ? (from + piece.length) / page < s->census->from : from / page > s->census->to;
}

/* A census that begins where the piece does. */
static int begin_census(scan *s, tome_range piece) {
  uint64_t page = page_size(), from = s->map->origin + piece.offset;
  if (!s->census && !(s->census = tome__os_new(1, sizeof *s->census)))
    return 0;
  s->kept = s->backward ? tome__range_end(piece) : piece.offset;
  uint64_t at = s->backward ? (from + piece.length + page - 1) / page : from / page;
  s->census->from = s->census->to = at;
  return 1;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* As far ahead of a piece that is about to be read as it needs to go; if more is needed, twice as far. */
static void take_census(scan *s, tome_range piece) {
  uint64_t page = page_size(), origin = s->map->origin;
  uint64_t ahead = smaller(FURTHER * (s->read + piece.length), FURTHEST);
  uint64_t begin = piece.offset, end = tome__range_end(piece);
  uint64_t first = origin + s->all.offset, last = origin + tome__range_end(s->all);
  if ((!s->census || is_beyond(s, piece)) && !begin_census(s, piece))
    return;
  if (s->backward) {
    uint64_t left = origin + begin - first;
    if (s->census->from > (first + left - smaller(left, ahead)) / page)
      extend(s, (first + left - smaller(left, 2 * ahead)) / page);
  } else {
    uint64_t left = last - (origin + end);
    if (s->census->to < (last - left + smaller(left, ahead) + page - 1) / page)
      extend(s, (last - left + smaller(left, 2 * ahead) + page - 1) / page);
  }
}

/* ---- what is there ---- */

/* How many pages from `from` on, before `to`, are alike; whether they were there, in *ret. */
static uint64_t alike(const census *c, uint64_t from, uint64_t to, int *ret) {
  uint64_t page = from;
  *ret = has(c, from);
  while (page < to && has(c, page) == *ret)
    page++;
  return page - from;
}

/* If not, what is mapped without being in memory would be read page by page. */
static int may_read_ahead(const tome *map) {
  return atomic_load_explicit(&map->advice, memory_order_relaxed) != TOME_ADVICE_RANDOM;
}

/* To those who are not told, the system says that everything is. */
static int is_in_memory(const tome *map, tome_range range, unsigned char *address) {
  uint64_t there = tome__os_in_memory(&map->file, map->origin + range.offset, range.length);
  if (there != UINT64_MAX)
    return there == tome__whole_pages(map, range);
  return may_read_ahead(map) && tome__os_is_resident(address, (size_t)range.length);
}

/* Where what is read stays, it may as well be looked at where it is mapped as soon as read-ahead has brought it. */
static int may_look_at_read_ahead(const scan *s) {
  return s->decided && !s->lets_go && !s->backward && may_read_ahead(s->map);
}

int tome__scan_is_there(scan *s, tome_range piece, unsigned char *address) {
  const tome *map = s->map;
  const census *c = s->census;
  uint64_t page = page_size(), from = (map->origin + piece.offset) / page;
  uint64_t to = (map->origin + tome__range_end(piece) + page - 1) / page;
  int there;
  if (!address && (map->forced_window || piece.length > SIZE_MAX ||
                   !tome__inside(tome__reach(map), piece.offset, piece.length)))
    return 0;
  if (c && from >= c->from && to <= c->to && alike(c, from, to, &there) == to - from && there)
    return 1;
  if (c && from >= c->from && to <= c->to && !may_look_at_read_ahead(s))
    return 0;
  return is_in_memory(map, piece, address ? address : map->base + piece.offset);
}

/* ---- letting go ---- */

int tome__scan_is_too_large(uint64_t cold, const os_memory *memory) {
  return cold > memory->free && cold > memory->all / 2;
}

/* What the rest of the range will bring in, and what was read so far. */
static void decide(scan *s) {
  tome *map = s->map;
  os_memory memory;
  uint64_t length = tome__whole_pages(map, s->all);
  uint64_t there = tome__os_in_memory(&map->file, map->origin + s->all.offset, s->all.length);
  uint64_t cold = there > length ? length : length - there + s->read;
  s->decided = 1;
  if (map->kind == TOME_KIND_MEMORY || s->is_blind)
    return;
  tome__os_memory(&memory);
  s->lets_go = tome__scan_is_too_large(smaller(cold, length), &memory);
}

/* Bytes of the file, but not what was there before, nor what the census does not know. */
static void let_go(const scan *s, uint64_t from, uint64_t to) {
  uint64_t page = page_size(), first = from / page, end = (to + page - 1) / page, n;
  const census *c = s->census;
  int there;
  first = first > c->from ? first : c->from;
  end = smaller(end, c->to);
  for (uint64_t at = first; at < end; at += n) {
    n = alike(c, at, end, &there);
    if (!there)
      tome__os_evict(&s->map->file, at * page, n * page);
  }
}

/* Up to an offset of the map, or backward down to it. */
static void let_go_up_to(scan *s, uint64_t at) {
  uint64_t origin = s->map->origin;
  if (s->is_blind || (s->backward ? at >= s->kept : at <= s->kept))
    return;
  if (s->backward)
    let_go(s, origin + at, origin + s->kept);
  else
    let_go(s, origin + s->kept, origin + at);
  s->kept = at;
}

void tome__scan_passed(scan *s, uint64_t at) {
  uint64_t origin = s->map->origin, place = origin + at;
  if (!s->lets_go)
    return;
  if (s->backward) {
    uint64_t border = (place + STAYS_BEHIND + BLOCK - 1) / BLOCK * BLOCK;
    if (border > origin)
      let_go_up_to(s, border - origin);
  } else if (place > STAYS_BEHIND) {
    uint64_t border = (place - STAYS_BEHIND) / BLOCK * BLOCK;
    if (border > origin)
      let_go_up_to(s, border - origin);
  }
}

void tome__scan_end(scan *s, int is_done) {
  if (s->lets_go && is_done)
    let_go_up_to(s, s->backward ? s->all.offset : tome__range_end(s->all));
  tome__os_free(s->census);
  s->census = NULL;
}

/* ---- reading ---- */

/* Of what is left, what is asked for now that all from `at` on is being read. */
static tome_range next_to_ask(scan *s, uint64_t at) {
  uint64_t left = at - s->all.offset;
  uint64_t target = at - smaller(left, smaller(tome__range_end(s->all) - at, MOST_AHEAD));
  uint64_t to = smaller(s->asked, at);
  uint64_t length = target < to ? to - target : 0;
  if (length == 0 || (length < ASKED_AT_ONCE && target > s->all.offset))
    return (tome_range){target, 0};
  s->asked = target;
  return (tome_range){target, length};
}

/* What is in memory is not asked for. */
static void ask_disk(scan *s, tome_range range) {
  tome *map = s->map;
  uint64_t page = page_size(), n;
  uint64_t at = (map->origin + range.offset) / page;
  uint64_t end = (map->origin + tome__range_end(range) + page - 1) / page;
  int there;
  for (; at < end; at += n) {
    n = alike(s->census, at, end, &there);
    if (there)
      continue;
    tome__os_read_ahead(&map->file, at * page, n * page);
    tome__count_asked(&map->counters, n * page);
  }
}

void tome__scan_reads(scan *s, tome_range piece) {
  if (s->map->forced_window || piece.length > FURTHEST)
    return;
  take_census(s, piece);
  if (s->backward && s->census)
    ask_disk(s, next_to_ask(s, piece.offset));
  s->read += piece.length;
  if (!s->decided && s->census && s->read >= SMALL)
    decide(s);
}
