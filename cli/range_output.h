/* A range of a file on its way to standard output, in pieces, so that memory stays small. */
#ifndef TOME_CLI_RANGE_OUTPUT_H
#define TOME_CLI_RANGE_OUTPUT_H

#include <stdint.h>

#include <tome/tome.h>

/* Print the bytes from *at to `to`. *at moves along: all before it has been printed, also what lies
 * before lost bytes. Returns 0, or as tome_read(), or 1: standard output took no more. */
int range_output(tome *map, uint64_t *at, uint64_t to);

#endif
