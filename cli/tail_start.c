/* The library finds lines from the end backwards in small steps, so that a few lines at the end of a
 * huge file cost one or two reads, and nothing else of it comes into memory. */
#include "tail_start.h"

static int start_of_line(tome *map, const struct tail_amount *amount, uint64_t begin, uint64_t end,
                         uint64_t *ret) {
  tome_lines_options range = TOME_LINES_INIT;
  tome_line line = {.offset = amount->from_start ? end : begin}; /* if there are fewer */
  range.from = begin;
  range.to = end;
  int result = amount->from_start ? tome_lines_nth(map, amount->count + 1, &range, &line)
                                  : tome_lines_nth_last(map, amount->count, &range, &line);
  if (result >= 0)
    *ret = line.offset;
  return result < 0 ? result : 0;
}

int tail_start(tome *map, const struct tail_amount *amount, uint64_t begin, uint64_t end,
               uint64_t *ret) {
  if (!amount->in_bytes && (amount->count > 0 || amount->from_start))
    return start_of_line(map, amount, begin, end, ret);
  uint64_t count = amount->count < end - begin ? amount->count : end - begin;
  *ret = amount->from_start ? begin + count : end - count;
  return 0;
}
