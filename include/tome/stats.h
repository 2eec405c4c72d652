/* What reading has cost: counters.
 *
 * They are kept where a system call is made anyway, so a read of what is mapped already counts nothing and pays nothing. */
#ifndef TOME_STATS_H
#define TOME_STATS_H

#include <tome/base.h>

TOME_BEGIN_DECLS

/** Counters since the map was opened, or, for the process, of all maps since it started. In bytes where nothing else is said;
 *  TOME_UNKNOWN (info.h) where the system cannot tell. */
typedef struct tome_stats {
  size_t struct_size; /**< sizeof(tome_stats), set by the caller */
  uint64_t calls;     /**< how many system calls that read */
  uint64_t called;    /**< bytes that these copied; all other bytes were read as memory */
  uint64_t waits;     /**< how many of the calls found bytes missing from memory, and waited */
  uint64_t
      disk; /**< bytes that had to come from the disk, in whole pages: waited for, or asked for ahead. Where the system
                              does not tell this user what is in memory, all that was asked for counts */
  uint64_t lost_faults; /**< page faults that found no page, and were turned into TOME_ELOST */
  uint64_t
      mapped; /**< bytes of the map (of all maps) that are in this process's page tables at this moment: its part of
                              the process's resident memory */
  uint64_t
      minor_faults; /**< the whole process's page faults that needed no disk; TOME_UNKNOWN for a map */
  uint64_t major_faults; /**< and those that did */
  uint64_t
      process_disk; /**< bytes that the disk read for the whole process, read-ahead included; TOME_UNKNOWN for a map */
} tome_stats;

/** Read the counters.
 *  @param map          borrowed, any thread; NULL: the process
 *  @param[in,out] ret  its struct_size says which fields the caller knows
 *  @return 0, or TOME_EINVAL (struct_size). Cost: up to some milliseconds for `mapped`. Since 0.1. */
TOME_API int tome_stats_get(tome *map, tome_stats *ret);

TOME_END_DECLS

#endif
