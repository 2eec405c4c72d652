/* Lines in a piece.
 *
 * A piece owns the lines that begin in it: it sees the byte before, to know whether a line begins with it, and goes on behind its
 * end until the last of its lines does. The pattern looks at all of them at once. */
#include "finder.h"
#include "search_piece.h"

#include <tome/error.h>

/* Bytes behind the piece that the end of its last line is looked for in, at first. */
#define LITTLE ((uint64_t)4 << 10)

/* The first line end in [from, to), which are there; TOME_END if there is none. */
static uint64_t find_end(const piece *p, uint64_t from, uint64_t to) {
  const unsigned char *data = tome__excerpt_at(&p->text, from);
  const unsigned char *end = tome__first_byte(data, (size_t)(to - from), '\n');
  return end ? from + (uint64_t)(end - data) : TOME_END;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* Where the first line begins that does so in the piece, or TOME_END. */
static uint64_t first_line(const query *q, const piece *p) {
  uint64_t end = smaller(p->end, p->text.end);
  if (p->begin == q->from)
    return p->begin;
  uint64_t before = p->begin <= end ? find_end(p, p->begin - 1, end) : TOME_END;
  return before < p->end - 1 ? before + 1 : TOME_END;
}

/* Behind the last line that begins in the piece: beyond its end, if must be far beyond. Where bytes are missing, behind the last
 * whole line. */
static uint64_t behind_last_line(const query *q, piece *p) {
  uint64_t from = p->end - 1, step = LITTLE, end;
  while (p->text.end > from) {
    if ((end = find_end(p, from, p->text.end)) != TOME_END)
      return end + 1;
    if (p->text.end == q->to)
      return q->to;
    from = p->text.end;
    if (tome__excerpt_reach(q, &p->text, tome__behind(q, from, step)) < 0 && p->text.end == from)
      break;
    step = p->text.end - p->text.begin;
  }
  if (p->text.end <= p->line_begin)
    return p->line_begin;
  const unsigned char *first = tome__excerpt_at(&p->text, p->line_begin);
  const unsigned char *last = tome__last_byte(first, (size_t)(p->text.end - p->line_begin), '\n');
  return last ? p->line_begin + (uint64_t)(last - first) + 1 : p->line_begin;
}

/* Have the piece's lines in memory. */
static void see_lines(const query *q, piece *p) {
  tome__excerpt_reach(q, &p->text, tome__behind(q, p->end, LITTLE));
  p->line_begin = first_line(q, p);
  if (p->line_begin != TOME_END)
    p->line_end = behind_last_line(q, p);
  else
    p->line_begin = p->line_end = smaller(p->end, p->text.end);
  p->at = p->line_begin;
}

static int add_line(piece *p, uint64_t begin, uint64_t length) {
  return tome__piece_add(p, (tome_hit){.offset = begin, .length = length});
}

/* The lines in [p->at, to), which hold no match; up to as many as a batch may have. */
static int add_others(piece *p, uint64_t to) {
  while (p->at < to && p->count < MOST_HITS) {
    uint64_t end = find_end(p, p->at, to);
    uint64_t length = (end == TOME_END ? to : end) - p->at;
    if (add_line(p, p->at, length) < 0)
      return TOME_ENOMEM;
    p->at += length + (end != TOME_END);
  }
  return 0;
}

/* A batch of lines that hold a match, or that hold none. */
static int list_lines(searcher *s, piece *p) {
  const unsigned char *data = tome__excerpt_at(&p->text, p->at);
  uint64_t base = p->at, count = 0;
  int invert = (s->q->flags & TOME_SEARCH_INVERT) != 0;
  s->found.count = 0;
  int r = tome__matcher_lines(s->matcher, data, (size_t)(p->line_end - p->at), MOST_HITS, &s->found,
                              &count);
  for (size_t i = 0; r == 0 && i < s->found.count; i++) {
    uint64_t begin = base + s->found.items[i].begin, length = s->found.items[i].length;
    r = invert ? add_others(p, begin) : add_line(p, begin, length);
    if (p->at < begin && invert)
      return r; /* the batch is full */
    p->at = smaller(begin + length + 1, p->line_end);
  }
  if (r < 0)
    return r;
  if (s->found.count < MOST_HITS && invert)
    r = add_others(p, p->line_end);
  else if (s->found.count < MOST_HITS)
    p->at = p->line_end;
  return r;
}

static uint64_t lines_in(const piece *p, uint64_t from, uint64_t to) {
  return tome__count_byte(tome__excerpt_at(&p->text, from), (size_t)(to - from), '\n');
}

/* Each line's number, and the count of line ends up to where the batch goes. `from` is where it began. */
static void number_lines(piece *p, uint64_t from) {
  for (size_t i = 0; i < p->count; i++) {
    uint64_t begin = p->hits[i].offset;
    p->newlines += begin - from > 0 ? lines_in(p, from, begin) : 0;
    p->hits[i].number = p->newlines;
    from = begin;
  }
  p->newlines += lines_in(p, from, p->at);
}

static int count_lines(searcher *s, piece *p) {
  const unsigned char *data = tome__excerpt_at(&p->text, p->at);
  size_t length = (size_t)(p->line_end - p->at);
  uint64_t count = 0, all = 0;
  int r = tome__matcher_lines(s->matcher, data, length, TOME_END, NULL, &count);
  if (s->q->flags & TOME_SEARCH_INVERT)
    all = tome__count_byte(data, length, '\n') + (data[length - 1] != '\n');
  if (r == 0)
    p->counted = s->q->flags & TOME_SEARCH_INVERT ? all - count : count;
  p->at = p->line_end;
  return r;
}

/* A line of the batch would need too many steps: what lies before it is told all the same, and p->at is then where it begins. */
static int lines_before_failure(searcher *s, piece *p) {
  int invert = (s->q->flags & TOME_SEARCH_INVERT) != 0, r = 0;
  p->count = 0;
  while (r == 0 && p->at < p->line_end && p->count < MOST_HITS) {
    uint64_t end = find_end(p, p->at, p->line_end), count = 0;
    uint64_t length = (end == TOME_END ? p->line_end : end) - p->at;
    uint64_t whole = length + (end != TOME_END);
    r = tome__matcher_lines(s->matcher, tome__excerpt_at(&p->text, p->at), (size_t)whole, TOME_END,
                            NULL, &count);
    if (r < 0)
      return r;
    if ((count > 0) != invert && s->q->only_counts)
      p->counted++;
    else if ((count > 0) != invert)
      r = add_line(p, p->at, length);
    p->at += whole;
  }
  return r;
}

/* One batch; twice if it turns out that not all bytes were there. */
static int find_lines(searcher *s, piece *p) {
  uint64_t from = p->at;
  p->count = 0;
  int r = s->q->only_counts ? count_lines(s, p) : list_lines(s, p);
  if (r == TOME_EFBIG) {
    p->at = from;
    r = lines_before_failure(s, p);
  }
  if ((r == 0 || r == TOME_EFBIG) && (s->q->flags & TOME_SEARCH_NUMBERS) && !s->q->only_counts)
    number_lines(p, from);
  return r;
}

static int lost_lines(const query *q, piece *p) {
  if (tome__excerpt_holds(q, &p->text))
    return 0;
  p->line_end = behind_last_line(q, p);
  return 1;
}

void tome__piece_lines(searcher *s, piece *p) {
  const query *q = s->q;
  int r = 0;
  if (p->line_begin == TOME_END)
    see_lines(q, p);
  uint64_t at = p->at, newlines = p->newlines;
  if (p->at < p->line_end)
    r = find_lines(s, p);
  if (r == 0 && lost_lines(q, p)) {
    p->at = at;
    p->newlines = newlines;
    p->count = 0;
    p->counted = 0;
    if (p->at < p->line_end)
      r = find_lines(s, p);
  }
  if (r < 0)
    tome__piece_fail(p, r);
  else if (p->at >= p->line_end && p->text.code && p->line_end < p->end)
    tome__piece_stop(p);
  else if (p->at >= p->line_end)
    p->done = 1;
}
