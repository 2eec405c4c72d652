/* What is asked, checked. */
#include "search_query.h"

#include "failure.h"
#include "finder.h"
#include "holes.h"
#include "lost_pages.h"
#include "map_state.h"
#include "matcher.h"

#include <tome/error.h>

#define ALL_FLAGS                                                                                  \
  (TOME_SEARCH_LINES | TOME_SEARCH_INVERT | TOME_SEARCH_NUMBERS | TOME_SEARCH_OVERLAPPING |        \
   TOME_SEARCH_BACKWARD)

/* Small at first: what is found near the start costs no more than its surroundings. The largest fit a processor's own cache. */
#define PROGRESS_STEP ((uint64_t)4 << 20)
#define SMALLEST_PIECE ((uint64_t)16 << 10)
#define FIRST_PIECE ((uint64_t)64 << 10)
#define LARGEST_PIECE ((uint64_t)256 << 10)

static const char *wrong(const tome_search_options *options, const pattern_traits *traits) {
  uint32_t flags = options->flags;
  if (options->struct_size != sizeof *options)
    return "tome_search_options: begin with TOME_SEARCH_INIT";
  if (flags & ~ALL_FLAGS)
    return "unknown flag";
  if ((flags & (TOME_SEARCH_INVERT | TOME_SEARCH_NUMBERS)) && !(flags & TOME_SEARCH_LINES))
    return "TOME_SEARCH_INVERT and TOME_SEARCH_NUMBERS need TOME_SEARCH_LINES";
  if ((flags & TOME_SEARCH_OVERLAPPING) && (flags & TOME_SEARCH_LINES))
    return "lines do not overlap";
  if ((flags & TOME_SEARCH_BACKWARD) && (flags & TOME_SEARCH_LINES))
    return "lines are told forward only";
  if ((flags & TOME_SEARCH_LINES) && !traits->in_lines)
    return "TOME_SEARCH_LINES needs a pattern made with TOME_PATTERN_IN_LINES";
  return NULL;
}

static uint64_t larger(uint64_t a, uint64_t b) {
  return a > b ? a : b;
}

/* A match that is looked for at the end of a piece may be as long as the piece, and no longer: so the search is linear. */
static void size_pieces(query *q, uint64_t forced) {
  uint64_t longest = q->traits->longest, least = 0;
  if (longest != SIZE_MAX)
    least = longest < UINT64_MAX / 4 ? 2 * longest : longest;
  if (q->traits->moves_begin && !(q->flags & TOME_SEARCH_LINES))
    least = UINT64_MAX; /* what began before a piece may be a match in it: so there is one piece */
  q->progress_step = forced ? forced : PROGRESS_STEP;
  q->smallest_piece = larger(forced ? forced : SMALLEST_PIECE, least);
  q->first_piece = larger(forced ? forced : FIRST_PIECE, least);
  q->largest_piece = larger(forced ? forced : LARGEST_PIECE, least);
}

static int refuse(const char *operation, const char *path, int code, const char *detail) {
  return tome__fail(path, (failure){.operation = operation, .code = code, .detail = detail});
}

/* All but the range. */
static int begin(query *q, const char *operation, const char *path,
                 const tome_search_options *options) {
  q->traits = tome__pattern_traits(q->pattern);
  q->flags = options->flags;
  q->most = options->most;
  q->only_counts = options->found == NULL;
  const char *detail = wrong(options, q->traits);
  if (detail)
    return refuse(operation, path, TOME_EINVAL, detail);
  if ((q->flags & TOME_SEARCH_BACKWARD) && !q->traits->one_literal)
    return refuse(operation, path, TOME_ENOTSUP, "backward is for one byte string");
  if ((q->flags & (TOME_SEARCH_BACKWARD | TOME_SEARCH_OVERLAPPING)) && q->traits->one_literal &&
      q->traits->longest > 0)
    tome__overlap_begin(&q->overlap, q->pattern);
  return 0;
}

int tome__query_forward(const query *q, const char *operation) {
  if (!(q->flags & TOME_SEARCH_BACKWARD))
    return 0;
  return refuse(operation, q->map ? q->map->path : NULL, TOME_ENOTSUP,
                "backward is for tome_matches_begin()");
}

int tome__query_of_map(query *q, const char *operation, tome *map, const tome_pattern *pattern,
                       const tome_search_options *options) {
  *q = (query){.map = map, .pattern = pattern};
  int r = begin(q, operation, map->path, options);
  if (r < 0)
    return r;
  if (options->from > options->to)
    return tome__map_fail(map, operation, TOME_ERANGE, 0, options->from, 0);
  uint64_t length = options->to == TOME_END ? TOME_END : options->to - options->from;
  r = tome__resolve(map, operation, options->from, &length);
  q->from = options->from;
  q->to = options->from + length;
  size_pieces(q, map->forced_window);
  return r;
}

int tome__query_of_memory(query *q, const char *operation, const void *data, size_t length,
                          const tome_pattern *pattern, const tome_search_options *options) {
  static const unsigned char nothing;
  *q = (query){.memory = data ? data : &nothing, .pattern = pattern};
  int r = begin(q, operation, NULL, options);
  if (r < 0)
    return r;
  q->from = options->from;
  q->to = options->to == TOME_END ? length : options->to;
  if (q->from > q->to || q->to > length)
    return tome__fail(NULL, (failure){.operation = operation,
                                      .code = TOME_ERANGE,
                                      .offset = q->from,
                                      .length = q->to > q->from ? q->to - q->from : 0});
  size_pieces(q, 0);
  return 0;
}

int tome__query_fail(const query *q, piece *p, const char *operation) {
  if (p->code == TOME_ELOST)
    tome__guard_stopped(q->map, q->to, &p->lost);
  if (q->map)
    return tome__map_fail(q->map, operation, p->code, p->system, p->lost.offset, p->lost.length);
  return tome__fail(NULL, (failure){.operation = operation,
                                    .code = p->code,
                                    .system = p->system,
                                    .offset = p->lost.offset,
                                    .length = p->lost.length});
}

/* A byte string that is not all zeros. Lines go on through holes, and what other patterns match in zeros is not known. */
int tome__query_skips_holes(const query *q) {
  if (!q->map || (q->flags & TOME_SEARCH_LINES) || !q->traits->one_literal ||
      !tome__may_have_holes(q->map))
    return 0;
  const finder *f = tome__pattern_finder(q->pattern);
  for (size_t i = 0; i < q->traits->longest; i++)
    if (f->needle[i])
      return 1;
  return 0;
}

uint64_t tome__query_behind_hole(const query *q, uint64_t at) {
  if (at >= q->to)
    return at;
  uint64_t end = tome__hole_end(q->map, at, q->to - 1);
  return end > at && end - at > q->traits->longest ? end - q->traits->longest : at;
}
