/* Stretches of the file that are kept in memory, as the other files of this folder meet them. */
#ifndef TOME_LOCK_H
#define TOME_LOCK_H

#include "map_state.h"

/** Unlock what lies behind the pages of a map of this size. Pre: map->lock held, as for the next one. */
void tome__locks_cut(tome *map, uint64_t size);
/** The first stretch in [*from, end) of the file that is not locked: 1, and *from and *ret_end are its ends. */
int tome__locks_gap(const tome *map, uint64_t *from, uint64_t end, uint64_t *ret_end);
/** Patches were taken away: what lies there now is not locked yet. */
void tome__locks_again(tome *map);
/** Forget them all: their memory is about to be unmapped. */
void tome__locks_forget(tome *map);

#endif
