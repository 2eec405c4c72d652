/* An index of lines as bytes: what lies in its file. docs/line-index.md describes it.
 *
 * A text is cut into stretches of LINE_STRETCH bytes, and of each is kept how many ends of lines there are in it. The counts lie
 * in blocks, which begin with how many there are in all stretches before; so an end is found by looking into a few
 * blocks and one stretch. In front of the blocks is a header, as large as one. All have checksums, and are believed only with
 * them; numbers are little-endian. */
#ifndef TOME_LINE_INDEX_IMAGE_H
#define TOME_LINE_INDEX_IMAGE_H

#include "line_ends.h"
#include "os.h"

#define INDEX_BLOCK ((size_t)4096)
/** Counts in a block: what is left of it by the base and the checksum, 8 bytes each. */
#define INDEX_COUNTS ((size_t)1020)

/** What an index is of, and how much. */
typedef struct index_header {
  os_identity identity;  /* the file */
  uint64_t origin;       /* where in it the text begins */
  uint64_t covered;      /* bytes of the text */
  uint64_t changed;      /* when the file was changed last; see os_stat */
  uint64_t fingerprint;  /* of some of these bytes */
  uint64_t ends;         /* of lines, in all */
  unsigned char end;     /* what they are */
  unsigned char unended; /* the last line has none */
} index_header;

/** A block, checked. */
typedef struct index_block {
  uint64_t base; /* ends before it */
  uint64_t sum;  /* ends in it */
  const unsigned char *counts;
} index_block;

/** How many stretches and blocks there are for so many bytes of text; and the bytes of the image, header included. */
uint64_t tome__index_stretches(uint64_t covered);
uint64_t tome__index_blocks(uint64_t covered);
uint64_t tome__index_size(uint64_t covered);

/** Both are INDEX_BLOCK bytes. Reading returns 1, or 0 if they are not what they should be. */
void tome__index_header_write(unsigned char *bytes, const index_header *header);
int tome__index_header_read(const unsigned char *bytes, index_header *ret_header);

/** `count` counts, of block `number`, from 0; returns their sum. */
uint64_t tome__index_block_write(unsigned char *bytes, uint64_t number, uint64_t base,
                                 const uint32_t *counts, size_t count);
/** What is returned points into the bytes. */
int tome__index_block_read(const unsigned char *bytes, uint64_t number, index_block *ret_block);

/** Count `i` of a block. */
uint32_t tome__index_count(const index_block *block, size_t i);

/** Go on with a checksum, which begins with any number. Pre: a length that is a multiple of 8. */
uint64_t tome__index_checksum(uint64_t sum, const unsigned char *bytes, size_t length);

#endif
