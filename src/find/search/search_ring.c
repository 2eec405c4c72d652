/* Who searches next, and whose turn it is to be told.
 *
 * Every thread takes the next piece of the text, and puts it, searched, in its place in a ring. The thread that tells the pieces takes
 * part while the one whose turn it is is not ready. A thread keeps its piece, whose room is in its processor's cache then, as
 * long as it finds nothing in it; what is told is given away, and comes back when it was told. Nobody takes a piece without
 * having the memory for it, and there are few: so memory is bounded, and the piece whose turn it is always has some.
 *
 * Of a map, a block of pieces is looked for in memory before the first of them is taken. If it is there its pieces are searched
 * where they are mapped, and let go once they were told, many at a time. If not, its pieces are read, by one thread at a time
 * and so in order, as the disk and the system's read-ahead want it (see scan.c). If reading takes far longer than searching and
 * telling, the thread that tells does all of that alone: what others could do does not pay for waking them.
 *
 * Threads are started when the search has gone some way. Small files do not need them. */
#include "search_ring.h"

#include "in_place.h"
#include "lost_pages.h"
#include "range.h"
#include "search_query.h"

#include <tome/error.h>

#define MEBI ((uint64_t)1 << 20)

/* So much is let go at once. */
#define LET_GO (4 * MEBI)

/* So much is searched, and left to search, before it pays to start threads. */
#define WORTH_THREADS MEBI

/* Room of a piece that is kept for the next. */
#define KEPT_ROOM ((size_t)2 << 20)

/* So many times as long. */
#define FAR_LONGER 4
/* Pieces. */
#define LATELY 32

/* Of a map; in memory or read, what is smaller costs more calls. */
#define MAP_PIECE MEBI

void tome__ring_begin(ring *r, const query *q, unsigned threads) {
  *r = (ring){.q = q, .at = q->from, .step = q->first_piece};
  r->threads = threads;
  r->most = 2 * threads + 2;
  r->looked_to = q->from;
  r->skips_holes = tome__query_skips_holes(q);
  if (q->map)
    tome__scan_begin(&r->scan, q->map, (tome_range){q->from, q->to - q->from}, 0);
  tome__os_mutex_init(&r->lock);
  tome__os_condition_init(&r->changed);
}

static void free_piece(const query *q, piece *p) {
  tome__piece_end(q, p);
  tome__os_free(p);
}

/* The empty text is one piece, and so is the end of any other with what comes before. */
static int all_taken(const ring *r) {
  return r->at >= r->q->to && r->taken > 0;
}

void tome__ring_end(ring *r) {
  tome__os_mutex_lock(&r->lock);
  r->over = 1;
  tome__os_condition_tell(&r->changed);
  tome__os_mutex_unlock(&r->lock);
  tome__crew_join(&r->helpers);
  if (r->q->map)
    tome__guard_heal(r->q->map); /* they may have met losses that nobody is told of any more */
  if (r->passing.length > 0)
    tome__in_place_end(r->q->map, r->passing);
  if (r->q->map)
    tome__scan_end(&r->scan, r->told == r->taken && all_taken(r));
  for (size_t i = 0; i < RING_PLACES; i++)
    if (r->places[i].piece)
      free_piece(r->q, r->places[i].piece);
  if (r->mine)
    free_piece(r->q, r->mine);
  for (piece *p; (p = r->idle);) {
    r->idle = p->next_idle;
    free_piece(r->q, p);
  }
  tome__os_condition_destroy(&r->changed);
  tome__os_mutex_destroy(&r->lock);
}

/* ---- all of these with the lock held ---- */

static place *place_of(ring *r, uint64_t number) {
  return &r->places[number % RING_PLACES];
}

static void wait(ring *r) {
  r->waiting++;
  tome__os_condition_wait(&r->changed, &r->lock);
  r->waiting--;
}

static void changed(ring *r) {
  if (r->waiting)
    tome__os_condition_tell(&r->changed);
}

/* By the thread that tells: nobody else does anything while that one is alone. */
static void changed_by(ring *r, int is_teller) {
  if (!(is_teller && r->alone))
    changed(r);
}

static void give_back(ring *r, piece *p) {
  tome__excerpt_end(r->q, &p->text, KEPT_ROOM);
  p->next_idle = r->idle;
  r->idle = p;
}

static piece *get_piece(ring *r) {
  piece *p = r->idle;
  if (p) {
    r->idle = p->next_idle;
    return p;
  }
  if (r->made < r->most && (p = tome__os_new(1, sizeof *p)))
    r->made++;
  return p;
}

/* Whether the next piece is in memory. */
static int look_for_block(ring *r) {
  const query *q = r->q;
  int passing = 0;
  if (!q->map || r->step < q->largest_piece || q->smallest_piece == UINT64_MAX)
    return 0;
  if (r->at < r->looked_to)
    return r->in_place;
  tome_range block = {r->at, tome__behind(q, r->at, PRESENT_AT_ONCE) - r->at};
  r->looked_to = tome__range_end(block);
  r->in_place = tome__scan_is_there(&r->scan, block, NULL) &&
                tome__in_place(q->map, block, r->scan.census != NULL, &passing);
  if (passing)
    r->passing = tome__range_hull(r->passing, block);
  return r->in_place;
}

/* Where the next piece ends. Small files, and patterns that are found everywhere, have small pieces. */
static uint64_t end_of_piece(const ring *r) {
  const query *q = r->q;
  int is_large = q->map && !q->map->forced_window && r->step >= q->largest_piece;
  uint64_t end = tome__behind(q, r->at, is_large && r->step < MAP_PIECE ? MAP_PIECE : r->step);
  return r->in_place && r->at < r->looked_to && end > r->looked_to ? r->looked_to : end;
}

/* The first pieces are read even if they are in memory: they are small. */
static void will_read(ring *r, tome_range bytes) {
  r->reading = 1;
  if (bytes.length > 0 && !tome__scan_is_there(&r->scan, bytes, NULL))
    tome__scan_reads(&r->scan, bytes);
}

/* The next piece of the text for *mine, which is got if it is not there. 0: not now. */
static int take(ring *r, piece **mine, uint64_t *ret_number) {
  int is_teller = mine == &r->mine;
  const query *q = r->q;
  if (r->over || all_taken(r) || r->taken - r->told == RING_PLACES)
    return 0;
  if (r->at >= r->looked_to && r->passing.length >= LET_GO + PRESENT_AT_ONCE)
    return 0; /* much is mapped that was not told yet */
  if (!*mine && !(*mine = get_piece(r)))
    return 0;
  if (r->skips_holes)
    r->at = tome__query_behind_hole(q, r->at);
  int in_place = look_for_block(r);
  if (!in_place && (r->reading || (r->alone && !is_teller)))
    return 0;
  if (in_place && r->alone) {
    r->alone = 0;
    changed(r);
  }
  uint64_t end = end_of_piece(r);
  tome__piece_begin(q, *mine, r->at, end, in_place);
  if (q->map && !in_place)
    will_read(r, (tome_range){r->at, end - r->at});
  *ret_number = r->taken++;
  *place_of(r, *ret_number) = (place){.end = end};
  r->at = end;
  return 1;
}

/* Pieces grow while few hits are found, and become smaller where there are more than a batch holds. */
static void learn(ring *r, const piece *p) {
  const query *q = r->q;
  if (p->count >= MOST_HITS && r->step / 4 >= q->smallest_piece)
    r->step /= 4;
  else if (p->count < MOST_HITS / 4 && r->step <= q->largest_piece / 2)
    r->step *= 2;
}

static void put(ring *r, uint64_t number, piece **mine) {
  piece *p = *mine;
  place *to = place_of(r, number);
  learn(r, p);
  to->counted = p->counted;
  to->newlines = p->newlines;
  if (p->count > 0 || !p->done || p->code) {
    to->piece = p;
    *mine = NULL;
  }
  to->ready = 1;
  changed_by(r, mine == &r->mine);
}

/* Have a piece read that was taken; how long that took. */
static uint64_t read_piece(ring *r, piece *p) {
  uint64_t before = tome__os_now();
  tome__piece_read(r->q, p);
  uint64_t time = tome__os_now() - before;
  tome__os_mutex_lock(&r->lock);
  r->reading = 0;
  changed_by(r, p == r->mine);
  tome__os_mutex_unlock(&r->lock);
  return time;
}

/* The disk is waited for now and then only, for some MiB at once; so of the last pieces the later ones count most. */
static void weigh(ring *r, uint64_t reading, uint64_t searching) {
  r->reading_time += reading - r->reading_time / LATELY;
  r->other_time += searching - r->other_time / LATELY;
  r->alone = r->reading_time > FAR_LONGER * r->other_time;
}

/* Search what was taken; the lock is given back meanwhile. */
static void search_piece(ring *r, searcher *s, piece *p, int in_turn) {
  int is_read = r->q->map && !p->text.in_place, is_teller = p == r->mine;
  tome__os_mutex_unlock(&r->lock);
  uint64_t reading = is_read ? read_piece(r, p) : 0, before = is_read ? tome__os_now() : 0;
  tome__piece_search(s, p, in_turn);
  uint64_t searching = is_read ? tome__os_now() - before : 0;
  tome__os_mutex_lock(&r->lock);
  if (is_read && is_teller)
    weigh(r, reading, searching);
}

/* ---- without it ---- */

static void help(void *context) {
  ring *r = context;
  searcher s;
  piece *mine = NULL;
  uint64_t number;
  int ready = tome__searcher_begin(&s, r->q) == 0;
  tome__os_mutex_lock(&r->lock);
  while (ready && !r->over && !all_taken(r)) {
    if (!take(r, &mine, &number)) {
      wait(r);
      continue;
    }
    search_piece(r, &s, mine, 0);
    put(r, number, &mine);
  }
  if (mine)
    give_back(r, mine);
  changed(r);
  tome__os_mutex_unlock(&r->lock);
  tome__searcher_end(&s);
}

/* Where all of the text is little, or what is left of it, threads cost more than they save. In a forced window every size is
 * worth it: that is for tests. */
static void start_helpers(ring *r) {
  const query *q = r->q;
  uint64_t worth = q->smallest_piece < q->largest_piece ? WORTH_THREADS : 0;
  if (r->threads < 2 || r->at - q->from < worth || q->to - r->at <= worth)
    return;
  unsigned size = tome__crew_size(r->threads, (q->to - r->at) / q->largest_piece + 1);
  r->threads = 0;
  tome__crew_start(&r->helpers, size - 1, help, r);
}

static void search_mine(ring *r, searcher *s, uint64_t number) {
  int in_turn = number == r->told;
  tome__os_mutex_unlock(&r->lock);
  start_helpers(r);
  tome__os_mutex_lock(&r->lock);
  search_piece(r, s, r->mine, in_turn);
  put(r, number, &r->mine);
}

int tome__ring_next(ring *r, searcher *s, place **ret) {
  uint64_t number;
  place *next;
  int result = 1;
  if (r->shown)
    r->other_time += tome__os_now() - r->shown;
  tome__os_mutex_lock(&r->lock);
  while (next = place_of(r, r->told), r->told == r->taken || !next->ready) {
    if (take(r, &r->mine, &number)) {
      search_mine(r, s, number);
    } else if (r->told == r->taken) {
      result = all_taken(r) ? 0 : TOME_ENOMEM;
      break;
    } else {
      wait(r);
    }
  }
  tome__os_mutex_unlock(&r->lock);
  r->shown = tome__os_now();
  *ret = next;
  return result;
}

/* What is to be let go when all before `end` was told: nothing, until it is much. */
static tome_range told_in_place(const ring *r, uint64_t end) {
  uint64_t from = r->passing.offset;
  if (r->passing.length == 0 || end < from + LET_GO)
    return (tome_range){from, 0};
  return tome__range_overlap(r->passing, (tome_range){from, end - from});
}

/* It counts as mapped until it is not: that is what bounds how much is. */
static void let_go(ring *r, tome_range behind) {
  tome__in_place_end(r->q->map, behind);
  tome__os_mutex_lock(&r->lock);
  r->passing = tome__range_without(r->passing, behind);
  changed(r);
  tome__os_mutex_unlock(&r->lock);
}

void tome__ring_told(ring *r, uint64_t matched_to) {
  tome__os_mutex_lock(&r->lock);
  place *p = place_of(r, r->told++);
  tome_range behind = told_in_place(r, p->end);
  if (p->piece)
    give_back(r, p->piece);
  p->piece = NULL;
  if (matched_to > r->at)
    r->at = matched_to;
  if (r->q->map)
    tome__scan_passed(&r->scan, p->end);
  changed_by(r, 1);
  tome__os_mutex_unlock(&r->lock);
  if (behind.length > 0)
    let_go(r, behind);
}
