/* Reading and writing by copying: the calls that cannot be surprised.
 *
 * A page that this map has not touched before is read by asking the system for exactly that range, so a cold
 * read costs one disk access and leaves only its own pages in memory. From then on the page is read as
 * memory, in a few nanoseconds.
 *
 * Offsets count from the start of the map. A range past the known size makes the call ask the file whether it
 * has grown before it answers TOME_ERANGE. A length of 0 succeeds at any offset up to the size. A buffer may
 * lie in a view of the same map as long as it does not overlap the range itself; tome_move() is for that.
 *
 * A full disk changes nothing: what needs blocks gets them before the first byte is stored. The exception are file systems that
 * copy on write, such as btrfs, where overwriting may run out of blocks half-way: with TOME_ENOSPC, or TOME_ELOST where the
 * system had promised the blocks. What lies before the error's range is stored then (behind it, where tome_move() goes
 * backwards, as its destination begins inside its source), what lies behind it may be, and a growing write may have made
 * the file longer. */
#ifndef TOME_ACCESS_H
#define TOME_ACCESS_H

#include <tome/base.h>

TOME_BEGIN_DECLS

/** Copy bytes out of the map: all of them or none. At the end of a file, ask for tome_size() - offset at most.
 *  @param map          borrowed; other threads may use it at the same time
 *  @param offset       first byte
 *  @param[out] buffer  `length` bytes; contents unspecified after a failure
 *  @param length       bytes
 *  @return 0, or
 *          TOME_ERANGE (not wholly inside the map: nothing is read),
 *          TOME_ELOST (the file was cut, or the disk could not read; the error's range names the bytes),
 *          TOME_ENOMEM (no window could be mapped)
 *  Cost: a copy, and a few nanoseconds; the first touch of a page, one system call. Since 0.1. */
TOME_API int tome_read(tome *map, uint64_t offset, void *buffer, size_t length);

/** Copy bytes out of the map, if that is done at once: for callers that have something to give up before they wait, such as a lock.
 *  What this map has read before is copied as memory; a page that the system took back since is read from the disk all the same.
 *  @param map          borrowed; other threads may use it at the same time
 *  @param offset       first byte
 *  @param[out] buffer  `length` bytes; contents unspecified unless they were read
 *  @param length       bytes
 *  @return 1 they were read, or 0: tome_read() may wait for them, or fails. Never an error, and changes none that was recorded.
 *  Cost: as tome_read() of what it has read before; 0 at once for more than 16 KiB. Since 0.1. */
TOME_API int tome_read_nowait(tome *map, uint64_t offset, void *buffer, size_t length);

/** Copy bytes into the map.
 *  With TOME_GROW a range past the end grows the file; what lies between the old end and `offset` becomes zero. If another
 *  process cuts the file at the very moment of a large write (64 KiB or more), it may grow the file again. Without TOME_GROW no
 *  write ever does, which makes large ones slower where memory is scarce.
 *  @param map     borrowed, writable; other threads may use it at the same time
 *  @param offset  first byte
 *  @param data    `length` bytes
 *  @param length  bytes
 *  @return 0, or
 *          TOME_EREADONLY, TOME_EACCES (sealed memory), TOME_ERANGE (past the end without TOME_GROW, or behind a part that ends
 *          before its file does; past UINT64_MAX), TOME_ENOSPC and TOME_EFBIG (length and contents as before),
 *          TOME_ELOST (the file was cut or the disk failed; bytes before the error's offset are stored),
 *          TOME_ENOMEM (no window could be mapped)
 *  Cost: a copy, and a few nanoseconds; the first touch of a page, one or two system calls. Since 0.1. */
TOME_API int tome_write(tome *map, uint64_t offset, const void *data, size_t length);

/** Copy bytes into the map, if that is done at once, as tome_read_nowait(): into pages that this map has stored into before.
 *  @return 1 they were written, or 0: tome_write() may wait, or fails, and nothing was written, or what was is lost. Never an
 *          error, and changes none that was recorded. Since 0.1. */
TOME_API int tome_write_nowait(tome *map, uint64_t offset, const void *data, size_t length);

/** Add bytes at the end of the file, wherever that is now, and grow the map by them.
 *  Appends are atomic among all processes and threads that append to the file through Tome or with O_APPEND:
 *  none overwrites another's. What others appended before is adopted.
 *  @param map              borrowed, opened with TOME_WRITE (TOME_GROW is not needed) or anonymous
 *  @param data             `length` bytes
 *  @param length           bytes; 0 appends nothing and succeeds
 *  @param[out] ret_offset  where the data begins; may be NULL; untouched on failure
 *  @return 0, or
 *          TOME_EREADONLY, TOME_EACCES (sealed memory), TOME_ERANGE (the map is a part that ends before its file does, or begins
 *          behind its end), TOME_ENOTSUP (a device), TOME_ENOSPC, TOME_EFBIG, TOME_EIO. After any of these length and contents
 *          are as before.
 *          TOME_EBUSY (more than the system takes in one call, 2 GiB on Linux, and another process appended in
 *          between: a beginning of the data is in the file, before the other's)
 *  Cost: four system calls, and a copy. Since 0.1. */
TOME_API int tome_append(tome *map, const void *data, size_t length, uint64_t *ret_offset);

/** Copy bytes within the map; the ranges may overlap.
 *  @param map     borrowed, writable
 *  @param to      first byte of the destination
 *  @param from    first byte of the source
 *  @param length  bytes
 *  @return 0, or
 *          TOME_EREADONLY, TOME_ERANGE (either range is not wholly inside the map), TOME_ENOSPC (a hole could not
 *          be filled), TOME_ELOST (as tome_read() and tome_write(); bytes that could not be read are not
 *          replaced by zeros: copying stops before them), TOME_ENOMEM
 *  Cost: two copies through the processor's cache. Since 0.1. */
TOME_API int tome_move(tome *map, uint64_t to, uint64_t from, uint64_t length);

/** Set bytes to one value.
 *  @param map     borrowed, writable
 *  @param offset  first byte
 *  @param length  bytes; TOME_END: to the end of the map
 *  @param byte    converted to unsigned char
 *  @return 0, or as tome_write() inside the map. Since 0.1. */
TOME_API int tome_fill(tome *map, uint64_t offset, uint64_t length, int byte);

TOME_END_DECLS

#endif
