/* What Tome asks of an operating system: the written contract.
 *
 * Each system implements these functions in whole files of its own (posix/, linux/, ...) and defines os_file,
 * os_mutex and os_signals in an os_platform.h. Code above this layer knows no system.
 *
 * Unless said otherwise a function returns 0 or a TOME_E… code; after a failure tome__os_last_error() is the
 * system's own code. Interrupted calls are begun again. Outputs are untouched on failure. */
#ifndef TOME_OS_H
#define TOME_OS_H

#include "os_platform.h"

#include <stddef.h>
#include <stdint.h>
#include <tome/error.h>
#include <tome/info.h>

/* ---- the system itself ---- */

/** What does not change while the process runs. Always succeeds. */
typedef struct os_system {
  size_t page;        /* bytes of a page; a power of two */
  size_t granularity; /* alignment of a mapping's file offset; a multiple of `page` */
  size_t
      patch; /* what can be put in the place of mapped pages begins at multiples of this; a divisor of `granularity` */
  uint64_t spare; /* address space to reserve beyond a file by default */
  size_t window;  /* bytes of a window where the whole does not fit */
} os_system;
const os_system *tome__os_system(void);

/** The system's code of the last failure in this thread (errno, GetLastError()). */
int tome__os_last_error(void);
/** Make that code what it was before some cleaning up. */
void tome__os_set_error(int system);

/** Memory from the heap, zeroed; NULL when there is none. */
void *tome__os_new(size_t count, size_t size);
/** Frees what tome__os_new() gave; NULL is left alone. */
void tome__os_free(void *memory);

/* A mutex that is not part of anything begins as OS_MUTEX_INITIALIZER. */
void tome__os_mutex_init(os_mutex *mutex);
void tome__os_mutex_destroy(os_mutex *mutex);
void tome__os_mutex_lock(os_mutex *mutex);
void tome__os_mutex_unlock(os_mutex *mutex);

void tome__os_condition_init(os_condition *condition);
void tome__os_condition_destroy(os_condition *condition);
/** Wait until it is told; may return for no reason. Pre: the mutex is held, as it is again afterwards. */
void tome__os_condition_wait(os_condition *condition, os_mutex *mutex);
/** Tell all who wait. */
void tome__os_condition_tell(os_condition *condition);

/** Start a thread. No signal is delivered to it but those that its own faults raise.
 *  Post: tome__os_thread_join() will be called. */
int tome__os_thread_start(os_thread *ret_thread, void (*body)(void *context), void *context);
/** Wait for its end. */
void tome__os_thread_join(os_thread thread);
/** Let another thread run. Callable in the fault handler. */
void tome__os_yield(void);
/** How many processors this process may use, at least 1. */
unsigned tome__os_processors(void);

/** Nanoseconds since some moment; never less than it was. */
uint64_t tome__os_now(void);
/** Do nothing for so long at least. */
void tome__os_sleep(uint64_t nanoseconds);

/** How far the system's clocks are ahead of UTC at a moment, in seconds. `utc` is in seconds since 1970.
 *  TOME_ENOTSUP if the system does not know. */
int tome__os_zone_at(int64_t utc, int32_t *ret_offset);

/* ---- files ---- */

/** What a file is at this moment. */
typedef struct os_stat {
  uint64_t size;      /* bytes; of a block device too */
  uint64_t allocated; /* bytes on the disk */
  uint64_t changed;   /* when last, in nanoseconds, as finely as the file system tells */
  uint32_t kind;      /* TOME_KIND_… */
} os_stat;

/** Open a path. `flags` are those of tome_open(), checked. TOME_TRUNCATE is not carried out here.
 *  Post: on success *ret_file can be mapped in principle and holds what is needed to make its directory entry
 *  durable if it was created. Never waits for another process. Fails with TOME_EISDIR, TOME_ENOTMAP for
 *  what is not a file; a file created by a failing call is removed again. */
int tome__os_open(const char *path, uint32_t flags, uint32_t mode, os_file *ret_file);
/** Take a descriptor of the caller's: *ret_file is independent of it in position and status flags where the
 *  system allows. Fails with TOME_EBADF, TOME_EACCES (not open for what `flags` need). */
int tome__os_adopt(int descriptor, uint32_t flags, os_file *ret_file);
/** Shared memory as a file of size 0 that only this process and its children can reach. */
int tome__os_memory_file(os_file *ret_file);
/** Undo the creation of a file by tome__os_open(), if it was created; then close. Cannot fail. */
void tome__os_abandon(os_file *file, const char *path);
/** Close; the file is closed whatever is returned. */
int tome__os_close(os_file *file);

/** Callable in a signal handler. */
int tome__os_stat(const os_file *file, os_stat *ret_stat);
/** Which file this is: the same for every way to open it, another for a file that is created later in its place (where the file
 *  system keeps the moment of creation). Of devices, the device. Compared by its bytes. The first two words alone tell
 *  files apart that there are at the same time. */
typedef struct os_identity {
  uint64_t words[4];
} os_identity;
int tome__os_identity(const os_file *file, os_identity *ret_identity);
/** Bytes of the file; 0 if it cannot be asked. */
uint64_t tome__os_size_now(const os_file *file);
/** What the kind of file system means for a mapping. */
typedef struct os_traits {
  int can_be_cut; /* another process may shorten the file (it is not sealed memory, not a device) */
  int own_flags;  /* nobody else can make writing at an offset mean anything else (O_APPEND) */
  int moves_blocks; /* overwriting a block may need a new one (copy-on-write file systems) */
  int exact_holes;  /* what was stored through a mapping is no hole from that moment on */
} os_traits;
/** TOME_ENOTSUP for pages of another size than the system's (hugetlbfs), TOME_ENOTMAP for what cannot be mapped (/proc). */
int tome__os_traits(os_file *file, os_traits *ret_traits);

/** Read at most `length` bytes; *ret_read less than that means the end of the file. On failure *ret_read is what was
 *  read before it. */
int tome__os_read(const os_file *file, uint64_t offset, void *buffer, size_t length,
                  size_t *ret_read);
/** Read what is in memory already of the beginning of a range, and wait for nothing: *ret_read bytes, often 0. What was not there
 *  the disk has begun to read, mostly, so that tome__os_read() of the rest waits no longer than it would have alone.
 *  TOME_ENOTSUP: this file cannot be read so. Errors of the disk are told by tome__os_read(). */
int tome__os_read_now(const os_file *file, uint64_t offset, void *buffer, size_t length,
                      size_t *ret_read);
/** Have the system expect this kind of reading, TOME_ADVICE_…, of this file; TOME_ADVICE_NOTICE: of no kind, as at first. Nothing
 *  happens to a description that is not ours alone. A hint: cannot fail. */
void tome__os_expect(const os_file *file, uint32_t advice);
/** The first offset from `offset` on that is not in a hole; UINT64_MAX if the rest is one; `offset` if holes cannot be told.
 *  Pre: nobody appends to the file through `file` meanwhile. */
uint64_t tome__os_next_data(os_file *file, uint64_t offset);
/** Start reading exactly the pages of this range from the disk; returns before they are there. The read that follows finds them,
 *  so the system has nothing to guess about what comes next, of which it would read megabytes. A hint: cannot fail. */
void tome__os_read_ahead(const os_file *file, uint64_t offset, uint64_t length);
/** The first offset from `offset` on that is in a hole; UINT64_MAX if none is known, up to the end of the file.
 *  Pre: nobody appends to the file through `file` meanwhile. */
uint64_t tome__os_next_hole(os_file *file, uint64_t offset);
/** How many holes begin or lie in [from, end), and how many bytes of it are in them. TOME_ENOTSUP if holes cannot be told, or are
 *  too many to count. Pre: nobody appends to the file through `file` meanwhile. */
int tome__os_holes(os_file *file, uint64_t from, uint64_t end, uint64_t *ret_count,
                   uint64_t *ret_bytes);
/** What of a range is in memory, in bytes of whole pages; TOME_UNKNOWN where this system does not tell. */
typedef struct os_residency {
  uint64_t resident;  /* pages that are just being read count too */
  uint64_t dirty;     /* changed and not written back yet */
  uint64_t writeback; /* being written back */
} os_residency;
/** TOME_ENOTSUP: this user is not told, or it would take minutes. Pre: length > 0. */
int tome__os_residency(const os_file *file, uint64_t offset, uint64_t length,
                       os_residency *ret_residency);
/** For each page that the range touches, whether its bytes are in memory: 1 or 0. On failure *ret_pages is undefined.
 *  TOME_ENOTSUP: this user is not told. Pre: length > 0. */
int tome__os_resident_pages(const os_file *file, uint64_t offset, uint64_t length,
                            unsigned char *ret_pages);
/** How many bytes of the range are in memory, in whole pages; UINT64_MAX if that cannot be told. */
uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length);
/** Let the clean pages that lie wholly in the range, and that no process maps, go from memory. Pre: length > 0. */
int tome__os_evict(const os_file *file, uint64_t offset, uint64_t length);
/** When the file was last written, in nanoseconds since 1970. */
int tome__os_written(const os_file *file, int64_t *ret_time);
/** Write all, growing the file if needed. *ret_written is how much was, also on failure. */
int tome__os_write(const os_file *file, uint64_t offset, const void *data, size_t length,
                   size_t *ret_written);
/** Write all at the end of the file, atomically among appenders; *ret_offset is where (with a borrowed description, as
 *  far as nobody else appended at that moment). On failure the length is as before. `size` is the size the caller
 *  believes in. */
int tome__os_append(os_file *file, uint64_t size, const void *data, size_t length,
                    uint64_t *ret_offset);
/** Grow from `old_size` to `new_size`, with blocks unless `sparse`; never makes the file shorter than it is.
 *  On failure size and blocks are as before. */
int tome__os_extend(const os_file *file, uint64_t old_size, uint64_t new_size, int sparse);
int tome__os_truncate(const os_file *file, uint64_t size);
/** After a failure: cut the file back to `size`, if it can be, and leave tome__os_last_error() as it is. */
void tome__os_cut_back(const os_file *file, uint64_t size);
/** Make sure of the blocks of a range, also behind the end of the file: the length stays. TOME_ENOTSUP where the file system has
 *  no such call. */
int tome__os_allocate(const os_file *file, uint64_t offset, uint64_t length);
/** Why a range, mapped at `address`, could not be made writable just now: TOME_ENOSPC or TOME_ELOST. */
int tome__os_store_failure(const os_file *file, uint64_t offset, void *address, size_t length);

/** What to write between a directory and a name in it, after the fashion of the directory: "" if it ends with a divider. */
const char *tome__os_divider(const char *directory);
/** Put a file of these bytes in the place of `path`, in one step: whoever opens it finds what was there or all of this. Only its
 *  owner may read it. Not made durable: after a power failure it may be damaged. Until it is complete it lies beside, as
 *  `path` and ".new", where the next call finds it and begins it anew if this one is killed. TOME_EBUSY: someone else is
 *  putting one there at this moment, or has open what is there, on a system where that cannot be replaced then. */
int tome__os_replace(const char *path, const void *data, size_t length);

/** Bring a range to `level`, TOME_FLUSH_…. A created file's name included for TOME_FLUSH_DURABLE. TOME_ENOMEM, TOME_EBUSY:
 *  nothing was lost, and the call can be made again; TOME_ENOTSUP: nothing was lost, but this user may not have it flushed.
 *  After any other failure what was to be written may be gone. */
int tome__os_flush(os_file *file, uint64_t offset, uint64_t length, int level);

/* ---- memory ---- */

#define OS_WRITE 1   /* stores allowed */
#define OS_PRIVATE 2 /* stores stay in this mapping */

/** Map a range of a file, and reserve address space for all of it; it may reach past the end of the file. *ret_usable: so many bytes
 *  are mapped, whole pages of the file at least, or all of it where what lies past the end becomes usable by itself as the file
 *  grows. Pre: `offset` is a multiple of the granularity, length > 0. Backed by address space only. */
int tome__os_map(const os_file *file, uint64_t offset, size_t length, int access,
                 void **ret_address, size_t *ret_usable);
/** The file has grown: map more of what tome__os_map() reserved at `address`. *usable is as that returned it and never less afterwards;
 *  what was usable stays where it is, and may be in use. TOME_ENOMEM: that address space is not to be had any more, ever.
 *  Pre: callers are serialised. */
int tome__os_map_more(const os_file *file, void *address, size_t *usable);
/** Replace mapped pages by the file again; who uses them meanwhile waits. On failure they are as they were.
 *  Pre: begins at a multiple of `patch`, and ends there or where the mapping does. */
int tome__os_map_over(const os_file *file, uint64_t offset, void *address, size_t length,
                      int access);
/** Replace mapped pages by zeroed private memory; who uses them meanwhile waits. Callable in the fault handler. Pre: as above. */
int tome__os_patch(void *address, size_t length, int access);
/** Unmap all that a tome__os_map() or tome__os_pages() gave, of that length. */
int tome__os_unmap(void *address, size_t length);
/** Zeroed memory that takes space only where it is touched. Freed by tome__os_unmap(). */
int tome__os_pages(size_t length, void **ret_address);

/** Start reading exactly this range from the disk; returns at once. A hint: cannot fail. Any alignment. */
void tome__os_will_need(void *address, size_t length);
/** Have the system expect this kind of reading, TOME_ADVICE_…, of mapped pages. A hint: cannot fail. Any alignment. */
void tome__os_advise(void *address, size_t length, uint32_t advice);
/** Take the range out of this process's page tables; what the file holds stays as it is. A hint: cannot fail.
 *  Pre: a shared mapping. Only whole pages inside the range are let go. Any alignment. */
void tome__os_let_go(void *address, size_t length);
/** Memory from tome__os_pages(), all of it, is zeros again and takes no space. */
void tome__os_clear_pages(void *address, size_t length);
/** Whether all that the range maps is in memory, though perhaps not in this process's page tables. 0 where that cannot be told.
 *  Any alignment. */
int tome__os_is_resident(void *address, size_t length);
/** Make the range's pages present for reading, or for storing (`access` has OS_WRITE: blocks are allocated).
 *  Any alignment. Fails without a signal: TOME_ELOST if a page cannot be had, TOME_ENOTSUP if not known here. */
int tome__os_populate(void *address, size_t length, int access);

/** Keep the mapped pages of a range in memory from the moment on when they come in, which few are made to do. TOME_ELIMIT: more
 *  than this process may; TOME_ENOMEM. On failure any part of it may be locked. Any alignment, outwards to whole pages. */
int tome__os_lock(void *address, size_t length);
/** Bring the pages of a locked range in. TOME_ELOST if one cannot be had, TOME_ENOMEM. */
int tome__os_bring_in(void *address, size_t length);
/** The contrary of tome__os_lock(). TOME_ENOMEM: too many mappings, and it is locked as before. */
int tome__os_unlock(void *address, size_t length);
/** How many bytes the process may lock, and how many it has locked; UINT64_MAX: no limit, or not known. */
void tome__os_lock_limit(uint64_t *ret_limit, uint64_t *ret_locked);

/** Memory of all kinds that this process may use, the system's copies of files included, in bytes; UINT64_MAX where that cannot
 *  be told. Takes some ten microseconds. */
typedef struct os_memory {
  uint64_t free; /* before the system has to take some from somebody */
  uint64_t all;
} os_memory;
void tome__os_memory(os_memory *ret_memory);

/* ---- what it has cost ---- */

/** Figures of the whole process since it began; TOME_UNKNOWN where they cannot be told. */
typedef struct os_usage {
  uint64_t minor_faults; /* page faults that needed no disk */
  uint64_t major_faults; /* and those that did */
  uint64_t disk;         /* bytes that the disk read for it */
} os_usage;
void tome__os_usage(os_usage *ret_usage);
/** Bytes of the range that are in this process's page tables; TOME_UNKNOWN if that cannot be told. Page-aligned. */
uint64_t tome__os_mapped(const void *address, size_t length);

/* ---- lost pages ---- */

/** Called for a fault at an address, in a signal handler with all signals blocked. `access` is OS_WRITE if it was a store and the
 *  system raises the same for a store that the mapping does not allow; else 0. Returns 1 if dealt with. */
typedef int os_fault_handler(uintptr_t address, int access);
/** Install the process's handler of lost pages, or see to it that it still is the one that is called.
 *  Pre: callers are serialised, with all signals blocked. */
int tome__os_fault_install(os_fault_handler *handler);
/** Give back what was there before, unless someone has installed another on top of ours.
 *  Pre: callers are serialised, with all signals blocked. */
void tome__os_fault_remove(void);
/** In the child of a fork: whatever lock the handler has is free. */
void tome__os_fault_forked(void);
/** Every thread of the process passes a full memory barrier before this returns, or has done so by OS_FENCE(). Callable in a signal
 *  handler. */
void tome__os_barrier(void);
/* What stands between an access and a look at what tome__os_barrier() orders: nothing but the order of instructions, where that
 * reaches all threads by itself. */
#ifndef OS_FENCE
#define OS_FENCE() atomic_signal_fence(memory_order_seq_cst)
#endif

/** Block all signals of this thread, so that a lock shared with the fault handler can be taken. */
void tome__os_signals_block(os_signals *ret_before);
void tome__os_signals_restore(const os_signals *before);
/** Have `before` called before a fork, and after it one of the others. NULL: nothing. */
int tome__os_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* ---- what is in memory ---- */

/** Fill the figures of `ret_info` that are the file's: all but struct_size, page_size, size and reserved.
 *  Pre: nobody appends to the file through `file` meanwhile. */
int tome__os_info(os_file *file, tome_info *ret_info);

#endif
