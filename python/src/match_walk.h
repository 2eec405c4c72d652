/* A walk from match to match through a file, for iterators.
 *
 * Matches are fetched a batch at a time without the interpreter lock, and none is held back while the next one is looked for.
 * The walk keeps the file's object, and the map open; it goes no further when the file is closed, and lets go of both when it is
 * over. */
#ifndef TOME_PYTHON_MATCH_WALK_H
#define TOME_PYTHON_MATCH_WALK_H

#include "file.h"

#define BATCH 1024

typedef struct match_walk {
  file_object *file;     /* NULL: it is over */
  open_map *held;        /* what is walked through */
  tome_pattern *pattern; /* owned */
  tome_matches *matches; /* owned */
  int wants_bytes;       /* set by the owner: of the matches too */
  unsigned char *bytes;  /* owned: all those of the batch, and what lies between, if */
  int has_bytes;
  uint64_t bytes_from; /* where the first of them is in the file */
  int is_busy;         /* a thread is inside of it, without the lock */
  size_t next, count;  /* of the batch */
  tome_range batch[BATCH];
} match_walk;

/** Begin it. Pre: all zero but wants_bytes. 0, or -1 and raised; the pattern is taken over in any case. Pre: the file is open. */
int walk_begin(match_walk *walk, file_object *file, tome_pattern *pattern, tome_range where,
               uint32_t flags);

/** Fetch the next batch, which is not empty if 1. 0: there is none, and the walk is over; -1: raised, and the walk is over. */
int walk_fetch(match_walk *walk);

/** Whether it may go on: 1, 0 (it is over) or -1 and raised (the file is closed, or another thread is inside of the walk). */
int walk_check(match_walk *walk);

/** The next match. 1, 0 (no more), -1 raised. */
static inline int walk_next(match_walk *walk, tome_range *ret) {
  int r = walk_check(walk);
  if (r == 1 && walk->next == walk->count && (r = walk_fetch(walk)) == 1)
    r = walk_check(walk); /* the file may have been closed meanwhile */
  if (r == 1)
    *ret = walk->batch[walk->next++];
  return r;
}

/** The bytes of the match that walk_next() gave, if they were read; else NULL. */
static inline const unsigned char *walk_bytes(const match_walk *walk) {
  return walk->has_bytes ? walk->bytes + (walk->batch[walk->next - 1].offset - walk->bytes_from)
                         : NULL;
}

/** Let go of all it holds; it is over. */
void walk_end(match_walk *walk);

#endif
