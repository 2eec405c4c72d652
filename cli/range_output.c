/* Where bytes were lost, those before them are read once more and printed. */
#include "range_output.h"

#include <stdio.h>
#include <stdlib.h>

#include "standard_output.h"

#define PIECE ((size_t)1 << 20)

static uint64_t smaller(uint64_t one, uint64_t other) {
  return one < other ? one : other;
}

/* Print up to `to`; on a failure *ret_intact is how far the bytes are still good. */
static int print_pieces(tome *map, uint64_t *at, uint64_t to, void *piece, uint64_t *ret_intact) {
  while (*at < to) {
    size_t length = (size_t)smaller(to - *at, PIECE);
    int failed = tome_read(map, *at, piece, length);
    if (failed < 0) {
      uint64_t lost = failed == TOME_ELOST ? tome_error_last()->offset : *at;
      *ret_intact = lost > *at ? smaller(lost, to) : *at;
      return failed;
    }
    fwrite(piece, 1, length, stdout);
    if (!standard_output_ok())
      return 1;
    *at += length;
  }
  return 0;
}

int range_output(tome *map, uint64_t *at, uint64_t to) {
  if (*at >= to)
    return 0;
  void *piece = malloc((size_t)smaller(to - *at, PIECE));
  if (!piece)
    return TOME_ENOMEM;
  uint64_t intact = to, none;
  int result = print_pieces(map, at, to, piece, &intact);
  if (result < 0 && intact > *at && print_pieces(map, at, intact, piece, &none) == 1)
    result = 1;
  free(piece);
  return result;
}
