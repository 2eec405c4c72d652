/* Views.
 *
 * A view is entered in a table, so that no resize cuts what it covers; it pins its window, and remembers the generation of
 * losses at which it began, so that its end can tell what it met. The serial number of its entry makes a second end of the
 * same view harmless. */
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>
#include <tome/view.h>

enum { ENTRY, BEFORE, WINDOW }; /* of tome_view.internal */

#define NO_ENTRY UINT32_MAX
#define INTENT_SHIFT 63 /* in BEFORE: whether the view may have stored */

/* ---- the table; under map->lock ---- */

static int more_entries(tome *map) {
  uint32_t count = map->views_count ? map->views_count * 2 : 8;
  if (count < map->views_count)
    return TOME_ENOMEM;
  view_entry *entries = tome__os_new(count, sizeof *entries);
  if (!entries)
    return TOME_ENOMEM;
  if (map->views)
    memcpy(entries, map->views, map->views_count * sizeof *entries);
  for (uint32_t i = map->views_count; i < count; i++)
    entries[i].next_free = i + 1 < count ? i + 2 : 0;
  tome__os_free(map->views);
  map->views_free = map->views_count + 1;
  map->views = entries;
  map->views_count = count;
  return 0;
}

static uint64_t enter(tome *map, uint64_t offset, uint64_t length) {
  uint32_t index = map->views_free - 1;
  view_entry *entry = &map->views[index];
  map->views_free = entry->next_free;
  entry->offset = offset;
  entry->length = length;
  entry->serial++;
  return (uint64_t)entry->serial << 32 | index;
}

static int leave(tome *map, uint64_t key) {
  uint32_t index = (uint32_t)key;
  if (index >= map->views_count || map->views[index].serial != key >> 32)
    return 0;
  map->views[index].serial++;
  map->views[index].next_free = map->views_free;
  map->views_free = index + 1;
  return 1;
}

int tome__view_beyond(const tome *map, uint64_t size) {
  for (uint32_t i = 0; i < map->views_count; i++) {
    const view_entry *entry = &map->views[i];
    if (entry->serial % 2 && entry->length && entry->offset + entry->length > size)
      return 1;
  }
  return 0;
}

/* The size is looked at again under the lock: a resize may have come in between. */
static int register_view(tome *map, uint64_t offset, size_t length, uint64_t *ret_key) {
  int r = 0;
  tome__os_mutex_lock(&map->lock);
  if (!tome__inside(tome__size(map), offset, length))
    r = TOME_ERANGE;
  if (r == 0 && !map->views_free)
    r = more_entries(map);
  if (r == 0)
    *ret_key = enter(map, offset, length);
  tome__os_mutex_unlock(&map->lock);
  return r;
}

/* ---- views ---- */

/* Stores through a pointer cannot fail, so what can be made sure of is made sure of now. */
static int prepare(tome *map, uint64_t offset, size_t length) {
  if (map->access &
      OS_PRIVATE) { /* from now on the file does not have these bytes, the mapping does */
    tome__pageset_add(&map->stored, offset + map->lead, length);
    return 0;
  }
  if (map->can_be_cut && length > 0) /* from now on there may be a store, at any time */
    tome__raise(&map->stored_end, offset + length);
  return map->flags & TOME_SPARSE ? 0 : tome__allocate(map, offset, length);
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
  int r = check_intent(map, offset, length, intent);
  if (r < 0)
    return r;
  r = pin(map, offset, length, &data, &pinned);
  if (r < 0)
    return tome__map_fail(map, __func__, r, tome__os_last_error(), offset, length);
  if (intent == TOME_VIEW_WRITE)
    r = prepare(map, offset, length);
  if (r == 0)
    r = register_view(map, offset, length, &key);
  if (r < 0) {
    int system = r == TOME_ERANGE ? 0 : tome__os_last_error();
    tome__window_unpin(map, pinned);
    return tome__map_fail(map, __func__, r, system, offset, length);
  }
  *ret_view = (tome_view){.data = data, .length = length, .offset = offset, .map = map};
  ret_view->internal[ENTRY] = key;
  ret_view->internal[BEFORE] = tome__guard_before(map) | (uint64_t)intent << INTENT_SHIFT;
  ret_view->internal[WINDOW] = (uint64_t)(uintptr_t)pinned;
  return 0;
}

/* As after a copy; what was stored is not looked at but left to the next flush. */
static int what_was_lost(const tome_view *view, tome_range *ret_lost) {
  tome *map = view->map;
  const unsigned char *data = view->data;
  uint64_t before = view->internal[BEFORE] << 1 >> 1;
  int stored = (int)(view->internal[BEFORE] >> INTENT_SHIFT);
  if (!map->guarded || view->length == 0)
    return 0;
  if (stored && map->can_be_cut && !(map->access & OS_PRIVATE))
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
  int live = leave(map, view->internal[ENTRY]);
  tome__os_mutex_unlock(&map->lock);
  int lost = live && what_was_lost(view, &range);
  if (live)
    tome__window_unpin(map, (window *)(uintptr_t)view->internal[WINDOW]);
  *view = (tome_view){.offset = view->offset};
  if (!lost)
    return 0;
  tome__guard_heal(map);
  return tome__map_fail(map, __func__, TOME_ELOST, 0, range.offset, range.length);
}
