/* A piece of a search: the hits that begin in one stretch of the text, found a batch at a time. */
#ifndef TOME_SEARCH_PIECE_H
#define TOME_SEARCH_PIECE_H

#include "matcher.h"
#include "search_text.h"

/** A batch has no more hits than this, so that memory is bounded however many there are. */
#define MOST_HITS 8192

/** Hits that begin in [begin, end), or in the last piece at its end. */
typedef struct piece {
  uint64_t begin, end;
  uint64_t at; /* what begins before this was searched */
  uint64_t
      barred; /* an empty match here would lie right behind another: it is none; TOME_END: none is */
  int done;   /* all hits are found, or code says why not */
  int code;
  int system;
  tome_range lost; /* with the code */
  tome_hit *hits;  /* the batch; line numbers count from the beginning of the piece */
  size_t count, room;
  uint64_t counted;  /* hits of the batch, where there is no list */
  uint64_t newlines; /* before `at`, if they are counted */
  uint64_t
      line_begin; /* lines: the first one's beginning, and where the last one ends; TOME_END: not known yet */
  uint64_t line_end;
  excerpt text;
  unsigned char *shown; /* the bytes of hits that were looked at where they are mapped */
  size_t shown_size;
  struct piece *next_idle;
} piece;

/** Who searches pieces. */
typedef struct searcher {
  const query *q;
  matcher *matcher;
  spans found;
} searcher;

int tome__searcher_begin(searcher *s, const query *q);
void tome__searcher_end(searcher *s);

/** Make it the piece [begin, end), none of it searched; `in_place`: it is in memory, mapped. */
void tome__piece_begin(const query *q, piece *p, uint64_t begin, uint64_t end, int in_place);
/** Have the bytes of a new piece, and those behind it that it will mostly need. That they cannot be had is told by the search. */
void tome__piece_read(const query *q, piece *p);
/** Find the next batch of hits. Not `in_turn`, some pieces before this one are not told yet, it may give up before it is done
 *  where that would take many times as many bytes as the piece has: perhaps a match that began before goes over all of them. */
void tome__piece_search(searcher *s, piece *p, int in_turn);
/** The batch of a new piece, when matches before it go up to `matched_to`: leave out what is no match behind those, and put in
 *  what is. */
void tome__piece_follow(searcher *s, piece *p, uint64_t matched_to);
/** Free what it holds. */
void tome__piece_end(const query *q, piece *p);

/** Add a hit to the batch: 0 or TOME_ENOMEM. */
int tome__piece_add(piece *p, tome_hit hit);
/** The piece ends for this reason. */
void tome__piece_fail(piece *p, int code);
/** The text could not be had. */
void tome__piece_stop(piece *p);

/** tome__piece_search() for lines. */
void tome__piece_lines(searcher *s, piece *p);

/** As tome__piece_search(), for one byte string and from the end of the piece; what may not overlap ends at `matched_from` or
 *  before. */
void tome__piece_backward(const query *q, piece *p, uint64_t matched_from);

#endif
