/* Where the part of a file that tome tail prints begins. */
#ifndef TOME_CLI_TAIL_START_H
#define TOME_CLI_TAIL_START_H

#include <stdint.h>

#include <tome/tome.h>

/* How much is asked for. */
struct tail_amount {
  uint64_t count;
  int in_bytes;   /* else in lines */
  int from_start; /* all but the first `count` of them, less than UINT64_MAX; else the last `count` */
};

/* Of [begin, end). Returns 0, or as tome_lines_nth(); *ret is untouched then. */
int tail_start(tome *map, const struct tail_amount *amount, uint64_t begin, uint64_t end,
               uint64_t *ret);

#endif
