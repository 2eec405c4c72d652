/* What of a map's file is in memory, and steering it. */
#include <tome/residency.h>

#include "failure.h"
#include "map_state.h"
#include "os.h"

#include <tome/error.h>
#include <tome/flush.h>

/* Pages that we map ourselves would stay, so they are let go first, and count as never read. Private pages are the only
 * copy of what was stored into them. */
static void let_go(tome *map, uint64_t offset, uint64_t length) {
  if (map->access & OS_PRIVATE || offset >= map->reach)
    return;
  length = length < map->reach - offset ? length : map->reach - offset;
  tome__pageset_remove(&map->known, offset + map->lead, length);
  tome__os_let_go(map->base + offset, (size_t)length);
}

int tome_evict(tome *map, uint64_t offset, uint64_t length) {
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0 || length == 0)
    return r;
  if (map->base)
    let_go(map, offset, length);
  r = tome__os_evict(&map->file, map->origin + offset, length);
  return r < 0 ? tome__map_fail(map, __func__, r, tome__os_last_error(), offset, length) : 0;
}
