/* The system's zone, and when a file was last written: a part of the contract of os.h. */
#ifndef TOME_CLOCK_H
#define TOME_CLOCK_H

#include "os.h"

/** How far the system's clocks are ahead of UTC at a moment, in seconds. `utc` is in seconds since 1970.
 *  TOME_ENOTSUP if the system does not know. */
int tome__os_zone_at(int64_t utc, int32_t *ret_offset);

/** When the file was last written, in nanoseconds since 1970. */
int tome__os_written(const os_file *file, int64_t *ret_time);

#endif
