/* A range of a file, in pieces, so that memory stays small. */
#ifndef TOME_CLI_RANGE_PIECES_H
#define TOME_CLI_RANGE_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include <tome/tome.h>

/* All pieces but the last are as long as this: a multiple of three, which base64 wants. */
#define RANGE_PIECE ((size_t)3 << 19)

/* What is done with a piece; another result than 0 stops. */
typedef int range_take(void *context, const void *bytes, size_t length);

/* Hand out the bytes from *at to `to`. *at moves along: all before it has been handed out, also what lies before lost bytes.
 * Returns 0, or as tome_read(), whose error is the last one then, or TOME_ENOMEM, or what `take` returned. */
int range_pieces(tome *map, uint64_t *at, uint64_t to, range_take *take, void *context);

#endif
