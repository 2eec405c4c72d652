/* Many at once: crews of threads, in one or more processes, all on one file.
 *
 * Each process opens the file once and its threads share that map. What is determined, they check as they go, against bytes of
 * their own or of a pattern; the rest is checked in the file when all have ended.
 *
 *     [ pattern: never written | regions: one a worker | counters | what is appended, and zeros where resize grew it ... ]
 *
 * Regions begin and end inside of pages, so that different workers store into one page. */
#ifndef CROWD_CREW_H
#define CROWD_CREW_H

#include "test_support.h"

#include <stdatomic.h>

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

enum {
  MOST_WORKERS = 8,
  PATTERN_PAGES = 16,
  REGION_BYTES = 3 * 4096 + 77,
  COUNTERS = 16,
  RECENT = 64,
  MOST_RECORD = 6000,
  RECORD_HEADER = 24
};

#define PATTERN_END ((uint64_t)PATTERN_PAGES * PAGE)
#define REGION_AT(worker) (PATTERN_END + (uint64_t)(worker)*REGION_BYTES)
#define COUNTERS_AT ((REGION_AT(MOST_WORKERS) / PAGE + 1) * PAGE)
#define APPENDS_AT (COUNTERS_AT + PAGE)

/* What all processes share. */
typedef struct crew_board {
  _Atomic uint64_t
      recent[RECENT]; /* records that are in the file: offset, and length in the lowest 16 bits */
  _Atomic uint64_t records[MOST_WORKERS];
  _Atomic uint64_t added;   /* to counters */
  _Atomic uint64_t size;    /* the file has been at least so long */
  _Atomic uint64_t grown;   /* by tome_resize() */
  _Atomic uint64_t refused; /* resizes, because of a view */
  _Atomic uint64_t cuts;    /* of the file, while others used it */
  _Atomic uint64_t lost;    /* calls and views that met a cut */
  _Atomic uint64_t operations;
  _Atomic uint64_t held; /* views that lasted until a resize was refused */
  _Atomic int shrinker_done;
  unsigned char regions[MOST_WORKERS][REGION_BYTES]; /* what must be in the file at the end */
} crew_board;

typedef struct crew_worker {
  crew_board *board;
  tome *map; /* of the process; all its workers use it */
  const char *path;
  unsigned number; /* in all of the crew */
  uint64_t round, rounds;
  dice any;
  unsigned char region[REGION_BYTES];
} crew_worker;

/** One operation of a worker. */
typedef void crew_role(crew_worker *self);

typedef struct crew {
  crew_role *const *roles; /* one a worker */
  unsigned workers, processes;
  uint32_t flags; /* of the processes' maps */
  uint64_t rounds;
  /** Checked when all have ended; NULL: nothing. */
  void (*at_the_end)(crew_board *board, const char *path);
} crew;

/** For a test, or for a child that a bug was planted in (context is a crew). */
void run_crew(void *context);

/** A record that a worker appends: no byte of it is zero. Its header tells who, how manieth, and how long. */
void make_record(unsigned char *bytes, unsigned worker, uint64_t number, size_t length);
/** A whole record, of anyone. */
void must_be_record(const unsigned char *bytes, size_t length);

/** At the end: the pattern, all regions, the sum of the counters; every record once, whole, in the order of its worker. */
void must_hold_everything(crew_board *board, const char *path);

/* The roles. Those of the first group are at home with others that make the file longer, never shorter. */
crew_role read_pattern, find_in_pattern, write_region, view_region, count_in_view, append_record,
    read_recent, grow_a_little, flush_and_ask, open_another, look_at_end;
/* These are with others that cut it, above the end of what the first group uses: SHRINKS_AT is never cut. */
crew_role shrink_and_grow, cut_from_outside, read_above, view_above, write_above, find_above,
    flush_above, hold_view;

#define SHRINKS_AT APPENDS_AT
#define HIGHEST (SHRINKS_AT + 40 * PAGE + 123)

#endif
