/* Where a read lies is found when it is put in: the file may have grown since the read before. */
#include "read_batch.h"

#include <stdlib.h>

#include "complain.h"
#include "verb.h"

int read_batch_new(struct read_batch *batch) {
  *batch = (struct read_batch){
      .entries = calloc(READ_BATCH_COUNT, sizeof *batch->entries),
      .spans = calloc(READ_BATCH_COUNT, sizeof *batch->spans),
      .bytes = malloc(READ_BATCH_BYTES),
  };
  if (batch->entries && batch->spans && batch->bytes)
    return 0;
  complain("read", "out of memory");
  read_batch_free(batch);
  return STATUS_ERROR;
}

void read_batch_free(struct read_batch *batch) {
  if (batch->gathering)
    tome_gather_cancel(batch->gathering);
  (void)tome_gather_end(batch->gathering);
  free(batch->entries);
  free(batch->spans);
  free(batch->bytes);
  *batch = (struct read_batch){.count = 0};
}

void read_batch_empty(struct read_batch *batch) {
  batch->count = batch->span_count = batch->used = 0;
}

/* Whether it begins inside the file, or, if it is empty, at its end. What reaches beyond the end is cut there. */
static int place(const struct read_wish *wish, uint64_t size, struct read_entry *ret) {
  struct position start = wish->start;
  if (start.value > size)
    return 0;
  ret->offset = position_clamp(start, size);
  ret->length = wish->length;
  if (wish->has_end) {
    uint64_t end = position_clamp(wish->end, size);
    ret->length = end > ret->offset ? end - ret->offset : 0;
  }
  if (ret->offset == size && ret->length > 0)
    return 0;
  if (ret->length > size - ret->offset)
    ret->length = size - ret->offset;
  return 1;
}

static struct read_entry place_in(tome *map, const struct read_wish *wish) {
  struct read_entry entry = {.kind = READ_OUTSIDE, .wish = *wish};
  int inside = place(wish, tome_size(map), &entry);
  if (!inside && tome_refresh(map) == 0)
    inside = place(wish, tome_size(map), &entry);
  if (inside)
    entry.kind = entry.length > READ_BATCH_BYTES ? READ_LONG : READ_SPAN;
  return entry;
}

int read_batch_add(struct read_batch *batch, tome *map, const struct read_wish *wish) {
  struct read_entry entry = place_in(map, wish);
  int is_span = entry.kind == READ_SPAN;
  if (batch->count == READ_BATCH_COUNT ||
      (is_span && entry.length > READ_BATCH_BYTES - batch->used))
    return 0;
  batch->entries[batch->count++] = entry;
  if (is_span) {
    batch->spans[batch->span_count++] = (tome_span){.offset = entry.offset,
                                                    .length = (size_t)entry.length,
                                                    .buffer = batch->bytes + batch->used};
    batch->used += (size_t)entry.length;
  }
  return 1;
}

/* A gather that read nothing at all leaves all to be read one by one. */
static void note_failure(struct read_batch *batch, int result) {
  if (result == 0 || result == TOME_ELOST)
    return;
  for (size_t i = 0; i < batch->span_count; i++)
    batch->spans[i].result = result;
}

void read_batch_start(struct read_batch *batch, tome *map) {
  if (batch->span_count == 0)
    return;
  if (tome_gather_start(map, batch->spans, batch->span_count, &batch->gathering) < 0)
    note_failure(batch, tome_gather(map, batch->spans, batch->span_count));
}

void read_batch_wait(struct read_batch *batch) {
  if (!batch->gathering)
    return;
  int result = tome_gather_end(batch->gathering);
  batch->gathering = NULL;
  note_failure(batch, result);
}
