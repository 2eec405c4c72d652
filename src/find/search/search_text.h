/* The text that is searched, and the stretch of it that lies in memory. */
#ifndef TOME_SEARCH_TEXT_H
#define TOME_SEARCH_TEXT_H

#include "search_overlap.h"

#include <tome/search.h>

/** A search: what all who take part in it know, and nobody changes. */
typedef struct query {
  tome *map;                   /* or NULL */
  const unsigned char *memory; /* then this is the text */
  const tome_pattern *pattern;
  const struct pattern_traits *traits;
  overlap overlap;                                     /* of its matches, where that matters */
  uint64_t from, to;                                   /* the range: to the pattern, all there is */
  uint64_t most;                                       /* hits wanted */
  uint32_t flags;                                      /* TOME_SEARCH_… */
  int only_counts;                                     /* nobody wants to see the hits */
  uint64_t smallest_piece, first_piece, largest_piece; /* bytes */
  uint64_t progress_step;                              /* bytes between two calls of `progress` */
} query;

/** Bytes [begin, end) of the text. All zeros: none. */
typedef struct excerpt {
  const unsigned char *data;
  uint64_t begin, end;
  int code; /* if not 0: why no byte behind `end` can be had */
  int system;
  tome_range lost;
  unsigned char *room; /* of ours, kept from one excerpt to the next */
  size_t room_size;
  int in_place;          /* the bytes lie in the mapping instead, if there are any */
  struct window *pinned; /* perhaps in this */
  uint64_t before;       /* what the guard said before we looked */
} excerpt;

/** Begin anew at `begin`, with no byte yet. With `in_place` what follows is in memory, and is looked at where it is mapped. */
void tome__excerpt_begin(const query *q, excerpt *e, uint64_t begin, int in_place);
/** Have the bytes up to `end`, as far as they can be had; what was there may move. Pre: end <= q->to. Returns 0 or e->code. */
int tome__excerpt_reach(const query *q, excerpt *e, uint64_t end);
/** Whether all of the excerpt was really there while it was looked at: 1, or 0 with e->code, and the excerpt is shorter. */
int tome__excerpt_holds(const query *q, excerpt *e);
/** Give up the bytes, and room of more than `keep` of them. */
void tome__excerpt_end(const query *q, excerpt *e, size_t keep);

/** Where byte `at` of the text is. Pre: begin <= at <= end. */
static inline const unsigned char *tome__excerpt_at(const excerpt *e, uint64_t at) {
  return e->data + (at - e->begin);
}

/** `more` bytes behind `at`, but not behind the end of the text. */
static inline uint64_t tome__behind(const query *q, uint64_t at, uint64_t more) {
  return more < q->to - at ? at + more : q->to;
}

#endif
