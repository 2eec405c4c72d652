/* Searching for a byte string, in the calling thread. For many strings, regular expressions, lines and all processors: search.h. */
#ifndef TOME_FIND_H
#define TOME_FIND_H

#include <tome/base.h>

TOME_BEGIN_DECLS

/** Find the first occurrence of a byte string.
 *  Searches for a match that lies wholly in [from, to). An empty needle is found at `from`.
 *  @param map              borrowed; other threads may use it at the same time
 *  @param needle           bytes, `needle_length` of them; need not end in a NUL
 *  @param needle_length    bytes
 *  @param from             first byte of the range
 *  @param to               end of the range; TOME_END: the end of the map
 *  @param[out] ret_offset  first byte of the match, in the map; may be NULL; untouched unless found
 *  @return 1 found, 0 not found, or
 *          TOME_ERANGE (from > to, or past the end), TOME_ELOST (bytes in the range could not be read: the search
 *          stopped there, and there is no match before them), TOME_ENOMEM (no window could be mapped)
 *  Cost: linear in to - from for any needle; reads ahead of itself and lets go of what is behind; holes of a
 *  sparse file are passed over (on ext4, xfs, btrfs and tmpfs). Since 0.1. */
TOME_API int tome_find(tome *map, const void *needle, size_t needle_length, uint64_t from,
                       uint64_t to, uint64_t *ret_offset);

/** Find the last occurrence of a byte string.
 *  As tome_find(), from the end backwards. An empty needle is found at `to`.
 *  @return 1 found, 0 not found, or as tome_find() (TOME_ELOST: there is no match behind the lost bytes).
 *  Cost: linear in to - from for any needle. Since 0.1. */
TOME_API int tome_rfind(tome *map, const void *needle, size_t needle_length, uint64_t from,
                        uint64_t to, uint64_t *ret_offset);

/** Count the occurrences of a byte string, none overlapping another: each is looked for behind the one before.
 *  As tome_find(). An empty needle is found at every byte and at `to`.
 *  @param[out] ret_count  how many; untouched on failure
 *  @return 1 there are some, 0 there are none, or as tome_find(). Cost: as one tome_find() over the range. Since 0.1. */
TOME_API int tome_count(tome *map, const void *needle, size_t needle_length, uint64_t from,
                        uint64_t to, uint64_t *ret_count);

TOME_END_DECLS

#endif
