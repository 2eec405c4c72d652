/* Looking at bytes where they are mapped, if they are in memory. */
#ifndef TOME_IN_PLACE_H
#define TOME_IN_PLACE_H

#include "map_state.h"

/** So much is made present at once: less would be too many calls, by too many threads. */
#define PRESENT_AT_ONCE ((uint64_t)4 << 20)

/** Make a range of the base present that is in memory: 0 if that fails. It is noted as known, but not if it
 *  `is_cold`: some of the file was just read, and this may be on its way through memory. *ret_passing: it was not known before, so
 *  it should be let go when it was looked at. */
int tome__in_place(tome *map, tome_range range, int is_cold, int *ret_passing);
/** Let go of what only passed. */
void tome__in_place_end(tome *map, tome_range range);

/** Whether all of a range was there while it was looked at, up to before `end`: 1, or 0 and what was not. `before` is what the
 *  guard said before that. */
int tome__was_there(tome *map, uint64_t before, tome_range range, const unsigned char *end,
                    tome_range *ret_lost);

#endif
