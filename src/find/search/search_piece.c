/* Matches in a piece.
 *
 * A piece owns the matches that begin in it. It is searched as if no match came before it; should one reach into it, the batch is
 * put right afterwards, by searching behind that match until both ways meet, which is hardly ever far. The pattern says how many
 * bytes before and behind a match it must see; where that has no bound it asks for more. */
#include "search_piece.h"

#include "os.h"

#include <string.h>
#include <tome/error.h>

/* What is read behind a piece, in case that a match does not end with it. */
#define LITTLE ((uint64_t)4 << 10)
#define MUCH ((uint64_t)256 << 10)

/* Hits that are larger in all are told where they lie. */
#define MOST_SHOWN ((uint64_t)16 << 20)

int tome__searcher_begin(searcher *s, const query *q) {
  *s = (searcher){.q = q};
  return tome__matcher_take(q->pattern, &s->matcher);
}

void tome__searcher_end(searcher *s) {
  if (s->matcher)
    tome__matcher_put(s->matcher);
  tome__spans_free(&s->found);
}

void tome__piece_begin(const query *q, piece *p, uint64_t begin, uint64_t end, int in_place) {
  p->begin = p->at = begin;
  p->end = end;
  p->barred = p->line_begin = p->line_end = TOME_END;
  p->done = p->code = 0;
  p->count = 0;
  p->counted = p->newlines = 0;
  uint64_t behind = q->flags & TOME_SEARCH_LINES ? 1 : q->traits->behind;
  tome__excerpt_begin(q, &p->text, behind < begin - q->from ? begin - behind : q->from, in_place);
}

void tome__piece_end(const query *q, piece *p) {
  tome__excerpt_end(q, &p->text, 0);
  tome__os_free(p->hits);
  tome__os_free(p->shown);
  p->hits = NULL;
  p->shown = NULL;
  p->count = p->room = p->shown_size = 0;
}

void tome__piece_fail(piece *p, int code) {
  p->done = 1;
  p->code = code;
  p->system = code == TOME_ENOMEM ? tome__os_last_error() : 0;
  p->lost = (tome_range){p->at, p->end - p->at};
}

void tome__piece_stop(piece *p) {
  p->done = 1;
  p->code = p->text.code;
  p->system = p->text.system;
  p->lost = p->text.lost;
}

/* Most pieces hold few hits; those that hold many are made smaller. */
static int more_room(piece *p) {
  size_t room = p->room ? 4 * p->room : 64;
  tome_hit *hits = tome__os_new(room, sizeof *hits);
  if (!hits)
    return TOME_ENOMEM;
  if (p->count)
    memcpy(hits, p->hits, p->count * sizeof *hits);
  tome__os_free(p->hits);
  p->hits = hits;
  p->room = room;
  return 0;
}

int tome__piece_add(piece *p, tome_hit hit) {
  if (p->count == p->room && more_room(p) < 0)
    return TOME_ENOMEM;
  p->hits[p->count++] = hit;
  return 0;
}

/* In all; or more than MOST_SHOWN. */
static uint64_t length_of_hits(const piece *p) {
  uint64_t length = 0;
  for (size_t i = 0; i < p->count && length <= MOST_SHOWN; i++) {
    if (p->hits[i].length > MOST_SHOWN)
      return p->hits[i].length;
    length += p->hits[i].length;
  }
  return length;
}

static int room_to_show(piece *p, size_t length) {
  if (length <= p->shown_size)
    return 0;
  tome__os_free(p->shown);
  p->shown = tome__os_new(1, length);
  p->shown_size = p->shown ? length : 0;
  return p->shown ? 0 : TOME_ENOMEM;
}

/* Hits of which not all bytes were there when they were copied are none. */
static void drop_lost(piece *p) {
  size_t kept = 0;
  while (kept < p->count && p->hits[kept].offset + p->hits[kept].length <= p->text.end)
    kept++;
  p->count = kept;
  tome__piece_stop(p);
}

/* What is mapped may be lost while the hits are told; a copy is not. Hits that overlap may be larger in all than the bytes that
 * they lie in: then these are copied, once. */
static void copy_hits(const query *q, piece *p, size_t length) {
  uint64_t first = p->hits[0].offset;
  size_t extent = (size_t)(p->text.end - first);
  int at_once = extent < length;
  length = at_once ? extent : length;
  if (room_to_show(p, length) < 0) {
    p->count = 0;
    tome__piece_fail(p, TOME_ENOMEM);
    return;
  }
  unsigned char *to = p->shown;
  if (at_once)
    memcpy(to, tome__excerpt_at(&p->text, first), extent);
  for (size_t i = 0; i < p->count; i++) {
    tome_hit *hit = &p->hits[i];
    if (at_once) {
      hit->data = to + (hit->offset - first);
      continue;
    }
    memcpy(to, tome__excerpt_at(&p->text, hit->offset), (size_t)hit->length);
    hit->data = to;
    to += hit->length;
  }
  if (!tome__excerpt_holds(q, &p->text))
    drop_lost(p);
}

/* Only now: while hits are found the bytes may have to move. */
static void show_hits(const query *q, piece *p) {
  if (q->only_counts || p->count == 0)
    return;
  for (size_t i = 0; i < p->count; i++)
    p->hits[i].data = tome__excerpt_at(&p->text, p->hits[i].offset);
  uint64_t length = p->text.in_place ? length_of_hits(p) : 0;
  if (length > 0 && (length <= MOST_SHOWN || p->text.end - p->hits[0].offset <= MOST_SHOWN))
    copy_hits(q, p, (size_t)length);
}

/* ---- matches ---- */

static stretch whole(const query *q, const excerpt *e) {
  return (stretch){.data = e->data,
                   .length = (size_t)(e->end - e->begin),
                   .is_start = e->begin == q->from,
                   .is_end = e->end == q->to};
}

/* Behind the last place where a match of the piece may begin. At the end of the text one may, if it is empty. */
static size_t limit(const query *q, const piece *p) {
  uint64_t end = p->end < p->text.end ? p->end : p->text.end;
  return (size_t)(end - p->text.begin) + (end == q->to);
}

/* What there must be behind the piece. */
static uint64_t seen_behind(const query *q) {
  uint64_t longest = q->traits->longest, ahead = q->traits->ahead;
  if (longest > MUCH || ahead > MUCH)
    return LITTLE;
  return longest + ahead;
}

void tome__piece_read(const query *q, piece *p) {
  uint64_t behind = q->flags & TOME_SEARCH_LINES ? LITTLE : seen_behind(q);
  (void)tome__excerpt_reach(q, &p->text, tome__behind(q, p->end, behind));
}

/* As much text again as there is. 0: that is too much for now. */
static int see_more(const query *q, piece *p, int in_turn) {
  uint64_t length = p->text.end - p->text.begin;
  if (!in_turn && length > 2 * (p->end - p->begin) + MUCH)
    return 0;
  length = length > LITTLE ? length : LITTLE;
  tome__excerpt_reach(q, &p->text, tome__behind(q, p->text.end, length));
  return 1;
}

/* The search goes on behind this match. */
static void pass(const query *q, piece *p, uint64_t begin, uint64_t length) {
  int overlapping = (q->flags & TOME_SEARCH_OVERLAPPING) != 0;
  p->at = overlapping || length == 0 ? begin + 1 : begin + length;
  p->barred = overlapping ? TOME_END : begin + length;
}

static int add_found(searcher *s, piece *p) {
  for (size_t i = 0; i < s->found.count; i++) {
    tome_hit hit = {.offset = p->text.begin + s->found.items[i].begin,
                    .length = s->found.items[i].length};
    if (hit.length == 0 && hit.offset == p->barred)
      continue;
    if (tome__piece_add(p, hit) < 0)
      return TOME_ENOMEM;
  }
  return 0;
}

/* A go at what is in memory, as tome__matcher_all(); and where the next one begins. */
static int search_text(searcher *s, piece *p) {
  const query *q = s->q;
  stretch text = whole(q, &p->text);
  size_t at = (size_t)(p->at - p->text.begin), before = limit(q, p), next = at;
  size_t most = p->count < MOST_HITS ? MOST_HITS - p->count : 1;
  s->found.count = 0;
  if (at >= before)
    return 0;
  int overlapping = (q->flags & TOME_SEARCH_OVERLAPPING) != 0;
  int r =
      overlapping && q->overlap.whole
          ? tome__overlap_all(&q->overlap, &text, at, before, most, &s->found, &next)
          : tome__matcher_all(s->matcher, &text, at, before, overlapping, most, &s->found, &next);
  if (r < 0 || add_found(s, p) < 0)
    return r < 0 ? r : TOME_ENOMEM;
  size_t n = s->found.count;
  if (n > 0)
    pass(q, p, p->text.begin + s->found.items[n - 1].begin, s->found.items[n - 1].length);
  if (n < most)
    p->at = p->text.begin + (r == MATCHER_NEEDS_MORE ? next : before);
  return r;
}

/* The same, with what was not there taken back. */
static int search_what_holds(searcher *s, piece *p) {
  size_t count = p->count;
  uint64_t at = p->at, barred = p->barred;
  int r = search_text(s, p);
  if (r < 0 || tome__excerpt_holds(s->q, &p->text))
    return r;
  p->count = count;
  p->at = at;
  p->barred = barred;
  return search_text(s, p);
}

static void find_matches(searcher *s, piece *p, int in_turn) {
  const query *q = s->q;
  if (p->text.end < p->end)
    tome__excerpt_reach(q, &p->text, tome__behind(q, p->end, seen_behind(q)));
  while (!p->done) {
    int r = search_what_holds(s, p);
    int at_end = p->at - p->text.begin >= limit(q, p);
    int too_short = r == MATCHER_NEEDS_MORE || (at_end && p->text.end < p->end);
    if (r < 0)
      tome__piece_fail(p, r);
    else if (at_end && !too_short)
      p->done = 1;
    else if (p->count >= MOST_HITS || (too_short && !p->text.code && !see_more(q, p, in_turn)))
      return;
    else if (too_short && p->text.code)
      tome__piece_stop(p);
  }
}

void tome__piece_search(searcher *s, piece *p, int in_turn) {
  p->count = 0;
  p->counted = 0;
  if (s->q->flags & TOME_SEARCH_LINES)
    tome__piece_lines(s, p);
  else
    find_matches(s, p, in_turn);
  show_hits(s->q, p);
}

/* ---- following a match that reaches into the piece ---- */

/* The next match of the piece, which the batch then has: 1; or as tome__matcher_next(). */
static int add_next(searcher *s, piece *p) {
  stretch text = whole(s->q, &p->text);
  size_t before = limit(s->q, p);
  span m;
  while (p->at - p->text.begin < before) {
    int r = tome__matcher_next(s->matcher, &text, (size_t)(p->at - p->text.begin), before, &m);
    if (r == MATCHER_NEEDS_MORE)
      p->at = p->text.begin + m.begin;
    if (r != 1)
      return r;
    tome_hit hit = {.offset = p->text.begin + m.begin, .length = m.length};
    int counts = hit.length > 0 || hit.offset != p->barred;
    if (counts && tome__piece_add(p, hit) < 0)
      return TOME_ENOMEM;
    pass(s->q, p, hit.offset, hit.length);
    if (counts)
      return 1;
  }
  return 0;
}

/* The rest of `old` from *i on is right if the batch's last match is in it. */
static int in_step(const piece *p, const piece *old, size_t *i) {
  const tome_hit *last = &p->hits[p->count - 1];
  while (*i < old->count && old->hits[*i].offset < last->offset)
    ++*i;
  return *i < old->count && old->hits[*i].offset == last->offset &&
         old->hits[*i].length == last->length;
}

/* Search from p->at until in step with the batch that was. */
static int meet(searcher *s, piece *p, const piece *old) {
  size_t i = 0;
  int r;
  while ((r = add_next(s, p)) == 1 && p->count < MOST_HITS) {
    if (!in_step(p, old, &i))
      continue;
    while (++i < old->count)
      if (tome__piece_add(p, old->hits[i]) < 0)
        return TOME_ENOMEM;
    p->at = old->at;
    p->barred = old->barred;
    p->done = old->done;
    p->code = old->code;
    return 0;
  }
  return r < 0 ? r : 0;
}

static int is_in_step(const piece *p, uint64_t matched_to) {
  const tome_hit *first = p->hits;
  return first->offset > matched_to || (first->offset == matched_to && first->length > 0);
}

void tome__piece_follow(searcher *s, piece *p, uint64_t matched_to) {
  if (matched_to < p->begin || (p->count > 0 && is_in_step(p, matched_to)) ||
      (p->count == 0 && p->done && p->code == p->text.code))
    return;
  piece old = *p;
  p->code = 0;
  p->at = p->at > matched_to && p->count == 0 ? p->at : matched_to;
  p->barred = matched_to;
  p->count = p->room = 0;
  p->hits = NULL;
  p->done = matched_to >= p->end;
  int r = p->done || old.count == 0 ? 0 : meet(s, p, &old);
  if (r < 0)
    tome__piece_fail(p, r);
  tome__os_free(old.hits);
  show_hits(s->q, p);
}
