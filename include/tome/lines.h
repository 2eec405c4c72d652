/* Lines: counting them, walking over them, the one at an offset, the one of a number; and an index that finds line N at once.
 *
 * WHAT A LINE IS. A line reaches up to its end, which is one byte: a newline, or NUL; with TOME_LINES_CRLF a carriage return
 * right before the newline belongs to the end too. The last line may have no end. Behind the last end there is no line more,
 * and in an empty file there is none. Lines are numbered from 1.
 *
 * LENGTHS. A line may be of any length: none is ever held in memory. What is told are offsets; the bytes are there for
 * tome_read() or a view.
 *
 * LOSSES. Where bytes could not be read a call gives TOME_ELOST, unless its answer lies wholly before them (or, looking
 * backwards, behind them). */
#ifndef TOME_LINES_H
#define TOME_LINES_H

#include <tome/base.h>

/** What ends a line. */
#define TOME_LINES_LF UINT32_C(0)   /**< a newline */
#define TOME_LINES_CRLF UINT32_C(1) /**< a newline, and a carriage return right before it */
#define TOME_LINES_NUL UINT32_C(2)  /**< a NUL, as of find -print0 */

TOME_BEGIN_DECLS

/** Where a line lies, in the map. All zeros, it is the place before the first line. */
typedef struct tome_line {
  uint64_t offset; /**< of its first byte */
  uint64_t length; /**< bytes, without its end */
  uint64_t next;   /**< first byte behind its end: where the next line begins, if there is one */
} tome_line;

/** The line that a byte belongs to; the bytes of its end belong to it too.
 *  @param map            borrowed; other threads may use it at the same time
 *  @param offset         of the byte; there is no line at the end of the map
 *  @param ends           TOME_LINES_…
 *  @param[out] ret_line  untouched unless there is one
 *  @return 1, 0 (the offset is the end of the map), or
 *          TOME_EINVAL (unknown ends), TOME_ERANGE (past the end), TOME_ELOST, TOME_ENOMEM (no window could be mapped)
 *  Cost: linear in the line, which is looked at a few pages at a time. Since 0.1. */
TOME_API int tome_line_at(tome *map, uint64_t offset, uint32_t ends, tome_line *ret_line);

/** The next line: to walk over all of them, begin with all zeros.
 *  @param[in,out] line  a line; becomes the one that begins at line->next. Untouched unless there is one
 *  @return 1, 0 (it was the last), or as tome_line_at(). Cost: linear in the next line. Since 0.1. */
TOME_API int tome_line_next(tome *map, uint32_t ends, tome_line *line);

/** The line before: to walk over all of them from the end, begin with `offset` at the size of the map.
 *  @param[in,out] line  a line; becomes the one that ends where it begins. Untouched unless there is one
 *  @return 1, 0 (it was the first), or as tome_line_at(). Cost: linear in the line before. Since 0.1. */
TOME_API int tome_line_previous(tome *map, uint32_t ends, tome_line *line);

/** How to go through many lines. Start from TOME_LINES_INIT. */
typedef struct tome_lines_options {
  size_t struct_size; /**< sizeof(tome_lines_options) */
  uint64_t from;      /**< first byte of the range, which is taken as a text of its own */
  uint64_t to;        /**< its end; TOME_END: the end of the map */
  uint32_t ends;      /**< TOME_LINES_… */
  uint32_t threads;   /**< at most so many; 0: as many as there are processors for this process */
  /** Called now and then in the caller's thread with bytes; anything but 0 ends the call with TOME_ECANCELED. May be NULL. */
  int (*progress)(void *context, uint64_t done, uint64_t total);
  void *context; /**< for it */
} tome_lines_options;

#define TOME_LINES_INIT                                                                            \
  { sizeof(tome_lines_options), 0, TOME_END, TOME_LINES_LF, 0, NULL, NULL }

/** Count lines, with all processors.
 *  @param map             borrowed; other threads may use it at the same time
 *  @param options         borrowed; NULL: all of the map, ended by newlines
 *  @param[out] ret_count  how many lines; untouched on failure
 *  @return 1 there are some, 0 there are none, or
 *          TOME_EINVAL, TOME_ERANGE (from > to, or past the end), TOME_ELOST (the error's offset is the first byte that could
 *          not be read), TOME_ECANCELED, TOME_ENOMEM
 *  Cost: linear, at the speed of memory, with a few MiB of memory of its own. Since 0.1. */
TOME_API int tome_lines_count(tome *map, const tome_lines_options *options, uint64_t *ret_count);

/** Line `number` of a range, from its start; or, with the other one, from its end, where 1 is the last.
 *  @param number         from 1
 *  @param options        as for tome_lines_count()
 *  @param[out] ret_line  untouched unless there is one
 *  @return 1, 0 (there are not so many), or as tome_lines_count(); TOME_EINVAL also for a number 0
 *  Cost: counts the lines before it (behind it), with all processors where that is far; an index knows at once.
 *  Since 0.1. */
TOME_API int tome_lines_nth(tome *map, uint64_t number, const tome_lines_options *options,
                            tome_line *ret_line);
TOME_API int tome_lines_nth_last(tome *map, uint64_t number, const tome_lines_options *options,
                                 tome_line *ret_line);

/** An index of lines. Opaque; any number of threads may use it at once. */
typedef struct tome_line_index tome_line_index;

/** The index is built only if the directory holds one of this file already, of whatever age. */
#define TOME_LINE_INDEX_IF_KEPT UINT32_C(1)

/** How to make an index. Start from TOME_LINE_INDEX_INIT. */
typedef struct tome_line_index_options {
  size_t struct_size;    /**< sizeof(tome_line_index_options) */
  const char *directory; /**< where indexes are kept; NULL: not kept, only in memory. Borrowed */
  uint32_t ends;         /**< TOME_LINES_… */
  uint32_t flags;        /**< TOME_LINE_INDEX_… or 0 */
  uint32_t threads;      /**< as in tome_lines_options */
  int (*progress)(void *context, uint64_t done,
                  uint64_t total); /**< likewise; of what must be read */
  void *context;                   /**< for it, until the index is closed */
} tome_line_index_options;

#define TOME_LINE_INDEX_INIT                                                                       \
  { sizeof(tome_line_index_options), NULL, TOME_LINES_LF, 0, 0, NULL, NULL }

/** What tome_line_index_info_get() tells. */
typedef struct tome_line_index_info {
  size_t struct_size; /**< sizeof(tome_line_index_info), set by the caller */
  uint64_t lines;     /**< how many the index knows */
  uint64_t covered;   /**< bytes of the map it knows: the size of the map when it was opened */
  uint64_t counted;   /**< of these, how many had to be read; 0: it was there and good */
  uint64_t size;      /**< bytes of the index */
  int kept;           /**< 0: it lies in a file; else why not: TOME_E… */
  int system;         /**< with it, the system's own code, or 0 */
  const char
      *path; /**< that file, or where it would lie; NULL: in none. Until the index is closed */
} tome_line_index_info;

/** Open the index of a map: the one that is kept, brought up to date where the file has grown; else one that is built now, and kept.
 *
 *  What is kept is a file that tells which file it is of, how large that was, when it was last changed, and what stood at some
 *  places of it. If the file is another one, or shorter, or changed without growing, or something else stands at those places,
 *  the index is built anew; if it has grown, only what is new is read. So two things go unseen: that a file was changed in
 *  place and grew after that, and, where the file system does not note the time of stores into mappings (tmpfs), that it was
 *  changed by these; both only where neither its beginning nor the old end nor those places were touched. A lookup sees them too,
 *  if it is where it looks. Building an index that is kept writes back what of the file is not written yet.
 *
 *  A damaged index file is as good as none. It is replaced in one step; of two processes that build it at the same time each
 *  has its own, and one of them is kept. That it cannot be kept (a directory that is read-only or full) is no failure:
 *  tome_line_index_info_get() tells. Kept are the indexes of regular files, not opened with TOME_COPY.
 *
 *  As tome_refresh(), it adopts what others did to the size of the file.
 *  @param[out] ret  owned by the caller until tome_line_index_close(); untouched on failure
 *  @param map       borrowed; must outlive the index
 *  @param options   borrowed; NULL: in memory, newlines
 *  @return 0, or
 *          TOME_EINVAL, TOME_ELOST, TOME_ECANCELED, TOME_ENOMEM, TOME_EIO or TOME_ESYSTEM (the file could not be asked),
 *          TOME_ENOENT (TOME_LINE_INDEX_IF_KEPT, and there is none)
 *  Cost: with an index that is good, a dozen small reads, whatever the size of the file. Building: as tome_lines_count();
 *  4 bytes of memory and of disk for each 128 KiB of the file. Since 0.1. */
TOME_API int tome_line_index_open(tome_line_index **ret, tome *map,
                                  const tome_line_index_options *options);

/** How many lines there are.
 *  @return lines, of the map as it was when the index was opened. Since 0.1. */
TOME_API uint64_t tome_line_index_lines(tome_line_index *index);

/** The line of a number, from 1.
 *  What the index says is compared with the file on the way; if they do not agree, as the file was changed in place, or the index
 *  is damaged, it is built anew before this returns.
 *  @param[out] ret_line  untouched unless there is one
 *  @return 1, 0 (there are not so many), or
 *          TOME_EINVAL (0), TOME_ELOST, TOME_ENOMEM, TOME_ECANCELED, TOME_EBUSY (the file is being changed all the time)
 *  Cost: some 10 small reads of the index and one or two of 128 KiB of the file, however long the line is. Since 0.1. */
TOME_API int tome_line_index_line(tome_line_index *index, uint64_t number, tome_line *ret_line);

/** The number of the line that a byte belongs to.
 *  @param offset           in the map
 *  @param[out] ret_number  from 1; untouched unless there is one
 *  @return 1, 0 (the offset is the end of what the index knows), TOME_ERANGE (behind that), or as tome_line_index_line().
 *  Cost: one read of the index and one of the file, 128 KiB at most. Since 0.1. */
TOME_API int tome_line_index_number(tome_line_index *index, uint64_t offset, uint64_t *ret_number);

/** What there is to know about an index.
 *  @param[in,out] ret_info  its struct_size says which fields the caller knows
 *  @return 0, or TOME_EINVAL (struct_size). Since 0.1. */
TOME_API int tome_line_index_info_get(tome_line_index *index, tome_line_index_info *ret_info);

/** Close an index; its file stays. @param index  owned, may be NULL; nobody is using it. Since 0.1. */
TOME_API void tome_line_index_close(tome_line_index *index);

TOME_END_DECLS

#endif
