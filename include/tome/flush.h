/* Flushing: how far a change has come.
 *
 * Stores are seen by other processes at once. What survives a crash of the process survives without any flush;
 * what survives a crash of the system, or power loss, is what was flushed to TOME_FLUSH_DURABLE.
 *
 * A failed flush sticks: the system may have dropped the pages it could not write, so every later flush of the
 * map reports the same failure, whatever its range. Nothing but opening the file anew gets rid of it. */
#ifndef TOME_FLUSH_H
#define TOME_FLUSH_H

#include <tome/base.h>

#define TOME_FLUSH_START 0 /**< write-back has begun; returns without waiting for it */
#define TOME_FLUSH_WRITTEN                                                                         \
  1 /**< handed to the device; survives a crash of the process, not of the power */
#define TOME_FLUSH_DURABLE                                                                         \
  2 /**< survives power loss: the bytes, the length, and a created file's name */

TOME_BEGIN_DECLS

/** Bring changes in a range to the given level.
 *  At least the range is flushed, stores through open views included; the whole file may be. On a map opened with TOME_READ or TOME_COPY, and on
 *  anonymous memory, there is nothing to flush and the call succeeds.
 *  @param map     borrowed; other threads may use it at the same time
 *  @param offset  first byte, of any alignment
 *  @param length  bytes, of any alignment; TOME_END: to the end of the map
 *  @param level   TOME_FLUSH_START, TOME_FLUSH_WRITTEN or TOME_FLUSH_DURABLE
 *  @return 0, or
 *          TOME_EINVAL (unknown level), TOME_ERANGE (not inside the map),
 *          TOME_EIO, TOME_ENOSPC (write-back failed; sticks),
 *          TOME_ELOST (stores in the range are not in the file: another process cut them away, or a view that is still open lost
 *          them)
 *  Since 0.1. */
TOME_API int tome_flush(tome *map, uint64_t offset, uint64_t length, int level);

TOME_END_DECLS

#endif
