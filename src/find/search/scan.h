/* How a scan, which looks at all bytes of a range in order, goes through memory. */
#ifndef TOME_SCAN_H
#define TOME_SCAN_H

#include "map_state.h"
#include "os.h"

/** A scan under way. The caller sees to it that one thread at a time calls these functions. */
typedef struct scan {
  tome *map;
  tome_range all;        /* bytes of the map */
  int backward;          /* from the end */
  struct census *census; /* what was in memory before; NULL as long as all that was looked at was */
  uint64_t read;         /* bytes of pieces that were not in memory */
  int decided, lets_go;
  int is_blind;   /* what is in memory cannot be told */
  uint64_t kept;  /* nothing between here and where the scan is has been let go yet */
  uint64_t asked; /* backward: so far the disk was asked */
} scan;

/** Begin; the range lies inside the map. Cannot fail. */
void tome__scan_begin(scan *s, tome *map, tome_range all, int backward);
/** It ends; `is_done`: there was nothing left to look at. */
void tome__scan_end(scan *s, int is_done);

/** Whether a piece is in memory, and was before the scan came near it: so it can be looked at where it is mapped, which is at
 *  `address`. NULL: in the base; 0 if it is not. */
int tome__scan_is_there(scan *s, tome_range piece, unsigned char *address);
/** A piece that is not there is about to be read by call. */
void tome__scan_reads(scan *s, tome_range piece);
/** All that lies before `at` was looked at, or backward all from there on. */
void tome__scan_passed(scan *s, uint64_t at);

/** Whether what a scan brings into memory should not stay there: `cold` bytes of its range are not there yet. */
int tome__scan_is_too_large(uint64_t cold, const os_memory *memory);

#endif
