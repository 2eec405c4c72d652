/* tome_matches: from match to match. A walk holds one piece, and a batch of its matches. It goes through memory as any other scan. */
#include "map_state.h"
#include "scan.h"
#include "search_piece.h"
#include "search_query.h"

#include <tome/error.h>

struct tome_matches {
  query q;
  searcher searcher;
  scan scan;
  piece piece;
  uint64_t step; /* bytes of the next piece */
  uint64_t
      matched; /* forward, where the last match ends; backward, where it begins; TOME_END: there was none */
  size_t next; /* of the batch */
  int is_new;  /* the piece */
  int skips_holes;
};

static void begin_piece(tome_matches *m, uint64_t begin, uint64_t end) {
  const query *q = &m->q;
  tome_range bytes = {begin, end - begin};
  if (bytes.length > 0 && !tome__scan_is_there(&m->scan, bytes, NULL))
    tome__scan_reads(&m->scan, bytes);
  tome__piece_begin(q, &m->piece, begin, end, 0);
  if (q->flags & TOME_SEARCH_BACKWARD) /* at the end of the text an empty match may begin */
    m->piece.at = end + (end == q->to);
  m->is_new = 1;
  if (m->step < q->largest_piece)
    m->step *= 2;
}

static void begin_forward(tome_matches *m, uint64_t at) {
  uint64_t begin = m->skips_holes ? tome__query_behind_hole(&m->q, at) : at;
  begin_piece(m, begin, tome__behind(&m->q, begin, m->step));
}

static void first_piece(tome_matches *m) {
  const query *q = &m->q;
  if (q->flags & TOME_SEARCH_BACKWARD)
    begin_piece(m, q->to - q->from > m->step ? q->to - m->step : q->from, q->to);
  else
    begin_forward(m, q->from);
}

static int is_last(const tome_matches *m) {
  return m->q.flags & TOME_SEARCH_BACKWARD ? m->piece.begin == m->q.from : m->piece.end == m->q.to;
}

/* The piece behind the last one, or before it. 0: there is none. */
static int next_piece(tome_matches *m) {
  const query *q = &m->q;
  uint64_t begin = m->piece.begin, end = m->piece.end;
  tome__scan_passed(&m->scan, q->flags & TOME_SEARCH_BACKWARD ? begin : end);
  if ((q->flags & TOME_SEARCH_BACKWARD) && begin > q->from)
    begin_piece(m, begin - q->from > m->step ? begin - m->step : q->from, begin);
  else if (!(q->flags & TOME_SEARCH_BACKWARD) && end < q->to)
    begin_forward(m, end);
  else
    return 0;
  return 1;
}

static void search(tome_matches *m) {
  const query *q = &m->q;
  if (q->flags & TOME_SEARCH_BACKWARD)
    tome__piece_backward(q, &m->piece, m->matched);
  else
    tome__piece_search(&m->searcher, &m->piece, 1);
  if (m->is_new && m->matched != TOME_END &&
      !(q->flags & (TOME_SEARCH_BACKWARD | TOME_SEARCH_OVERLAPPING)))
    tome__piece_follow(&m->searcher, &m->piece, m->matched);
  m->is_new = 0;
}

static int begin(tome_matches *m, tome *map, const tome_pattern *pattern,
                 const tome_search_options *options) {
  int r = tome__query_of_map(&m->q, "tome_matches_begin", map, pattern, options);
  if (r < 0)
    return r;
  r = tome__searcher_begin(&m->searcher, &m->q);
  if (r < 0)
    return tome__map_fail(map, "tome_matches_begin", r, tome__os_last_error(), 0, 0);
  tome__scan_begin(&m->scan, map, (tome_range){m->q.from, m->q.to - m->q.from},
                   (m->q.flags & TOME_SEARCH_BACKWARD) != 0);
  m->skips_holes = tome__query_skips_holes(&m->q);
  m->step = m->q.first_piece;
  m->matched = TOME_END;
  first_piece(m);
  return 0;
}

int tome_matches_begin(tome_matches **ret, tome *map, const tome_pattern *pattern, uint64_t from,
                       uint64_t to, uint32_t flags) {
  tome_search_options options = TOME_SEARCH_INIT;
  options.from = from;
  options.to = to;
  options.flags = flags;
  tome_matches *m = tome__os_new(1, sizeof *m);
  if (!m)
    return tome__map_fail(map, __func__, TOME_ENOMEM, tome__os_last_error(), 0, 0);
  int r = begin(m, map, pattern, &options);
  if (r < 0)
    tome_matches_end(m);
  else
    *ret = m;
  return r;
}

/* One more batch, which may be empty: 1. 0: there is none left. */
static int next_batch(tome_matches *m, const char *operation) {
  m->next = 0;
  m->piece.count = 0;
  if (m->piece.done && m->piece.code < 0)
    return tome__query_fail(&m->q, &m->piece, operation);
  if (m->piece.done && !next_piece(m))
    return 0;
  search(m);
  return 1;
}

/* The first of what is left of the batch. */
static tome_range take(tome_matches *m) {
  const tome_hit *hit = &m->piece.hits[m->next++];
  m->matched = m->q.flags & TOME_SEARCH_BACKWARD ? hit->offset : hit->offset + hit->length;
  return (tome_range){hit->offset, hit->length};
}

int tome_matches_next(tome_matches *m, tome_range *ret_match) {
  while (m->next == m->piece.count) {
    int r = next_batch(m, __func__);
    if (r != 1)
      return r;
  }
  *ret_match = take(m);
  return 1;
}

int tome_matches_some(tome_matches *m, tome_range *ret_matches, size_t room, size_t *ret_count) {
  size_t count = 0;
  if (m->next == m->piece.count) {
    int r = next_batch(m, __func__);
    if (r < 0)
      return r;
    if (r == 0) {
      *ret_count = 0;
      return 0;
    }
  }
  while (count < room && m->next < m->piece.count)
    ret_matches[count++] = take(m);
  *ret_count = count;
  return 1;
}

void tome_matches_end(tome_matches *m) {
  if (!m)
    return;
  tome__scan_end(&m->scan, m->piece.done && is_last(m));
  tome__piece_end(&m->q, &m->piece);
  tome__searcher_end(&m->searcher);
  tome__os_free(m);
}
