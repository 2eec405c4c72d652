/* The part of a file that --from and --to name. */
#ifndef TOME_CLI_FILE_RANGE_H
#define TOME_CLI_FILE_RANGE_H

#include <stdint.h>

#include "size_text.h"

/* Where --to is unless it is given. */
#define FILE_RANGE_END                                                                             \
  { .value = UINT64_MAX }

/* The range in a file of `size` bytes; what lies outside is moved to the nearer end. Returns 0, or complains and returns
 * STATUS_ERROR, if `to` lies before `from`. */
int file_range(const char *name, struct position from, struct position to, uint64_t size,
               uint64_t *ret_from, uint64_t *ret_to);

#endif
