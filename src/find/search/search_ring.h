/* The pieces of a search: taken and searched by several threads, told in order by one. */
#ifndef TOME_SEARCH_RING_H
#define TOME_SEARCH_RING_H

#include "crew.h"
#include "scan.h"
#include "search_piece.h"

#define RING_PLACES 64 /* pieces that may be searched before they are told */

/** What is known of a piece when it is its turn. */
typedef struct place {
  int ready;
  piece *piece; /* NULL: nothing is to be told of it but these */
  uint64_t end;
  uint64_t counted;
  uint64_t newlines;
} place;

typedef struct ring {
  const query *q;
  os_mutex lock;
  os_condition changed;
  place places[RING_PLACES];
  uint64_t told, taken; /* how many pieces */
  uint64_t at;          /* where the next one begins */
  uint64_t step;        /* its bytes */
  int skips_holes;      /* no match lies in one */
  uint64_t looked_to;   /* up to here it is known whether the text is in memory */
  int in_place;         /* just before there it is */
  tome_range passing;   /* what was made present and is to be let go */
  scan scan;
  int reading;                       /* somebody reads a piece */
  int alone;                         /* the thread that tells reads and searches by itself */
  uint64_t shown;                    /* when it had the last piece to tell */
  uint64_t reading_time, other_time; /* of that thread, lately, in nanoseconds */
  piece *idle;                       /* with what room they have */
  unsigned made, most;               /* pieces there are and may be */
  unsigned waiting;                  /* threads */
  int over;                          /* nobody takes any more */
  piece *mine;                       /* of the thread that tells */
  unsigned threads;                  /* to be started; 0: they are, or are not worth it */
  crew helpers;
} ring;

/** Pre: the range is not empty, or an empty match may be in it. */
void tome__ring_begin(ring *r, const query *q, unsigned threads);
/** Wait for the helpers, and free all. */
void tome__ring_end(ring *r);

/** The next piece in order, searched: by the helpers, or with `s` in this thread. 1: *ret stays until tome__ring_told(); 0: there is
 *  none left; or TOME_ENOMEM. */
int tome__ring_next(ring *r, searcher *s, place **ret);
/** It was told; what begins before `matched_to` need not be. */
void tome__ring_told(ring *r, uint64_t matched_to);

#endif
