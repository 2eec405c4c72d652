/* Bringing pages into memory, for those who then keep them there. */
#ifndef TOME_WARM_H
#define TOME_WARM_H

#include "map_state.h"

#include <tome/residency.h>

/** As tome_warm(), recording nothing: fails with the code and, in *ret_lost, the bytes concerned. Pre: inside the map. */
int tome__warm(tome *map, tome_range range, const tome_warming *how, tome_range *ret_lost);

#endif
