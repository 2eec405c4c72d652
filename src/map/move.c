/* Copying within the map. */
#include "map_state.h"
#include "os.h"

#include <tome/access.h>
#include <tome/error.h>

/* Through a buffer: what could not be read is known before anything is stored. Long moves want a larger one, and do
 * without if there is no memory. */
#define SMALL ((size_t)16 << 10)
#define LARGE ((size_t)256 << 10)

/* What the bytes pass through. */
typedef struct between {
  void *buffer;
  size_t size;
} between;

/* From the end backwards where storing would otherwise run ahead of reading. */
static int move(tome *map, uint64_t to, uint64_t from, uint64_t length, between by) {
  int backwards = to > from && to - from < length;
  for (uint64_t done = 0; done < length;) {
    size_t n = length - done < by.size ? (size_t)(length - done) : by.size;
    uint64_t at = backwards ? length - done - n : done;
    tome_range lost = {from + at, n};
    int r = tome__load(map, from + at, by.buffer, n, &lost);
    if (r < 0)
      return tome__fail_at(map, "tome_move", r, lost);
    r = tome__store(map, "tome_move", to + at, by.buffer, n);
    if (r < 0)
      return r;
    done += n;
  }
  return 0;
}

int tome_move(tome *map, uint64_t to, uint64_t from, uint64_t length) {
  unsigned char small[SMALL];
  between by = {small, sizeof small};
  int r = tome__check_writable(map, __func__);
  if (r == 0)
    r = tome__check_range(map, __func__, from, length);
  if (r == 0)
    r = tome__check_range(map, __func__, to, length);
  if (r < 0 || to == from)
    return r;
  r = tome__allocate(map, to, length);
  if (r < 0)
    return tome__fail_at(map, __func__, r, (tome_range){to, length});
  if (length >= LARGE && tome__os_pages(LARGE, &by.buffer) == 0)
    by.size = LARGE;
  r = move(map, to, from, length, by);
  if (by.buffer != small)
    tome__os_unmap(by.buffer, LARGE);
  return r;
}
