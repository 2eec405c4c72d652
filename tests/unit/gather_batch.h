/* Spans and where they go, against a plain array of bytes: for the tests of many reads at once. */
#ifndef GATHER_BATCH_H
#define GATHER_BATCH_H

#include "test_support.h"

/** Spans, and one array that their buffers lie in, each between bytes that must stay. */
typedef struct batch {
  tome_span *spans;
  unsigned char *arena;
  size_t count, used, room;
} batch;

/** Bytes of buffers before anything is read, and results. */
enum { UNTOUCHED = 0xee, UNSET = 77 };

/** Room for so many spans with so many bytes in all. */
batch new_batch(size_t count, size_t bytes);
void free_batch(batch *b);
void add_span(batch *b, uint64_t offset, size_t length);

/** A length for a span there, mostly small. */
size_t roll_length(dice *any, uint64_t offset, uint64_t size);
/** Spans in [0, size), in any order. One in four is the same as one before, or begins inside it. */
batch roll_batch(dice *any, size_t count, uint64_t size);

/** All were read: `bytes` is the file. */
void must_hold(const batch *b, const unsigned char *bytes);
/** No buffer and no result was set. */
void must_be_untouched(const batch *b);
/** Gather them, into buffers that hold nothing yet. */
void must_gather(tome *map, batch *b, const unsigned char *bytes);
/** The same cold, known, dropped behind our back, and evicted. */
void gather_in_all_states(tome *map, const char *path, batch *b, const unsigned char *bytes);

#endif
