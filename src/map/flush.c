/* Flushing, and asking after losses. */
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <tome/error.h>
#include <tome/flush.h>
#include <tome/guard.h>

/* Compare how far stores have reached with where the file ends. Under map->lock. */
static int find_cut(tome *map) {
  os_stat status;
  uint64_t stored = atomic_load(&map->stored_end);
  if (!map->can_be_cut || stored == 0)
    return 0;
  int r = tome__os_stat(&map->file, &status);
  if (r < 0)
    return r;
  tome__note_cut(map, status.size);
  return 0;
}

/* What another process cut away of the stores in a range; counts as told then. Under map->lock. */
static int unsaved(tome *map, tome_range asked, tome_range *ret_lost) {
  int r = find_cut(map);
  *ret_lost = tome__range_overlap(map->unsaved, asked);
  map->unsaved = tome__range_without(map->unsaved, asked);
  return r;
}

int tome__stores_lost(tome *map, uint64_t offset, uint64_t length, tome_range *ret_lost) {
  tome_range asked = {offset, length}, lost;
  if (!map->guarded)
    return 0;
  tome__os_mutex_lock(&map->lock);
  if (map->can_be_cut) /* views may have stored since it was last looked */
    tome__raise(&map->stored_end, tome__views_stored_end(map));
  int r = unsaved(map, asked, &lost);
  lost = tome__range_hull(lost, tome__views_lost(map, asked, 0, 1));
  tome__os_mutex_unlock(&map->lock);
  if (lost.length == 0)
    return r;
  *ret_lost = lost;
  return 1;
}

static int fail_lost(tome *map, const char *operation, int r, tome_range lost) {
  if (r < 0)
    return tome__fail_at(map, operation, r, (tome_range){0, 0});
  tome__guard_heal(map);
  return tome__map_fail(map, operation, TOME_ELOST, 0, lost.offset, lost.length);
}

void tome__flush_failed(tome *map, int code) {
  failed_file *entry = map->if_flush_fails;
  map->flush_code = code;
  map->flush_system = tome__os_last_error();
  if (!entry || tome__failed_file(&map->identity))
    return;
  map->if_flush_fails = NULL;
  *entry = (failed_file){.file = map->identity, .code = code, .system = map->flush_system};
  tome__failed_file_add(entry);
}

/* A map that only reads has had no use for it until now. Without memory a failure sticks to this map alone. Under flush_lock. */
static void know_file(tome *map) {
  if ((map->flags & TOME_WRITE) || map->if_flush_fails ||
      tome__os_identity(&map->file, &map->identity) < 0)
    return;
  map->if_flush_fails = tome__os_new(1, sizeof *map->if_flush_fails);
}

/* What was not begun is no failure of writing. */
static int may_have_lost(int code) {
  return code < 0 && code != TOME_ENOMEM && code != TOME_EBUSY && code != TOME_ENOTSUP;
}

/* The system forgets a failed write-back once it has told it, so we remember. A failure through another map of the file
 * counts also if it comes while this one is being flushed. */
int tome__flush_sticking(tome *map, uint64_t offset, uint64_t length, int level, int *ret_system) {
  int r = 0;
  tome__os_mutex_lock(&map->flush_lock);
  if (map->flush_code == 0) {
    know_file(map);
    r = tome__os_flush(&map->file, map->origin + offset, length, level);
    *ret_system = r < 0 ? tome__os_last_error() : 0;
    const failed_file *failed = tome__failed_file(&map->identity);
    if (may_have_lost(r)) {
      tome__flush_failed(map, r);
    } else if (failed) {
      map->flush_code = failed->code;
      map->flush_system = failed->system;
    }
  }
  if (map->flush_code != 0) {
    r = map->flush_code;
    *ret_system = map->flush_system;
  }
  tome__os_mutex_unlock(&map->flush_lock);
  return r;
}

int tome_flush(tome *map, uint64_t offset, uint64_t length, int level) {
  int system;
  if (level < TOME_FLUSH_START || level > TOME_FLUSH_DURABLE)
    return tome__fail(
        map->path,
        (failure){.operation = __func__, .code = TOME_EINVAL, .detail = "unknown level"});
  int to_end = length == TOME_END;
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0)
    return r;
  if (!(map->flags & TOME_WRITE) || map->kind == TOME_KIND_MEMORY)
    return 0;
  r = tome__flush_sticking(map, offset, length, level, &system);
  if (r < 0)
    return tome__map_fail(map, __func__, r, system, offset, length);
  tome_range lost; /* to the end: also what lay behind it before someone cut it away */
  r = tome__stores_lost(map, offset, to_end ? TOME_END - offset : length, &lost);
  return r == 0 ? 0 : fail_lost(map, __func__, r, lost);
}

/* What views lost is told once, until they end. */
static tome_range views_lost(tome *map) {
  tome__os_mutex_lock(&map->lock);
  uint64_t now = tome__guard_before(map) / 2;
  tome_range lost = tome__views_lost(map, (tome_range){0, TOME_END}, map->checked, 0);
  map->checked = now;
  tome__os_mutex_unlock(&map->lock);
  return lost;
}

int tome_check(tome *map, tome_range *ret_lost) {
  tome_range lost = {0, 0}, cut = {0, 0};
  int r = 0;
  if (!map->guarded)
    return 0;
  if (atomic_load(&map->losses) != 0)
    lost = views_lost(map);
  if (map->flags & TOME_WRITE) {
    tome__os_mutex_lock(&map->lock);
    r = unsaved(map, (tome_range){0, TOME_END}, &cut);
    tome__os_mutex_unlock(&map->lock);
  }
  lost = tome__range_hull(lost, cut);
  if (lost.length == 0)
    return r < 0 ? fail_lost(map, __func__, r, lost) : 0;
  if (ret_lost)
    *ret_lost = lost;
  return fail_lost(map, __func__, 1, lost);
}
