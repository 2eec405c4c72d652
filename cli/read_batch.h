/* Reads that are done together. While one batch is being read the one before is printed, and the list goes on. */
#ifndef TOME_CLI_READ_BATCH_H
#define TOME_CLI_READ_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include <tome/tome.h>

#include "read_list.h"

/* Reads in a batch, and their bytes. A longer read is done piece by piece when it is its turn. */
#define READ_BATCH_COUNT ((size_t)16384)
#define READ_BATCH_BYTES ((size_t)8 << 20)

enum read_kind { READ_SPAN, READ_LONG, READ_OUTSIDE };

struct read_entry {
  enum read_kind kind;
  uint64_t offset; /* not of READ_OUTSIDE */
  uint64_t length;
  struct read_wish wish;
};

struct read_batch {
  struct read_entry *entries;
  tome_span *spans; /* those of READ_SPAN, in order */
  unsigned char *bytes;
  size_t count, span_count, used;
  tome_gathering *gathering; /* NULL: not begun, or ended */
};

/* Returns 0, or complains and returns STATUS_ERROR. */
int read_batch_new(struct read_batch *batch);
void read_batch_free(struct read_batch *batch);

void read_batch_empty(struct read_batch *batch);

/* Put a read in. Returns 0: there is no room for it, or 1. */
int read_batch_add(struct read_batch *batch, tome *map, const struct read_wish *wish);

/* Begin to read, and wait for the end. What could not be read has its result in its span. */
void read_batch_start(struct read_batch *batch, tome *map);
void read_batch_wait(struct read_batch *batch);

#endif
