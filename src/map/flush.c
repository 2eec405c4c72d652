/* Flushing, and asking after losses. */
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <tome/error.h>
#include <tome/flush.h>
#include <tome/guard.h>

/* Stores in the range that are not in the file: under a patch, or in a tail that another process cut off. The size is
 * compared with how far stores have reached; after that what is still there counts as compared. */
static int stores_lost(tome *map, uint64_t offset, uint64_t length, tome_range *ret_lost) {
  if (!map->guarded)
    return 0;
  if (tome__guard_untold(map, offset, length, ret_lost))
    return 1;
  uint64_t stored = atomic_load(&map->stored_end);
  if (!map->can_be_cut || stored == 0 || !tome__guard_is_cut(map, 0, stored, ret_lost))
    return 0;
  atomic_compare_exchange_strong(&map->stored_end, &stored, ret_lost->offset);
  return 1;
}

/* The system forgets a failed write-back once it has told it, so the map remembers. */
static int flush_sticking(tome *map, uint64_t offset, uint64_t length, int level, int *ret_system) {
  tome__os_mutex_lock(&map->flush_lock);
  if (map->flush_code == 0) {
    int r = tome__os_flush(&map->file, map->origin + offset, length, level);
    if (r < 0) {
      map->flush_code = r;
      map->flush_system = tome__os_last_error();
    }
  }
  int r = map->flush_code;
  *ret_system = map->flush_system;
  tome__os_mutex_unlock(&map->flush_lock);
  return r;
}

int tome_flush(tome *map, uint64_t offset, uint64_t length, int level) {
  int system;
  if (level < TOME_FLUSH_START || level > TOME_FLUSH_DURABLE)
    return tome__fail(
        map->path,
        (failure){.operation = __func__, .code = TOME_EINVAL, .detail = "unknown level"});
  uint64_t size = tome__size(map);
  if (length == TOME_END && offset <= size)
    length = size - offset;
  int r = tome__check_range(map, __func__, offset, length);
  if (r < 0)
    return r;
  if (!(map->flags & TOME_WRITE) || map->kind == TOME_KIND_MEMORY)
    return 0;
  r = flush_sticking(map, offset, length, level, &system);
  if (r < 0)
    return tome__map_fail(map, __func__, r, system, offset, length);
  tome_range lost;
  if (!stores_lost(map, offset, length, &lost))
    return 0;
  tome__guard_heal(map);
  return tome__map_fail(map, __func__, TOME_ELOST, 0, lost.offset, lost.length);
}

int tome_check(tome *map, tome_range *ret_lost) {
  tome_range lost;
  int writable = (map->flags & TOME_WRITE) != 0;
  if (!map->guarded || (!writable && atomic_load(&map->losses) == 0))
    return 0;
  int any =
      writable ? stores_lost(map, 0, TOME_END, &lost) : tome__guard_untold(map, 0, TOME_END, &lost);
  if (!any)
    return 0;
  tome__guard_heal(map);
  if (ret_lost)
    *ret_lost = lost;
  return tome__map_fail(map, __func__, TOME_ELOST, 0, lost.offset, lost.length);
}
