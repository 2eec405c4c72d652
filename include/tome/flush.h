/* Flushing: how far a change has come.
 *
 * Stores are seen by other processes at once. What survives a crash of the process survives without any flush;
 * what survives a crash of the system, or power loss, is what was flushed to TOME_FLUSH_DURABLE.
 *
 * A failed flush sticks, and so does a close that tells of a failed write: the system may have dropped the pages it could not
 * write, tells so only once, and goes on showing what never reached the disk. So every later flush of the map reports
 * the same failure, whatever its range, and so does that
 * of any other map of the file in this process, opened before or afterwards, for as long as the process lives. What is left is
 * to write the data to a new file. */
#ifndef TOME_FLUSH_H
#define TOME_FLUSH_H

#include <tome/base.h>

#define TOME_FLUSH_START 0 /**< write-back has begun; returns without waiting for it */
#define TOME_FLUSH_WRITTEN                                                                         \
  1 /**< handed to the device, but perhaps still in its cache: not safe from power loss */
#define TOME_FLUSH_DURABLE                                                                         \
  2 /**< survives power loss: the bytes, the length, and the name of a file that this map created */

TOME_BEGIN_DECLS

/** Bring changes in a range to the given level.
 *  At least the range is flushed, stores through open views included; the whole file may be. On a map opened with TOME_READ or
 *  TOME_COPY, and on anonymous memory, there is nothing to flush and the call succeeds.
 *  @param map     borrowed; other threads may use it at the same time
 *  @param offset  first byte, of any alignment
 *  @param length  bytes, of any alignment; TOME_END: to the end of the map; stores that were cut away behind it count too
 *  @param level   TOME_FLUSH_START, TOME_FLUSH_WRITTEN or TOME_FLUSH_DURABLE
 *  @return 0, or
 *          TOME_EINVAL (unknown level), TOME_ERANGE (not inside the map),
 *          TOME_EIO, TOME_ENOSPC (write-back failed, now or earlier, through this or another map of the file; sticks),
 *          TOME_ELOST (stores in the range are not in the file: another process cut them away, be it after an earlier flush, or a
 *          view that is still open lost them)
 *  Since 0.1. */
TOME_API int tome_flush(tome *map, uint64_t offset, uint64_t length, int level);

TOME_END_DECLS

#endif
