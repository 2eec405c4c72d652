#include "gather_batch.h"

#include <stdlib.h>
#include <string.h>

batch new_batch(size_t count, size_t bytes) {
  batch b = {.room = bytes + count + 1, .used = 1};
  b.spans = calloc(count, sizeof *b.spans);
  b.arena = malloc(b.room);
  memset(b.arena, UNTOUCHED, b.room);
  return b;
}

void free_batch(batch *b) {
  free(b->spans);
  free(b->arena);
}

void add_span(batch *b, uint64_t offset, size_t length) {
  must(b->used + length + 1 <= b->room);
  b->spans[b->count++] = (tome_span){offset, length, b->arena + b->used, UNSET};
  b->used += length + 1;
}

static void wipe(batch *b) {
  memset(b->arena, UNTOUCHED, b->room);
  for (size_t i = 0; i < b->count; i++)
    b->spans[i].result = UNSET;
}

void must_hold(const batch *b, const unsigned char *bytes) {
  const unsigned char *next = b->arena;
  for (size_t i = 0; i < b->count; i++) {
    const tome_span *s = &b->spans[i];
    note("span %zu: %zu + %zu", i, (size_t)s->offset, s->length);
    must_equal(s->result, 0);
    must_equal(*next, UNTOUCHED);
    must_be_bytes(s->buffer, bytes + s->offset, s->length);
    next += 1 + s->length;
  }
  must_equal(*next, UNTOUCHED);
}

void must_gather(tome *map, batch *b, const unsigned char *bytes) {
  wipe(b);
  must_succeed(tome_gather(map, b->spans, b->count));
  must_hold(b, bytes);
}

void must_be_untouched(const batch *b) {
  for (size_t i = 0; i < b->count; i++)
    must_equal(b->spans[i].result, UNSET);
  for (size_t i = 0; i < b->room; i++)
    must_equal(b->arena[i], UNTOUCHED);
}

size_t roll_length(dice *any, uint64_t offset, uint64_t size) {
  uint64_t most = size - offset;
  uint64_t length = roll(any, 4) ? roll(any, 200) : roll_near_page(any, 5 * PAGE);
  return (size_t)(length < most ? length : most);
}

batch roll_batch(dice *any, size_t count, uint64_t size) {
  batch b = new_batch(count, count * 6 * PAGE);
  for (size_t i = 0; i < count; i++) {
    uint64_t offset = roll_near_page(any, size);
    size_t length = roll_length(any, offset, size);
    if (i > 0 && roll(any, 4) == 0) {
      const tome_span *old = &b.spans[roll(any, i)];
      offset = old->offset + roll(any, 2) * (old->length / 2);
      length = roll(any, 2) ? old->length - (size_t)(offset - old->offset) : 1;
      length = length < size - offset ? length : (size_t)(size - offset);
    }
    add_span(&b, offset, length);
  }
  return b;
}

void gather_in_all_states(tome *map, const char *path, batch *b, const unsigned char *bytes) {
  must_gather(map, b, bytes);
  must_gather(map, b, bytes);
  drop_from_memory(path);
  must_gather(map, b, bytes);
  int r = tome_evict(map, 0, TOME_END);
  must(r == 0 || r == TOME_ENOTSUP);
  must_gather(map, b, bytes);
  must_gather(map, b, bytes);
}
