/* Searching for patterns: matches or lines, by all processors, in order.
 *
 * Each processor takes the next piece of the range; what was found is told in the order of the file, in the caller's thread, with
 * bytes that are the search's own: what it tells is what it saw, whatever happens to the file (but a single hit beyond 16 MiB
 * lies in the map). Pieces that are in memory are looked at where they are mapped, and let go behind; all others are read into a
 * few MiB, and nothing of them is mapped. A match may be longer than a piece, and so may a line. */
#ifndef TOME_SEARCH_H
#define TOME_SEARCH_H

#include <tome/pattern.h>

#define TOME_SEARCH_LINES                                                                          \
  UINT32_C(                                                                                        \
      1) /**< tell lines that hold a match, not matches; the pattern has TOME_PATTERN_IN_LINES */
#define TOME_SEARCH_INVERT UINT32_C(2)  /**< lines that hold none; with TOME_SEARCH_LINES */
#define TOME_SEARCH_NUMBERS UINT32_C(4) /**< number the lines; with TOME_SEARCH_LINES */
#define TOME_SEARCH_OVERLAPPING                                                                    \
  UINT32_C(8) /**< a match at every place where one can begin; not with TOME_SEARCH_LINES */
#define TOME_SEARCH_BACKWARD                                                                       \
  UINT32_C(16) /**< from the end; for tome_matches_begin() with one byte string only */

TOME_BEGIN_DECLS

/** A match or a line. */
typedef struct tome_hit {
  uint64_t offset;           /**< of its first byte */
  uint64_t length;           /**< bytes; of a line without its end */
  uint64_t number;           /**< the line's, from 1 at the start of the range; else 0 */
  const unsigned char *data; /**< the bytes; gone when the callback returns */
} tome_hit;

/** How to search. Start from TOME_SEARCH_INIT. */
typedef struct tome_search_options {
  size_t struct_size; /**< sizeof(tome_search_options) */
  uint64_t from;      /**< first byte of the range. Lines: a line begins here */
  uint64_t to;        /**< its end; TOME_END: the end of the map. Lines: the last one ends here */
  uint64_t most;      /**< stop after so many hits; TOME_END: all */
  uint32_t flags;     /**< TOME_SEARCH_… */
  uint32_t threads;   /**< at most so many; 0: as many as there are processors for this process */
  /** Called with some hits, in order, at least one; anything but 0 ends the search. NULL: they are only counted. */
  int (*found)(void *context, const tome_hit *hits, size_t count);
  /** Called now and then; anything but 0 ends the search with TOME_ECANCELED. May be NULL. */
  int (*progress)(void *context, uint64_t done, uint64_t total);
  void *context; /**< for both, which are called in the caller's thread and may use the map */
} tome_search_options;

#define TOME_SEARCH_INIT                                                                           \
  { sizeof(tome_search_options), 0, TOME_END, TOME_END, 0, 0, NULL, NULL, NULL }

/** Search a range of a map.
 *  Matches do not overlap unless asked to: each is looked for behind the one before.
 *  @param map             borrowed; other threads may use it at the same time
 *  @param pattern         borrowed
 *  @param options         borrowed; NULL: count all matches
 *  @param[out] ret_count  hits, those told before a failure included (set on failure too); may be NULL
 *  @return 1 there are some, 0 there are none, or
 *          TOME_EINVAL (unknown flags, flags that do not go together), TOME_ERANGE (from > to, or past the end),
 *          TOME_ELOST (bytes of the range could not be read; what lies before them was told), TOME_ECANCELED,
 *          TOME_ENOMEM, TOME_ENOTSUP (TOME_SEARCH_BACKWARD), TOME_EFBIG (an expression would need more steps or memory at
 *          one place than it may have; the error's offset is that of the line, or a place before the match, and what lies before
 *          was told)
 *  Cost: linear for byte strings; for regular expressions see docs/search.md. Since 0.1. */
TOME_API int tome_search(tome *map, const tome_pattern *pattern, const tome_search_options *options,
                         uint64_t *ret_count);

/** Search memory: as tome_search(), in the calling thread alone; offsets count from `data`.
 *  @param data    borrowed, `length` bytes; nobody changes them meanwhile
 *  Since 0.1. */
TOME_API int tome_search_memory(const void *data, size_t length, const tome_pattern *pattern,
                                const tome_search_options *options, uint64_t *ret_count);

/** A walk from match to match. Opaque; for one thread at a time. */
typedef struct tome_matches tome_matches;

/** Begin a walk over the matches in a range.
 *  @param[out] ret  owned by the caller until tome_matches_end(); untouched on failure
 *  @param map       borrowed; must outlive the walk, as must
 *  @param pattern   borrowed
 *  @param from      first byte of the range
 *  @param to        its end; TOME_END: the end of the map
 *  @param flags     TOME_SEARCH_OVERLAPPING, TOME_SEARCH_BACKWARD or 0
 *  @return 0, or TOME_EINVAL, TOME_ERANGE, TOME_ENOMEM, TOME_ENOTSUP (backward with anything but one byte string)
 *  Since 0.1. */
TOME_API int tome_matches_begin(tome_matches **ret, tome *map, const tome_pattern *pattern,
                                uint64_t from, uint64_t to, uint32_t flags);

/** The next match.
 *  @param[out] ret_match  its bytes; untouched unless there is one
 *  @return 1, 0 (no more), or as tome_search(); after a failure the same again. Since 0.1. */
TOME_API int tome_matches_next(tome_matches *matches, tome_range *ret_match);

/** Some matches, in bounded time: those that are found already; if none is, those of one more piece (a quarter of a MiB; more only
 *  for needles or matches that are longer), which may be none. For callers that have something to look at now and then, or to give
 *  up while they wait. May be mixed with tome_matches_next().
 *  @param[out] ret_matches  their bytes, in order
 *  @param room              how many there is room for, at least 1
 *  @param[out] ret_count    how many there are; set unless it fails
 *  @return 1 (there may be more, also if there is none now), 0 (there are no more, and none now), or as tome_matches_next(). Since 0.1. */
TOME_API int tome_matches_some(tome_matches *matches, tome_range *ret_matches, size_t room,
                               size_t *ret_count);

/** End a walk. @param matches  owned, may be NULL. Since 0.1. */
TOME_API void tome_matches_end(tome_matches *matches);

TOME_END_DECLS

#endif
