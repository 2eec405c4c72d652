/* Opening, closing, and changing the size of a map.
 *
 * A map is a file, a part of a file, or shared memory, seen as bytes [0, tome_size()). It never moves:
 * address space is reserved once, larger than the file, and the file grows into it. Past the reservation,
 * and where the whole does not fit the address space, the same calls work through windows.
 *
 * LENGTH AND CRASHES. The length of the file is exact at every moment, not only at close. Growth is never
 * padded ahead: tome_append() and a write past the end hand the new bytes and the new length to the system in one call, and
 * tome_resize() sets the very length that was asked for. A process killed at any moment (kill -9 included) leaves the length
 * before the call or the one after it; a kill in the middle of one large append, or of a large write past the end, may leave a
 * beginning of the new bytes, never bytes that were not written. The gap that a write past the end leaves is zeros, and comes
 * with the bytes behind it; only on a file system without fallocate are the zeros written first, and a kill may leave a part of
 * them.
 *
 * SPACE. A call that grows the file, or stores into a hole of a sparse one, first makes sure of the blocks:
 * a full disk is TOME_ENOSPC from that call, with length and contents as before. TOME_SPARSE lets
 * tome_resize() and gaps grow the file without blocks; a sparse tome_resize() is not safe beside another process's
 * append at the same moment, which it may cut off.
 *
 * OTHER PROCESSES see each store at once, as with any shared mapping. What they append or truncate is
 * adopted by tome_refresh(), and their growth also by any call that is asked for bytes past the known size.
 * Bytes they cut away while we use them are TOME_ELOST, never a signal (see guard.h). Calls that make the
 * file longer or shorter adopt a cut first: the map is then as small as the file was, an append lands at
 * the new end, and what was cut away of our own stores is told by the next flush, check or close. Only
 * appends are atomic among processes; a write past the end, and its gap, may overwrite what another
 * process appends at that moment, and a growing call that fails halfway for want of space may cut it off.
 *
 * PARTS. Options name any byte range. A part without a length follows the end of the file; a part with one
 * keeps to it. tome_resize() of a part that ends before the file does changes the part, not the file: bytes
 * that lie behind a part are never cut and never written over, and become the part's if it grows over them.
 *
 * THREADS. Different maps are independent. On one map any number of threads may read, write, fill, move, search, view, append,
 * flush, check, refresh, evict and grow at once. Shrinking is safe beside them too: a call that runs into it gives the right
 * bytes, TOME_ELOST or TOME_ERANGE, and what lies under a view is not cut. Stores to the same bytes at the same time are not
 * ordered by Tome. Bytes appended are seen before the size is. tome_close() must be the last call.
 *
 * FORK. A child may go on using its parent's maps (shared, as the mapping is), also if other threads of the parent were inside calls
 * on them: a fork waits for those that hold a lock for a moment, or grow the file. In the child nothing is locked in memory. What such
 * calls had under way there is not finished, and patterns, walks and indexes of lines that they were using are not to be used. New
 * patterns may be made there, unless the program itself was inside PCRE2 in another thread.
 *
 * RECORD LOCKS. As POSIX has it, closing any descriptor of a file drops all fcntl() locks the process holds
 * on it, so tome_close() does too. Locks of open file descriptions (F_OFD_SETLK) and flock() are not touched. */
#ifndef TOME_MAP_H
#define TOME_MAP_H

#include <tome/base.h>

/** Flags of tome_open() and tome_open_fd(). */
#define TOME_READ UINT32_C(0)  /**< reading only */
#define TOME_WRITE UINT32_C(1) /**< stores change the file and are seen by others */
#define TOME_COPY                                                                                  \
  UINT32_C(                                                                                        \
      2) /**< stores are private to this map (copy on write); fixed size. Stores in pages that are cut off are gone: a call that
                               touches them while they are missing says so, flush, check and close do not */
#define TOME_CREATE UINT32_C(4) /**< create a missing file; with TOME_WRITE */
#define TOME_EXCL UINT32_C(8)   /**< with TOME_CREATE: fail if the file exists */
#define TOME_TRUNCATE                                                                              \
  UINT32_C(16) /**< empty the file once everything else succeeded; with TOME_WRITE */
#define TOME_GROW UINT32_C(32)   /**< tome_write() past the end grows the file; with TOME_WRITE */
#define TOME_SPARSE UINT32_C(64) /**< growing leaves holes, without blocks; with TOME_WRITE */
#define TOME_NOGUARD                                                                               \
  UINT32_C(128) /**< no guard: a lost page is a signal, as with a plain mapping */

/** How the map will be read, in tome_options. It changes what the system reads beyond what is asked for, never a result. */
#define TOME_ADVICE_NOTICE UINT32_C(0) /**< noticed from the reads themselves */
#define TOME_ADVICE_RANDOM                                                                         \
  UINT32_C(1) /**< here and there: nothing is read beyond the pages asked for */
#define TOME_ADVICE_SEQUENTIAL UINT32_C(2) /**< in order: the system reads ahead */

TOME_BEGIN_DECLS

/** How to open. Start from TOME_OPTIONS_INIT. */
typedef struct tome_options {
  size_t struct_size; /**< sizeof(tome_options) */
  uint64_t offset;    /**< first byte of the part, of any alignment */
  uint64_t
      length; /**< bytes of the part, 0: none; TOME_END: to the end of the file, following it */
  uint64_t
      reserve; /**< bytes of address space to reserve; 0: chosen (size + 64 GiB on 64-bit, less where there are
                           hundreds of maps; where that is refused, and on 32-bit, size + 16 MiB at most; on 32-bit what would take all maps
                           together past 1 GiB goes through windows). A reservation that is refused is made smaller, not an error */
  size_t
      window; /**< 0: the whole is mapped where it fits. Otherwise all access goes through windows
                           of this many bytes (rounded up to the system's granularity). Not with TOME_COPY */
  uint32_t mode;   /**< permission bits of a created file, before the umask */
  uint32_t advice; /**< TOME_ADVICE_… */
} tome_options;

#define TOME_OPTIONS_INIT                                                                          \
  { sizeof(tome_options), 0, TOME_END, 0, 0, 0666, TOME_ADVICE_NOTICE }

/** Open a file as memory.
 *  Regular files and block devices can be mapped; an empty file is a map of size 0 that can grow.
 *  Symbolic links are followed. Never waits for a FIFO. The descriptor is not inherited by exec.
 *  @param[out] ret   the map, owned by the caller until tome_close(); untouched on failure
 *  @param path       the file
 *  @param flags      TOME_READ or a combination of the flags above
 *  @param options    borrowed; NULL: the whole file, everything chosen
 *  @return 0, or
 *          TOME_EINVAL (flags that do not go together; tome_error_last()->detail names them),
 *          TOME_ERANGE (the part is not inside the file; an end past UINT64_MAX),
 *          TOME_ENOENT, TOME_EEXIST, TOME_EACCES, TOME_EREADONLY (file system), TOME_ENOTDIR, TOME_ENAME,
 *          TOME_EISDIR, TOME_ENOTMAP (a pipe, socket, character device, /proc file),
 *          TOME_EMFILE, TOME_ENOMEM, TOME_EIO, TOME_EBUSY (a program being executed, a leased file),
 *          TOME_ENOTSUP (hugetlbfs)
 *  Cost: about twenty short system calls, none that depends on the size. Since 0.1. */
TOME_API int tome_open(tome **ret, const char *path, uint32_t flags, const tome_options *options);

/** Open an open descriptor as memory.
 *  @param[out] ret  the map, owned by the caller until tome_close(); untouched on failure
 *  @param fd        borrowed: the caller keeps it, may close it at once, and its offset and flags are left
 *                   alone. Needs read access, and write access for TOME_WRITE
 *  @param flags     as for tome_open(), but TOME_CREATE and TOME_EXCL are TOME_EINVAL
 *  @param options   borrowed; may be NULL
 *  The file is opened once more behind the descriptor. Where that is not possible (no /proc, no permission any
 *  more) the descriptor is shared: O_DIRECT, and O_APPEND with TOME_WRITE, are then TOME_ENOTSUP, and the offset
 *  that tome_append() tells is right only if no other process appends at that moment.
 *  On Windows a descriptor is a number of one C runtime: where the caller's is not the library's, it is TOME_EBADF, or another
 *  file's.
 *  @return 0, or as tome_open(), or TOME_EBADF (not open), TOME_EACCES (not open for that access). Since 0.1. */
TOME_API int tome_open_fd(tome **ret, int fd, uint32_t flags, const tome_options *options);

/** Shared memory without a name, zero-filled.
 *  Children made by fork() share it. It can be resized and appended to like a file; nobody can cut it.
 *  @param[out] ret  the map, owned by the caller until tome_close(); untouched on failure
 *  @param size      bytes; 0 is allowed
 *  @param options   borrowed; may be NULL. `offset` must be 0 and `length` TOME_END (else TOME_EINVAL)
 *  @return 0, or TOME_EINVAL, TOME_ENOMEM, TOME_EMFILE, TOME_EFBIG. Since 0.1. */
TOME_API int tome_anonymous(tome **ret, uint64_t size, const tome_options *options);

/** Close a map. All its views are gone, used or not.
 *  The map is freed whatever is returned. Does not flush: the system writes back in its own time.
 *  @param map  owned, may be NULL
 *  @return 0, or
 *          TOME_ELOST (stored bytes were cut away by another process and no call has said so yet),
 *          TOME_EIO, TOME_ENOSPC (the system reported an earlier write when the file was closed),
 *          TOME_EIO, TOME_ESYSTEM (the file could not be asked whether stored bytes were cut away).
 *  Threads: nobody else may be inside a call on this map. Since 0.1. */
TOME_API int tome_close(tome *map);

/** Bytes in the map, as far as it knows. Another process's change is not seen before tome_refresh().
 *  @param map  borrowed
 *  @return bytes. Any thread, at any time. Since 0.1. */
TOME_API uint64_t tome_size(const tome *map);

/** Change the size. The address of no byte that stays changes; views stay good.
 *  Growing allocates blocks (not with TOME_SPARSE), and bytes that are new in the file are zero. If another process has grown the
 *  file past `size` already, that growth is kept and adopted. Shrinking cuts the file only if the map reaches
 *  to its end.
 *  @param map   borrowed, opened with TOME_WRITE or anonymous
 *  @param size  bytes
 *  @return 0, or
 *          TOME_EREADONLY (not opened with TOME_WRITE), TOME_EACCES (sealed memory), TOME_EBUSY (a view covers bytes
 *          that would be cut; on Windows also: someone else, or a copy, has the file mapped),
 *          TOME_ENOTSUP (a device), TOME_ENOSPC, TOME_EFBIG, TOME_EIO. After any failure size and contents are as before.
 *  Since 0.1. */
TOME_API int tome_resize(tome *map, uint64_t size);

/** Adopt what other processes did to the size of the file.
 *  Growth becomes accessible at the address that continues the map's; after a cut the size is the smaller
 *  one, and open views keep their address and report the loss when they end.
 *  @param map  borrowed
 *  @return 0, or TOME_EIO, TOME_ESYSTEM (the file could not be asked). Cost: one system call. Since 0.1. */
TOME_API int tome_refresh(tome *map);

TOME_END_DECLS

#endif
