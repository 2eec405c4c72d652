/* What a map is made of: its file, its blocks, and what of it is in memory. */
#ifndef TOME_INFO_H
#define TOME_INFO_H

#include <tome/base.h>

#define TOME_KIND_FILE 0   /**< a regular file */
#define TOME_KIND_BLOCK 1  /**< a block device */
#define TOME_KIND_MEMORY 2 /**< anonymous shared memory */

/** A figure that this system cannot tell. */
#define TOME_UNKNOWN UINT64_MAX

TOME_BEGIN_DECLS

/** What tome_info_get() tells. Figures are about the whole file, in bytes; `size` is about the map. */
typedef struct tome_info {
  size_t struct_size;   /**< sizeof(tome_info), set by the caller */
  uint32_t kind;        /**< TOME_KIND_… */
  uint32_t page_size;   /**< of the system's memory */
  uint64_t size;        /**< as tome_size() */
  uint64_t file_size;   /**< of the file, at this moment */
  uint64_t allocated;   /**< on the disk, or TOME_UNKNOWN */
  uint64_t holes;       /**< how many holes there are, or TOME_UNKNOWN */
  uint64_t hole_bytes;  /**< bytes in holes, or TOME_UNKNOWN */
  uint64_t resident;    /**< in the system's memory (page cache), or TOME_UNKNOWN */
  uint64_t dirty;       /**< of these, not yet written back, or TOME_UNKNOWN */
  uint64_t readahead;   /**< the device reads up to this much ahead, or TOME_UNKNOWN */
  uint64_t reserved;    /**< address space this map has reserved; 0: works through windows */
  char file_system[32]; /**< its name, such as "ext4", or "unknown" */
} tome_info;

/** Ask what a map is made of.
 *  Counting holes walks the file's extents, up to 100,000 of them (then: TOME_UNKNOWN). With a struct_size that ends before
 *  `allocated` it is one short system call.
 *  @param map               borrowed; other threads may use it at the same time
 *  @param[in,out] ret_info  its struct_size says which fields the caller knows
 *  @return 0, or TOME_EINVAL (struct_size), TOME_EIO, TOME_ESYSTEM. Since 0.1. */
TOME_API int tome_info_get(tome *map, tome_info *ret_info);

TOME_END_DECLS

#endif
