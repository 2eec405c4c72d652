/* Threads that share a piece of work. */
#ifndef TOME_CREW_H
#define TOME_CREW_H

#include "os.h"

/** More than there is work for in memory. */
#define CREW_MOST 64

/** Threads at work beside the one that started them. */
typedef struct crew {
  os_thread threads[CREW_MOST];
  unsigned count;
} crew;

/** How many threads in all, the caller's among them, should share so many pieces, if at most `wanted` may (0: as many as there
 *  are processors for this process). At least 1. */
unsigned tome__crew_size(uint32_t wanted, uint64_t pieces);

/** Start `count` threads that run the body. If the system has no more to give there are fewer, perhaps none: so the caller must
 *  be able to do all of the work. */
void tome__crew_start(crew *c, unsigned count, void (*body)(void *context), void *context);
/** Wait until all have returned. */
void tome__crew_join(crew *c);

#endif
