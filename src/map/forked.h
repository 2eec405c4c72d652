/* Maps in the child of a fork. */
#ifndef TOME_FORKED_H
#define TOME_FORKED_H

#include "map_state.h"

/** From now on a fork leaves the map's locks free in the child. 0, or TOME_ENOMEM. Pre: its locks are made. */
int tome__fork_watch(tome *map);
/** No longer. Does nothing for a map that is not watched. */
void tome__fork_unwatch(tome *map);

#endif
