/* A gather that is under way, for the two ways to begin one. */
#ifndef TOME_GATHER_STATE_H
#define TOME_GATHER_STATE_H

#include "map_state.h"

#include <tome/gather.h>

/** What was not read, of the first span in the array of which some was not. */
typedef struct gather_failure {
  const tome_span *span; /* NULL: all went well */
  int code;
  int system; /* the system's code */
  tome_range lost;
} gather_failure;

/** 0 if each span has a buffer and lies inside the map; else the failure is recorded. */
int tome__gather_check(tome *map, const char *operation, const tome_span *spans, size_t count);
/** Read them. `stop` may become 1 meanwhile, or be NULL. Each span's result is set; returns 0 or the gather's code. */
int tome__gather_run(tome *map, tome_span *spans, size_t count, const _Atomic int *stop,
                     gather_failure *ret_why);
/** Record it. */
int tome__gather_fail(const tome *map, const char *operation, const gather_failure *why);

#endif
