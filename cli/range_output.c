#include "range_output.h"

#include <stdio.h>

#include "range_pieces.h"
#include "standard_output.h"

static int print(void *context, const void *bytes, size_t length) {
  (void)context;
  fwrite(bytes, 1, length, stdout);
  return !standard_output_ok();
}

int range_output(tome *map, uint64_t *at, uint64_t to) {
  return range_pieces(map, at, to, print, NULL);
}
