/* Matches of one byte string: overlapping ones, and from the end.
 *
 * Looking for a match from one byte beside the last would compare the whole needle again at each overlap. But matches cannot lie
 * closer than the needle's smallest period p, and before a match at m there is one at m - p just if the p bytes before m are the
 * needle's first p, for the rest is the needle's own repetition; likewise behind. Where they are not, or where p is more than
 * half the needle, the next match is at least half a needle away (Fine and Wilf's theorem), so that the search for it has new
 * bytes to look at. */
#include "search_overlap.h"

#include "range.h"
#include "search_piece.h"

#include <tome/error.h>

void tome__overlap_begin(overlap *o, const tome_pattern *pattern) {
  *o = (overlap){.whole = tome__pattern_finder(pattern)};
  const finder *f = o->whole;
  size_t period = tome__finder_period(f);
  if (period > f->length / 2)
    return;
  o->period = period;
  tome__finder_begin(&o->first, f->needle, period, f->fold);
  tome__finder_begin(&o->last, f->needle + f->length - period, period, f->fold);
}

/* ---- forward ---- */

/* Whether there is another match as near behind the one that ends at `end` as can be; the bytes are looked at alone. */
static int goes_on(const overlap *o, const stretch *text, size_t end) {
  return o->period > 0 && text->length - end >= o->period &&
         tome__finder_first(&o->last, text->data + end, o->period);
}

int tome__overlap_all(const overlap *o, const stretch *text, size_t at, size_t before,
                      uint64_t most, spans *ret, size_t *ret_at) {
  size_t length = o->whole->length, end = text->length;
  if (before < end && length - 1 < end - before)
    end = before + length - 1;
  for (uint64_t count = 0; at < before && count < most;) {
    const unsigned char *match =
        at < end ? tome__finder_first(o->whole, text->data + at, end - at) : NULL;
    if (!match)
      break;
    for (at = (size_t)(match - text->data); at < before && count < most; at += o->period) {
      if (tome__spans_add(ret, at, length) != 0)
        return TOME_ENOMEM;
      if (++count == most || !goes_on(o, text, at + length))
        break;
    }
    at++;
    if (count == most)
      return 0;
  }
  *ret_at = end >= length && at < end - length + 1 ? end - length + 1 : at;
  return text->is_end || *ret_at >= before ? 0 : MATCHER_NEEDS_MORE;
}

/* ---- backward ---- */

static uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* Something is missing: what there is behind it is all that can be searched. */
static void begin_behind(const query *q, piece *p, uint64_t end) {
  p->code = p->text.code;
  p->system = p->text.system;
  p->lost = p->text.lost;
  tome__excerpt_begin(q, &p->text, smaller(tome__range_end(p->lost), end), 0);
}

/* Have the bytes in which the matches lie that begin in the piece. */
static void see(const query *q, piece *p, uint64_t length) {
  uint64_t end = tome__behind(q, p->end, length > 0 ? length - 1 : 0);
  while (tome__excerpt_reach(q, &p->text, end) < 0) {
    begin_behind(q, p, end);
    if (p->code != TOME_ELOST)
      return;
  }
}

static int add(piece *p, uint64_t at, uint64_t length) {
  p->at = at;
  return tome__piece_add(p, (tome_hit){.offset = at, .length = length});
}

/* The empty string is everywhere. */
static int find_empty(piece *p) {
  while (p->at > p->text.begin && p->count < MOST_HITS)
    if (add(p, p->at - 1, 0) < 0)
      return TOME_ENOMEM;
  return 0;
}

/* Whether there is another match as near before the last as can be; for that these bytes are looked at alone. */
static int repeats(const query *q, const piece *p) {
  size_t period = q->overlap.period;
  return period > 0 && p->at - p->text.begin >= period &&
         tome__finder_first(&q->overlap.first, tome__excerpt_at(&p->text, p->at - period), period);
}

static int find(const query *q, piece *p, uint64_t matched_from) {
  int overlapping = (q->flags & TOME_SEARCH_OVERLAPPING) != 0;
  size_t length = q->overlap.whole->length;
  const unsigned char *data = p->text.data, *match;
  while (p->count < MOST_HITS && p->at > p->text.begin) {
    uint64_t end = smaller(p->at + length - 1, p->text.end);
    end = overlapping ? end : smaller(end, matched_from);
    match = end > p->text.begin
                ? tome__finder_last(q->overlap.whole, data, (size_t)(end - p->text.begin))
                : NULL;
    if (!match) {
      p->at = p->text.begin;
      break;
    }
    matched_from = p->text.begin + (uint64_t)(match - data);
    if (add(p, matched_from, length) < 0)
      return TOME_ENOMEM;
    while (overlapping && p->count < MOST_HITS && repeats(q, p))
      if (add(p, p->at - q->overlap.period, length) < 0)
        return TOME_ENOMEM;
  }
  return 0;
}

void tome__piece_backward(const query *q, piece *p, uint64_t matched_from) {
  uint64_t at = p->at;
  p->count = 0;
  if (p->text.begin == p->text.end)
    see(q, p, q->overlap.whole ? q->overlap.whole->length : 0);
  int r = q->overlap.whole ? find(q, p, matched_from) : find_empty(p);
  if (q->overlap.whole && !tome__excerpt_holds(q, &p->text)) {
    begin_behind(q, p, p->text.end);
    see(q, p, q->overlap.whole->length);
    p->count = 0;
    p->at = at;
    r = find(q, p, matched_from);
  }
  if (r < 0)
    tome__piece_fail(p, r);
  p->done |= p->at <= p->text.begin;
}
