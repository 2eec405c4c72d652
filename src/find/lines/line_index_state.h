/* An open index of lines, as its files share it. */
#ifndef TOME_LINE_INDEX_STATE_H
#define TOME_LINE_INDEX_STATE_H

#include "line_index_image.h"
#include "map_state.h"

struct tome_line_index {
  tome *map;
  uint32_t ends, threads;
  int (*progress)(void *context, uint64_t done, uint64_t total);
  void *context;
  char *path; /* of its file; NULL: it is in memory only */

  /* Under the lock. */
  os_mutex lock;
  index_header header;
  unsigned char *image; /* all of it, when it was built just now; else it is in the file */
  os_file file;
  int is_open;      /* `file` is */
  uint64_t counted; /* bytes that were read to build it */
  int kept, system; /* 0, or why it is in no file */
  tome_range lost;  /* of a failure */

  /* For looking things up. */
  unsigned char block[INDEX_BLOCK];
  unsigned char *stretch; /* LINE_STRETCH bytes */
  uint64_t in_stretch;    /* which one it holds, + 1; 0: none that is still good */
};

/** Have an index of the file as it is now: open the kept one, extend it, or build one. With `only_if_kept` TOME_ENOENT if none is
 *  kept, whatever its state. Fails with a code and index->lost. */
int tome__index_have(tome_line_index *index, int only_if_kept);
/** Build it, whatever is kept. */
int tome__index_build(tome_line_index *index);
/** Let go of image and file. */
void tome__index_release(tome_line_index *index);

#endif
