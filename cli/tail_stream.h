/* The tail of what has no size, such as a pipe. */
#ifndef TOME_CLI_TAIL_STREAM_H
#define TOME_CLI_TAIL_STREAM_H

#include "tail_start.h"

/* Read from `fd` to its end. All from a line or a byte on is printed as it comes; of the last lines
 * or bytes no more is kept in memory than they are, and two blocks. Returns the exit status; what
 * went wrong has been complained about. */
int tail_stream(int fd, const char *name, const struct tail_amount *amount);

#endif
