/* What the sweep does about lines. */
#ifndef TOME_SWEEP_LINES_H
#define TOME_SWEEP_LINES_H

#include "sweep_operations.h"

/** The line at an offset, its neighbours, how many there are, and the one of a number from both ends. */
int walk_lines(scene *s);
/** Build an index that is kept; open it again and look things up. That it cannot be kept is no failure. */
int index_lines(scene *s);

#endif
