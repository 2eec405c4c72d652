/* Copying within the map. */
#include "map_state.h"

#include <tome/access.h>
#include <tome/error.h>

/* Through a buffer: what could not be read is known before anything is stored. From the end backwards where storing would
 * otherwise run ahead of reading. */
int tome_move(tome *map, uint64_t to, uint64_t from, uint64_t length) {
  unsigned char buffer[16384];
  int r = tome__check_writable(map, __func__);
  if (r == 0)
    r = tome__check_range(map, __func__, from, length);
  if (r == 0)
    r = tome__check_range(map, __func__, to, length);
  if (r < 0)
    return r;
  r = to == from ? 0 : tome__allocate(map, to, length);
  if (r < 0)
    return tome__fail_at(map, __func__, r, (tome_range){to, length});
  for (uint64_t done = 0; to != from && done < length;) {
    size_t n = length - done < sizeof buffer ? (size_t)(length - done) : sizeof buffer;
    uint64_t at = to < from ? done : length - done - n;
    tome_range lost = {from + at, n};
    r = tome__load(map, from + at, buffer, n, &lost);
    if (r < 0)
      return tome__fail_at(map, __func__, r, lost);
    r = tome__store(map, __func__, to + at, buffer, n);
    if (r < 0)
      return r;
    done += n;
  }
  return 0;
}
