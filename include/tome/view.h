/* Views: a range of the map as a pointer.
 *
 * Between tome_view_begin() and tome_view_end() the bytes stay at one address, whatever is appended, resized or
 * refreshed meanwhile. If bytes under a view are lost, loads give zeros and stores go nowhere; the process
 * lives, and tome_view_end() (or tome_check(), earlier) says which bytes. So believe what you computed from a
 * view only after its end returned 0.
 *
 * A view is `length` bytes, also after the map has grown: begin another one for the new bytes. As long as it lies within
 * tome_info.reserved its address is the old one plus the distance, so that pointers from one view to another stay good. */
#ifndef TOME_VIEW_H
#define TOME_VIEW_H

#include <tome/base.h>

#define TOME_VIEW_READ UINT32_C(0) /**< loads only; stores are undefined */
#define TOME_VIEW_WRITE                                                                            \
  UINT32_C(                                                                                        \
      1) /**< loads and stores; blocks are allocated first (not with TOME_SPARSE, nor for anonymous memory) */
/** How a view will be read, added to one of the above. It holds until the view ends, for all who read these pages of the map; of
 *  overlapping views the last one's counts. Only hints, and of a thousand views at a time.
 *  Without: as the options of the map say. If they say nothing, a view of up to 128 KiB reads exactly its own pages, all at once
 *  when it begins, unless it goes on where the last one ended; in a larger one the system reads ahead. */
#define TOME_VIEW_RANDOM UINT32_C(2) /**< here and there: a page that is missing is read alone */
#define TOME_VIEW_SEQUENTIAL UINT32_C(4) /**< in order: the system reads ahead */

TOME_BEGIN_DECLS

/** A view. Made by tome_view_begin(); a plain value that may be copied, ended exactly once. */
typedef struct tome_view {
  void *data;           /**< the first byte; aligned as its offset in the file is */
  size_t length;        /**< bytes that may be used */
  uint64_t offset;      /**< of the first byte, in the map */
  tome *map;            /**< NULL once ended */
  uint64_t internal[3]; /**< Tome's own */
} tome_view;

/** Begin a view.
 *  @param map            borrowed; must outlive the view
 *  @param offset         first byte, of any alignment
 *  @param length         bytes; 0 is allowed
 *  @param intent         TOME_VIEW_READ or TOME_VIEW_WRITE, and perhaps TOME_VIEW_RANDOM or TOME_VIEW_SEQUENTIAL
 *  @param[out] ret_view  owned by the caller until tome_view_end(); untouched on failure
 *  @return 0, or
 *          TOME_EINVAL (unknown intent, or two that exclude each other), TOME_ERANGE (not wholly inside the map), TOME_EREADONLY (write intent on a read-only
 *          map), TOME_ENOSPC, TOME_EIO (write intent, holes could not be filled), TOME_ELOST (the disk has failed), TOME_ENOMEM
 *          (the range does not fit the address space)
 *  Threads: any. Cost: tens of nanoseconds; for pages that were not read before, and for hints, a system call or two more; with
 *  TOME_VIEW_WRITE another, unless all of it was written to by
 *  tome_write() before; where the map works through windows, sometimes a mapping. Since 0.1. */
TOME_API int tome_view_begin(tome *map, uint64_t offset, size_t length, uint32_t intent,
                             tome_view *ret_view);

/** End a view.
 *  @param view  its `data` becomes NULL and its `length` 0; a view already ended, or NULL, is left alone
 *  @return 0, or TOME_ELOST (bytes of the range were lost while the view was open; the error's range names them)
 *  Cost: tens of nanoseconds, or some hundred (a system call asks for the file's size) where the last page was not read before
 *  the view began. Reads nothing that was not asked for.
 *  Since 0.1. */
TOME_API int tome_view_end(tome_view *view);

TOME_END_DECLS

#endif
