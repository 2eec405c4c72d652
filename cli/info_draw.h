/* Blocks of a file as characters, which tell the same with and without colour. */
#ifndef TOME_CLI_INFO_DRAW_H
#define TOME_CLI_INFO_DRAW_H

#include <stdio.h>

#include "info_file.h"
#include "screen.h"

/* One character a block. */
void info_draw_blocks(FILE *out, const struct screen *screen, const struct info_block *blocks,
                      size_t count);

/* What the characters mean, without the end of the line; "unknown" only if it occurs. */
void info_draw_legend(FILE *out, const struct screen *screen, int unknown);

/* A name that others chose; on a terminal nothing in it is obeyed. */
void info_draw_name(FILE *out, const struct screen *screen, const char *name);

#endif
