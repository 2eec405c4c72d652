/* Who searches next, and whose turn it is to be told.
 *
 * Every thread takes the next piece of the text, and puts it, searched, in its place in a ring. The thread that tells the pieces takes
 * part while the one whose turn it is is not ready. A thread keeps its piece, whose room is in its processor's cache then, as
 * long as it finds nothing in it; what is told is given away, and comes back when it was told. Nobody takes a piece without
 * having the memory for it, and there are few: so memory is bounded, and the piece whose turn it is always has some.
 *
 * Threads are started when the search has gone some way. Small files do not need them. */
#include "search_ring.h"

#include "map_state.h"

#include <tome/error.h>

#define MEBI ((uint64_t)1 << 20)

/* So much is searched, and left to search, before it pays to start threads. */
#define WORTH_THREADS MEBI

/* How far ahead of the search the disk works, and how much it is asked for at a time. */
#define MOST_AHEAD (8 * MEBI)
#define ASKED_AT_ONCE MEBI

/* Room of a piece that is kept for the next. */
#define KEPT_ROOM ((size_t)1 << 20)

void tome__ring_begin(ring *r, const query *q, unsigned threads) {
  *r = (ring){.q = q,
              .at = q->from,
              .ahead = q->from,
              .step = q->first_piece,
              .most = 2 * threads + 2,
              .threads = threads};
  tome__os_mutex_init(&r->lock);
  tome__os_condition_init(&r->changed);
}

static void free_piece(const query *q, piece *p) {
  tome__piece_end(q, p);
  tome__os_free(p);
}

void tome__ring_end(ring *r) {
  tome__os_mutex_lock(&r->lock);
  r->over = 1;
  tome__os_condition_tell(&r->changed);
  tome__os_mutex_unlock(&r->lock);
  tome__crew_join(&r->helpers);
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

/* The empty text is one piece, and so is the end of any other with what comes before. */
static int all_taken(const ring *r) {
  return r->at >= r->q->to && r->taken > 0;
}

/* What the disk is to be asked for now, and not again. At the start not more than was read: a search may end soon. */
static tome_range reserve_ahead(ring *r) {
  uint64_t read = r->at - r->q->from;
  uint64_t target = tome__behind(r->q, r->at, read < MOST_AHEAD ? read : MOST_AHEAD);
  uint64_t from = r->ahead > r->at ? r->ahead : r->at;
  if (target < from + ASKED_AT_ONCE && !(target == r->q->to && from < target))
    return (tome_range){from, 0};
  r->ahead = target;
  return (tome_range){from, target - from};
}

/* The next piece of the text for *mine, which is got if it is not there. 0: not now. */
static int take(ring *r, piece **mine, uint64_t *ret_number, tome_range *ret_ahead) {
  if (r->over || all_taken(r) || r->taken - r->told == RING_PLACES)
    return 0;
  if (!*mine && !(*mine = get_piece(r)))
    return 0;
  uint64_t end = tome__behind(r->q, r->at, r->step);
  tome__piece_begin(r->q, *mine, r->at, end);
  *ret_number = r->taken++;
  *place_of(r, *ret_number) = (place){.end = end};
  r->at = end;
  *ret_ahead = reserve_ahead(r);
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
  changed(r);
}

/* ---- without it ---- */

/* Where the kernel holds the pages already there is nothing to ask for; one page of a stretch speaks for all of it. */
static void ask_ahead(const query *q, tome_range range) {
  tome *map = q->map;
  if (!map || map->forced_window)
    return;
  for (uint64_t n; range.length > 0; range.offset += n, range.length -= n) {
    n = range.length < ASKED_AT_ONCE ? range.length : ASKED_AT_ONCE;
    if (!tome__inside(map->reach, range.offset, n) ||
        !tome__os_is_resident(map->base + range.offset, 1))
      tome__os_read_ahead(&map->file, map->origin + range.offset, n);
  }
}

static void help(void *context) {
  ring *r = context;
  searcher s;
  piece *mine = NULL;
  uint64_t number;
  tome_range ahead;
  int ready = tome__searcher_begin(&s, r->q) == 0;
  tome__os_mutex_lock(&r->lock);
  while (ready && !r->over && !all_taken(r)) {
    if (!take(r, &mine, &number, &ahead)) {
      wait(r);
      continue;
    }
    tome__os_mutex_unlock(&r->lock);
    ask_ahead(r->q, ahead);
    tome__piece_search(&s, mine, 0);
    tome__os_mutex_lock(&r->lock);
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

static void search_mine(ring *r, searcher *s, uint64_t number, tome_range ahead) {
  int in_turn = number == r->told;
  tome__os_mutex_unlock(&r->lock);
  start_helpers(r);
  ask_ahead(r->q, ahead);
  tome__piece_search(s, r->mine, in_turn);
  tome__os_mutex_lock(&r->lock);
  put(r, number, &r->mine);
}

int tome__ring_next(ring *r, searcher *s, place **ret) {
  uint64_t number;
  tome_range ahead;
  place *next;
  int result = 1;
  tome__os_mutex_lock(&r->lock);
  while (next = place_of(r, r->told), r->told == r->taken || !next->ready) {
    if (take(r, &r->mine, &number, &ahead)) {
      search_mine(r, s, number, ahead);
    } else if (r->told == r->taken) {
      result = all_taken(r) ? 0 : TOME_ENOMEM;
      break;
    } else {
      wait(r);
    }
  }
  tome__os_mutex_unlock(&r->lock);
  *ret = next;
  return result;
}

void tome__ring_told(ring *r, uint64_t matched_to) {
  tome__os_mutex_lock(&r->lock);
  place *p = place_of(r, r->told++);
  if (p->piece)
    give_back(r, p->piece);
  p->piece = NULL;
  if (matched_to > r->at)
    r->at = matched_to;
  changed(r);
  tome__os_mutex_unlock(&r->lock);
}
