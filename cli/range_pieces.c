/* Where bytes were lost, those before them are read once more and handed out. */
#include "range_pieces.h"

#include <stdlib.h>

static uint64_t smaller(uint64_t one, uint64_t other) {
  return one < other ? one : other;
}

struct pieces {
  tome *map;
  range_take *take;
  void *context;
  void *bytes;
};

/* On a failure *ret_intact is how far the bytes are still good. */
static int hand_out(const struct pieces *pieces, uint64_t *at, uint64_t to, uint64_t *ret_intact) {
  int result = 0;
  while (*at < to && result == 0) {
    size_t length = (size_t)smaller(to - *at, RANGE_PIECE);
    result = tome_read(pieces->map, *at, pieces->bytes, length);
    if (result < 0) {
      uint64_t lost = result == TOME_ELOST ? tome_error_last()->offset : *at;
      *ret_intact = lost > *at ? smaller(lost, to) : *at;
      return result;
    }
    result = pieces->take(pieces->context, pieces->bytes, length);
    *at += length;
  }
  return result;
}

int range_pieces(tome *map, uint64_t *at, uint64_t to, range_take *take, void *context) {
  if (*at >= to)
    return 0;
  struct pieces pieces = {map, take, context, malloc((size_t)smaller(to - *at, RANGE_PIECE))};
  if (!pieces.bytes)
    return TOME_ENOMEM;
  uint64_t intact = *at, none;
  int result = hand_out(&pieces, at, to, &intact);
  if (result < 0 && intact > *at) {
    int again = hand_out(&pieces, at, intact, &none);
    result = again > 0 ? again : result;
  }
  free(pieces.bytes);
  return result;
}
