/* A file that tome info tells about, and the blocks that its pictures are made of. */
#ifndef TOME_CLI_INFO_FILE_H
#define TOME_CLI_INFO_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <tome/tome.h>

struct info_file {
  tome *map;
  const char *operand; /* borrowed */
  const char *name;    /* as it is called in answers */
  tome_info info;
  tome_residency memory; /* of the whole file, without `holes` */
};

/* Return the exit status, having complained; only what was opened is to be closed. */
int info_file_open(struct info_file *file, const char *operand);
void info_file_close(struct info_file *file);

/* A range of the file that is drawn as one. */
struct info_block {
  uint64_t offset, length;
  tome_residency memory;
  uint64_t data_resident; /* of `memory.resident`, without what is there of holes */
};

struct info_blocks {
  struct info_block *list;
  size_t count;
  uint64_t size; /* of one; of blocks that were made even: about */
};

/* What a block is drawn as. */
enum info_state {
  INFO_HOLE,    /* all of it, and not in memory */
  INFO_ABSENT,  /* data, not in memory */
  INFO_PART,    /* some of it is in memory */
  INFO_WHOLE,   /* all of it is, but for holes */
  INFO_DIRTY,   /* something of it is not on the disk yet */
  INFO_UNKNOWN, /* the system does not tell */
};
#define INFO_STATES 6

/* `most` blocks of whole pages, as even as can be, or one for each page if there are not so many. */
int info_blocks_even(const struct info_file *file, size_t most, struct info_blocks *ret);

/* At most `most` blocks that are a page, or two, four, eight... pages long. */
int info_blocks_round(const struct info_file *file, size_t most, struct info_blocks *ret);
void info_blocks_end(struct info_blocks *blocks);

enum info_state info_block_state(const struct info_block *block);

/* How much of what can be in memory is, in parts of `whole`; 1 to whole - 1 unless it is none or all. */
int info_block_level(const struct info_block *block, int whole);

/* Bytes of data that are not in memory, or not known to be. */
uint64_t info_block_absent(const struct info_block *block);

/* Bytes that the disk does not have yet: changed, or being written just now. */
uint64_t info_unwritten(const tome_residency *memory);

#endif
