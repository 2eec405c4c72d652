/* What of a file is in memory, and steering it.
 *
 * The memory meant is the system's page cache, which all processes share: what one has read, another finds there. It is counted
 * in whole pages (tome_info.page_size bytes each), those included that a range touches only in part. What is said here may be
 * over at the next moment: other processes read, and the system takes memory back where it needs it.
 *
 * All calls may be made from any thread, beside any other call on the map but tome_close(). */
#ifndef TOME_RESIDENCY_H
#define TOME_RESIDENCY_H

#include <tome/base.h>

TOME_BEGIN_DECLS

/** What is in memory of a range, in bytes of whole pages; TOME_UNKNOWN (info.h) where this system cannot tell. */
typedef struct tome_residency {
  size_t struct_size; /**< sizeof(tome_residency), set by the caller */
  uint64_t pages;     /**< all that the range touches */
  uint64_t resident;  /**< in memory */
  uint64_t dirty;     /**< of these, changed and not written back yet */
  uint64_t writeback; /**< of these, being written back now */
  uint64_t holes; /**< bytes of the range in holes of the file: they need no memory and no disk */
} tome_residency;

/** Ask what is in memory of a range.
 *  @param map              borrowed
 *  @param offset           first byte
 *  @param length           bytes; TOME_END: to the end of the map
 *  @param[in,out] ret      its struct_size says which fields the caller knows
 *  @return 0, or TOME_EINVAL (struct_size), TOME_ERANGE, TOME_EIO, TOME_ESYSTEM.
 *  Cost: some microseconds, and a few nanoseconds for each page that is in memory; counting holes, a system call for each, up to
 *  100,000 (then: TOME_UNKNOWN). With a struct_size that ends before `holes` none are counted.
 *  Since 0.1. */
TOME_API int tome_residency_get(tome *map, uint64_t offset, uint64_t length, tome_residency *ret);

/** Ask of each page of a range whether it is in memory.
 *  @param map         borrowed
 *  @param offset      first byte
 *  @param length      bytes; TOME_END: to the end of the map
 *  @param[out] ret_pages  a byte for each page that the range touches: 1 if it is in memory, else 0. The first stands for the
 *                     page of the file that `offset` lies in
 *  @param count       how many bytes there is room for
 *  @return 0, or TOME_ERANGE, TOME_EINVAL (too little room), TOME_ENOTSUP (the system does not tell this user),
 *          TOME_ENOMEM (no window could be mapped), TOME_EIO, TOME_ESYSTEM.
 *  Cost: about 10 ms for each GiB. Since 0.1. */
TOME_API int tome_residency_pages(tome *map, uint64_t offset, uint64_t length,
                                  unsigned char *ret_pages, size_t count);

/** Let the pages of a range go from memory.
 *  What is dirty is written back first, whoever stored it. Pages that another map or process has mapped stay, and so do those
 *  that are locked and those that the range covers only in part, or that the system holds as one with pages outside of it. A
 *  private map (TOME_COPY) keeps what was stored into it, and what it has read as memory.
 *  Needs no privilege.
 *  @param map     borrowed
 *  @param offset  first byte
 *  @param length  bytes; TOME_END: to the end of the map
 *  @return 0 (also if pages stayed: tome_residency_get() tells), or TOME_ERANGE, TOME_ENOTSUP, TOME_ESYSTEM,
 *          TOME_EIO and TOME_ENOSPC (write-back failed, now or earlier, which sticks as after tome_flush(): nothing goes, since
 *          memory may be the only place where it is). Since 0.1. */
TOME_API int tome_evict(tome *map, uint64_t offset, uint64_t length);

/** How to warm. Start from TOME_WARMING_INIT. */
typedef struct tome_warming {
  size_t struct_size; /**< sizeof(tome_warming) */
  uint64_t
      rate; /**< bytes a second to read from the disk at most; 0: as fast as it can. Where the system does not tell this
                        user what is in memory, that counts too */
  /** Called now and then with how many bytes of the range are done, at last with all of them; another result than 0 stops the
   *  warming. NULL: nobody. */
  int (*progress)(void *context, uint64_t done, uint64_t length);
  void *context; /**< handed to `progress` */
} tome_warming;

#define TOME_WARMING_INIT                                                                          \
  { sizeof(tome_warming), 0, NULL, NULL }

/** Bring a range into memory: from the disk into the system's page cache, not into the process.
 *  What is in memory already is not read again; holes are passed over. The system may take back what is not used: see
 *  tome_lock().
 *  @param map      borrowed
 *  @param offset   first byte
 *  @param length   bytes; TOME_END: to the end of the map
 *  @param warming  borrowed; NULL: at full speed, in silence
 *  @return 0, or TOME_ERANGE, TOME_EINVAL (struct_size), TOME_ECANCELED (`progress` said so), TOME_ENOMEM,
 *          TOME_ELOST (the file was cut, or the disk could not read; the error's range names the bytes; what comes after them was
 *          not read). Since 0.1. */
TOME_API int tome_warm(tome *map, uint64_t offset, uint64_t length, const tome_warming *warming);

/** Bring a range into memory and keep it there until tome_unlock() or tome_close().
 *  Whole pages are locked, and locks do not add up: what is locked twice is unlocked once. What the map shrinks by is unlocked,
 *  and what it grows by is not locked. A page that was lost (TOME_ELOST) is not locked when it comes back; lock it again.
 *  A child made by fork() has no locks. Other calls that lock or unlock in this map wait meanwhile; all others go on.
 *  @param map     borrowed
 *  @param offset  first byte
 *  @param length  bytes; TOME_END: to the end of the map
 *  @return 0, or TOME_ERANGE, TOME_ELIMIT (more than this process may lock: `ulimit -l`),
 *          TOME_ENOMEM (no memory, or the range does not fit the address space), TOME_ELOST (a page could not be read; nothing is
 *          locked that was not before). Since 0.1. */
TOME_API int tome_lock(tome *map, uint64_t offset, uint64_t length);

/** Let the system take a range's memory back again when it needs it. Whole pages are unlocked; what is not locked is left alone.
 *  @param map     borrowed
 *  @param offset  first byte
 *  @param length  bytes; TOME_END: to the end of the map
 *  @return 0, or TOME_ERANGE, TOME_ENOMEM (no memory to note what stays locked around the range, or too many mappings; it is
 *          locked as before). Since 0.1. */
TOME_API int tome_unlock(tome *map, uint64_t offset, uint64_t length);

TOME_END_DECLS

#endif
