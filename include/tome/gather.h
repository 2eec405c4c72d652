/* Many reads at once.
 *
 * Reading one range after the other, each that is not in memory waits for the disk alone. Here all are asked for first, in the
 * order in which they lie in the file and without asking for a page twice, and copied as they come: N cold reads cost about what
 * the disk needs when it is kept busy, and leave behind their own pages only. What is in memory is copied without asking anybody.
 *
 * Ranges may be in any order, overlap, repeat and be empty. There may be millions: a few thousand at a time are put in order, and only
 * so much is asked for ahead (8 MiB) that what has come is copied before it is wanted elsewhere.
 *
 * A range that cannot be read spoils itself alone: the others are read all the same, and its `result` says why. */
#ifndef TOME_GATHER_H
#define TOME_GATHER_H

#include <tome/base.h>

TOME_BEGIN_DECLS

/** One range to be read. */
typedef struct tome_span {
  uint64_t offset; /**< first byte, in the map */
  size_t length;   /**< bytes; 0 is allowed */
  void *
      buffer; /**< where they go: `length` bytes, borrowed; contents unspecified where `result` is not 0 */
  int result; /**< set by the call: 0, or the TOME_E… of this span */
} tome_span;

/** Read many ranges.
 *  @param map          borrowed; other threads may use it at the same time
 *  @param[in,out] spans  `count` of them, borrowed; the order stays. Buffers may not overlap each other
 *  @param count        how many; 0 succeeds
 *  @return 0 (all were read), or
 *          TOME_EINVAL (a buffer that is NULL though its length is not 0; no spans; more than memory holds), TOME_ERANGE (a span is
 *          not wholly inside the map; the error's range names the first such): nothing is read and no `result` is set,
 *          TOME_ELOST (bytes of some spans could not be read, as in tome_read(): their `result` says so; the error's range names
 *          the bytes of the first such span in the array),
 *          TOME_ENOMEM (likewise: no window could be mapped)
 *  Cost: warm, about a copy each; the first touch of a page, two or three short system calls; cold, what the disk takes for all of
 *  them at its deepest queue. Memory: about 100 KiB at most, whatever the count; none is no failure. Since 0.1. */
TOME_API int tome_gather(tome *map, tome_span *spans, size_t count);

/** A gather that goes on by itself. Opaque. */
typedef struct tome_gathering tome_gathering;

/** Begin to read many ranges, and return. A thread of Tome's does what tome_gather() does.
 *  @param map          borrowed; must stay open until tome_gather_end()
 *  @param[in,out] spans  borrowed with their buffers until tome_gather_end(); not to be looked at before tome_gather_is_done()
 *  @param count        how many
 *  @param[out] ret     owned by the caller until tome_gather_end(); untouched on failure
 *  @return 0, or TOME_EINVAL and TOME_ERANGE as tome_gather(), TOME_ENOMEM (no memory, no thread).
 *  Cost: a thread, and a look at each span. Since 0.1. */
TOME_API int tome_gather_start(tome *map, tome_span *spans, size_t count, tome_gathering **ret);

/** Whether a gather has come to its end, so that tome_gather_end() will not wait.
 *  @param gathering  borrowed
 *  @return 1 or 0. Any thread. Since 0.1. */
TOME_API int tome_gather_is_done(const tome_gathering *gathering);

/** Ask a gather to stop soon: a read that waits for the disk comes to its end first. The spans it has not read have the `result`
 *  TOME_ECANCELED.
 *  @param gathering  borrowed. Any thread; returns at once. Since 0.1. */
TOME_API void tome_gather_cancel(tome_gathering *gathering);

/** Wait for a gather's end.
 *  @param gathering  owned, may be NULL: it is gone afterwards
 *  @return as tome_gather(), or TOME_ECANCELED (it was stopped before all was read). Since 0.1. */
TOME_API int tome_gather_end(tome_gathering *gathering);

/** Ask the disk for many ranges and return, so that reads and views of them soon find them in memory.
 *  Exactly the pages of the ranges are asked for, in the order of the file. Nothing is waited for, but where the disk's queue is
 *  full the asking itself takes as long as the disk does. A hint: what cannot be read is told to those who read it.
 *  @param map     borrowed; other threads may use it at the same time
 *  @param ranges  `count` of them, borrowed; any order; may overlap
 *  @param count   how many
 *  @return 0, or TOME_EINVAL (no ranges), TOME_ERANGE (a range is not wholly inside the map: nothing is asked for).
 *  Cost: a short system call for each stretch of pages, two where it is not in memory. Since 0.1. */
TOME_API int tome_prefetch(tome *map, const tome_range *ranges, size_t count);

TOME_END_DECLS

#endif
