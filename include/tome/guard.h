/* The guard: lost pages become errors.
 *
 * Bytes behind a mapping are lost when another process cuts the file, when a disk or a network server fails, or
 * when a sparse file's file system is full. The operating system then raises a signal (SIGBUS). With the first
 * guarded map Tome installs a handler, chained to the one that was there; it puts zeroed private memory under
 * the interrupted instruction, notes the range, and lets it go on. The call in progress returns TOME_ELOST and
 * puts the file back, so that the bytes are good again as soon as the file is. Signals that are not about our
 * maps go to the handler that was there before. With the last guarded map the handler is gone.
 *
 * A system call that is handed a pointer into a view gets EFAULT, or does less than asked, where bytes are lost: look at its
 * result, as no signal is raised and the view's end need not tell.
 *
 * With other threads beside it, a call may be told TOME_ELOST of bytes that are back already, where the guard's zeroed memory
 * still lies for another thread's call. More than 32 losses at once are told as fewer, longer ones.
 *
 * After TOME_ELOST the size is still the one that was known, and the lost bytes go on being lost until the file has them
 * again; tome_refresh() makes a cut the new size.
 *
 * Inside the page in which a file was cut the processor knows no end, and Linux may keep up to 2 MiB around it in one piece, of
 * which the rest is zeros. Zeros make a call ask the file. But what anybody stores there through a mapping after the cut looks
 * like bytes of the file, and hides that those before it in the page are lost, until the system writes it back. The store itself
 * is told as lost by the next flush, check or close, if the file has not grown over it by then.
 * What another process cuts off and grows again is zeros, for a moment or for good. A call that runs into that very moment
 * may read them as what they are, bytes of the file; pread() does the same.
 *
 * A thread that has SIGBUS blocked cannot be saved: the system kills the process. A handler that someone
 * else installs later is found, and chained to, by the next open. Until then it gets our signals; one that puts back what it found and
 * raises the signal again, as Python's faulthandler does, ends nothing (x86-64 and aarch64). While a guarded map is open, a handler that was there before
 * runs on the alternate signal stack if the thread has one; and a program started by exec has SIGBUS at its default, also if it
 * was ignored here. */
#ifndef TOME_GUARD_H
#define TOME_GUARD_H

#include <tome/base.h>

TOME_BEGIN_DECLS

/** Ask whether any bytes were lost that no call has reported yet.
 *  What copying calls and ended views reported is not told again. What open views lost is told here once, and
 *  again by the view's end (and what a view that may store has lost, once more by the next flush or close). Puts the
 *  file back under what was lost. For a writable map it also compares the
 *  size of the file with what was stored, since a file cut inside its last page raises no signal.
 *  @param map            borrowed; other threads may use it at the same time
 *  @param[out] ret_lost  the smallest range that holds all lost bytes; may be NULL; untouched if none are
 *  @return 0 nothing was lost, TOME_ELOST, or TOME_EIO, TOME_ESYSTEM (the file could not be asked)
 *  Cost: a few nanoseconds for a map that is not writable, else one system call. Since 0.1. */
TOME_API int tome_check(tome *map, tome_range *ret_lost);

/** Turn the guard on or off for maps that this process opens from now on; it starts on.
 *  TOME_NOGUARD does the same for one map.
 *  @param on  0: off
 *  @return what it was before, 0 or 1. Any thread. Since 0.1. */
TOME_API int tome_guard_enable(int on);

TOME_END_DECLS

#endif
