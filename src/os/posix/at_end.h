/* Writing at the end of a file, wherever that is. */
#ifndef TOME_AT_END_H
#define TOME_AT_END_H

#include "os.h"

/** Write some of it there, in one piece.
 *  @param owned  the position is ours, and may be used and moved
 *  @param[out] ret_end  where the piece ends; -1: not known
 *  @return how much was written; -1 and errno, EOPNOTSUPP: not known here, or not for this file */
ssize_t tome__os_write_at_end(os_file *file, int owned, const void *data, size_t length,
                              off_t *ret_end);

#endif
