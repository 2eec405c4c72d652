/* tome_search(): what was found in the pieces of a range is told. */
#include "failure.h"
#include "map_state.h"
#include "search_query.h"
#include "search_ring.h"

#include <tome/error.h>

#define STOP 1 /* told enough */

/* What was told so far. */
typedef struct telling {
  const query *q;
  const tome_search_options *options;
  const char *operation;
  uint64_t count;
  uint64_t newlines;   /* before the piece */
  uint64_t matched_to; /* where the last match ends; TOME_END: there was none */
  uint64_t progress;   /* told */
} telling;

/* There is no memory. */
static int fail(const telling *t, int code) {
  const query *q = t->q;
  return tome__fail(
      q->map ? q->map->path : NULL,
      (failure){.operation = t->operation, .code = code, .system = tome__os_last_error()});
}

/* What is told of a piece at once: its hits, or how many there are. */
static int tell(telling *t, tome_hit *hits, size_t count, uint64_t counted) {
  const tome_search_options *options = t->options;
  uint64_t left = t->q->most - t->count;
  count = count < left ? count : (size_t)left;
  t->count += count + (counted < left ? counted : left);
  for (size_t i = 0; i < count && (t->q->flags & TOME_SEARCH_NUMBERS); i++)
    hits[i].number += t->newlines + 1;
  if (count > 0)
    t->matched_to = hits[count - 1].offset + hits[count - 1].length;
  if (count > 0 && options->found && options->found(options->context, hits, count) != 0)
    return STOP;
  return t->count == t->q->most ? STOP : 0;
}

static int follows(const telling *t) {
  return t->matched_to != TOME_END &&
         !(t->q->flags & (TOME_SEARCH_LINES | TOME_SEARCH_OVERLAPPING));
}

/* A piece of which a batch has been found; and all others of it. */
static int tell_piece(telling *t, searcher *s, piece *p) {
  if (follows(t))
    tome__piece_follow(s, p, t->matched_to);
  int r = tell(t, p->hits, p->count, p->counted);
  while (r == 0 && !p->done) {
    tome__piece_search(s, p, 1);
    r = tell(t, p->hits, p->count, p->counted);
  }
  t->newlines += p->newlines;
  return r == 0 && p->code < 0 ? tome__query_fail(t->q, p, t->operation) : r;
}

static int tell_place(telling *t, searcher *s, const place *here) {
  if (here->piece)
    return tell_piece(t, s, here->piece);
  t->newlines += here->newlines;
  return tell(t, NULL, 0, here->counted);
}

/* Often enough to end the search soon, seldom enough to cost nothing. */
static int tell_progress(telling *t, uint64_t at) {
  const query *q = t->q;
  if (!t->options->progress || (at - t->progress < q->progress_step && at < q->to))
    return 0;
  t->progress = at;
  if (t->options->progress(t->options->context, at - q->from, q->to - q->from) == 0)
    return 0;
  return tome__fail(q->map ? q->map->path : NULL,
                    (failure){.operation = t->operation, .code = TOME_ECANCELED, .offset = at});
}

static int tell_all(telling *t, searcher *s, ring *all) {
  place *here;
  int r;
  while ((r = tome__ring_next(all, s, &here)) == 1) {
    uint64_t end = here->end;
    r = tell_place(t, s, here);
    tome__ring_told(all, r == 0 && follows(t) ? t->matched_to : 0);
    if (r == 0)
      r = tell_progress(t, end);
    if (r != 0)
      return r;
  }
  return r < 0 ? fail(t, r) : 0;
}

static unsigned threads(const query *q, const tome_search_options *options) {
  return q->map ? tome__crew_size(options->threads, CREW_MOST) : 1;
}

static int run(telling *t) {
  searcher s;
  ring all;
  int r = tome__searcher_begin(&s, t->q);
  if (r < 0)
    return fail(t, r);
  tome__ring_begin(&all, t->q, threads(t->q, t->options));
  r = tell_all(t, &s, &all);
  tome__ring_end(&all);
  tome__searcher_end(&s);
  return r;
}

static int search(telling *t, uint64_t *ret_count) {
  const query *q = t->q;
  int nothing = q->most == 0 || ((q->flags & TOME_SEARCH_LINES) && q->from == q->to);
  int r = nothing ? 0 : run(t);
  if (ret_count)
    *ret_count = t->count;
  return r < 0 ? r : t->count > 0;
}

static const tome_search_options all_matches = TOME_SEARCH_INIT;

int tome_search(tome *map, const tome_pattern *pattern, const tome_search_options *options,
                uint64_t *ret_count) {
  query q;
  options = options ? options : &all_matches;
  telling t = {.q = &q, .options = options, .operation = __func__, .matched_to = TOME_END};
  int r = tome__query_of_map(&q, __func__, map, pattern, options);
  r = r < 0 ? r : tome__query_forward(&q, __func__);
  t.progress = q.from;
  return r < 0 ? r : search(&t, ret_count);
}

int tome_search_memory(const void *data, size_t length, const tome_pattern *pattern,
                       const tome_search_options *options, uint64_t *ret_count) {
  query q;
  options = options ? options : &all_matches;
  telling t = {.q = &q, .options = options, .operation = __func__, .matched_to = TOME_END};
  int r = tome__query_of_memory(&q, __func__, data, length, pattern, options);
  r = r < 0 ? r : tome__query_forward(&q, __func__);
  t.progress = q.from;
  return r < 0 ? r : search(&t, ret_count);
}
