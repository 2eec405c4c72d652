/* Holes of a sparse file: zeros that need not be read. */
#ifndef TOME_HOLES_H
#define TOME_HOLES_H

#include "map_state.h"

/** Whether there may be holes that mean anything to this map: 0 also where all bytes have blocks. */
int tome__may_have_holes(tome *map);

/** The end of the hole that `at` lies in, but not behind `to`; `at` if it lies in none. Pre: inside the map. */
uint64_t tome__hole_end(tome *map, uint64_t at, uint64_t to);

/** Whether all of the range is a hole, and so zeros. Pre: tome__may_have_holes(); inside the map. */
int tome__is_hole(tome *map, tome_range range);

#endif
