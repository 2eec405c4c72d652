/* Views.
 *
 * A view is entered in a table (view_table.c), so that no resize cuts what it covers; it pins its window, and remembers the
 * generation of losses at which it began, so that its end can tell what it met. */
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <tome/error.h>
#include <tome/view.h>

enum { ENTRY, BEFORE, WINDOW }; /* of tome_view.internal */

#define STORES_SHIFT 63 /* in BEFORE: whether the view may have stored into the file */

/* Stores through a pointer cannot fail, so what can be made sure of is made sure of now. */
static int get_blocks(tome *map, uint64_t offset, size_t length) {
  uint64_t at = offset + map->lead;
  int based = length > 0 && tome__inside(map->reach, offset, length);
  if (map->access & OS_PRIVATE) { /* from now on the file does not speak for these bytes */
    tome__pageset_add(&map->stored, at, length);
    return 0;
  }
  if ((map->flags & TOME_SPARSE) || (based && tome__pageset_has(&map->stored, at, length)))
    return 0;
  return tome__allocate(map, offset, length);
}

/* The size is looked at again under the lock: a resize may have come in between. A view that may store counts as having
 * stored, at any time. */
static int enter(tome *map, tome_range range, int stores, uint64_t *ret_key) {
  int r = 0;
  tome__os_mutex_lock(&map->lock);
  if (!tome__inside(tome__size(map), range.offset, range.length))
    r = TOME_ERANGE;
  else if (!(*ret_key = tome__view_enter(map, range, stores)))
    r = TOME_ENOMEM;
  else if (stores && range.length && map->can_be_cut)
    tome__raise(&map->stored_end, tome__range_end(range));
  tome__os_mutex_unlock(&map->lock);
  return r;
}

static int check_intent(tome *map, uint64_t offset, size_t length, uint32_t intent) {
  if (intent > TOME_VIEW_WRITE)
    return tome__fail(
        map->path,
        (failure){.operation = "tome_view_begin", .code = TOME_EINVAL, .detail = "unknown intent"});
  int r = intent == TOME_VIEW_WRITE ? tome__check_writable(map, "tome_view_begin") : 0;
  return r < 0 ? r : tome__check_range(map, "tome_view_begin", offset, length);
}

/* Memory for a view; an empty one needs none, but gets an address all the same. */
static int pin(tome *map, uint64_t offset, size_t length, unsigned char **ret_data,
               window **ret_window) {
  static unsigned char nothing;
  size_t available;
  if (length > 0)
    return tome__window_pin(map, offset, length, ret_data, &available, ret_window);
  *ret_data = map->base && offset <= map->reach ? map->base + offset : &nothing;
  *ret_window = NULL;
  return 0;
}

int tome_view_begin(tome *map, uint64_t offset, size_t length, uint32_t intent,
                    tome_view *ret_view) {
  unsigned char *data;
  window *pinned;
  uint64_t key = 0;
  int stores = intent == TOME_VIEW_WRITE && !(map->access & OS_PRIVATE);
  int r = check_intent(map, offset, length, intent);
  if (r < 0)
    return r;
  r = pin(map, offset, length, &data, &pinned);
  if (r < 0)
    return tome__fail_at(map, __func__, r, (tome_range){offset, length});
  if (intent == TOME_VIEW_WRITE)
    r = get_blocks(map, offset, length);
  if (r == 0)
    r = enter(map, (tome_range){offset, length}, stores, &key);
  if (r < 0) {
    r = tome__fail_at(map, __func__, r, (tome_range){offset, length});
    tome__window_unpin(map, pinned);
    return r;
  }
  *ret_view = (tome_view){.data = data, .length = length, .offset = offset, .map = map};
  ret_view->internal[ENTRY] = key;
  ret_view->internal[BEFORE] = tome__guard_before(map) | (uint64_t)stores << STORES_SHIFT;
  ret_view->internal[WINDOW] = (uint64_t)(uintptr_t)pinned;
  return 0;
}

/* As after a copy; what was stored is not looked at but left to the next flush. */
static int what_was_lost(const tome_view *view, tome_range *ret_lost) {
  tome *map = view->map;
  const unsigned char *data = view->data;
  uint64_t before = view->internal[BEFORE] << 1 >> 1;
  int stored = (int)(view->internal[BEFORE] >> STORES_SHIFT);
  if (!map->guarded || view->length == 0)
    return 0;
  if (stored && map->can_be_cut)
    tome__raise(&map->stored_end, view->offset + view->length);
  int suspect = (stored && map->can_be_cut) || tome__tail_is_suspect(map, data + view->length);
  if (!tome__guard_intact(map, before) &&
      tome__guard_settle(map, before, view->offset, view->length, ret_lost))
    return 1;
  return suspect && tome__guard_is_cut(map, view->offset, view->length, ret_lost);
}

int tome_view_end(tome_view *view) {
  if (!view || !view->map)
    return 0;
  tome *map = view->map;
  tome_range range = {0, 0};
  tome__os_mutex_lock(&map->lock);
  int live = tome__view_is_live(map, view->internal[ENTRY]);
  tome__os_mutex_unlock(&map->lock);
  int lost = live && what_was_lost(view, &range);
  /* Only now: until it was looked at no resize cuts it. */
  tome__os_mutex_lock(&map->lock);
  live = tome__view_leave(map, view->internal[ENTRY]);
  tome__os_mutex_unlock(&map->lock);
  if (live)
    tome__window_unpin(map, (window *)(uintptr_t)view->internal[WINDOW]);
  *view = (tome_view){.offset = view->offset};
  if (!lost)
    return 0;
  tome__guard_heal(map);
  return tome__map_fail(map, __func__, TOME_ELOST, 0, range.offset, range.length);
}
