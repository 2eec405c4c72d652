/* The table of a map's live views: what a shrinking resize must not cut, and a flush not overlook.
 *
 * A key is the index of an entry and its serial number, which is odd while the entry is in use: the key of a view that has
 * ended fits no longer. */
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

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

uint64_t tome__view_enter(tome *map, tome_range range, int stores) {
  if (!map->views_free && more_entries(map) < 0)
    return 0;
  uint32_t index = map->views_free - 1;
  view_entry *entry = &map->views[index];
  map->views_free = entry->next_free;
  entry->range = range;
  entry->stores = stores;
  entry->advice = 0;
  entry->laid = 0;
  entry->before = tome__guard_before(map);
  entry->serial++;
  return (uint64_t)entry->serial << 32 | index;
}

view_entry *tome__view_entry(tome *map, uint64_t key) {
  return &map->views[(uint32_t)key];
}

int tome__view_is_live(const tome *map, uint64_t key) {
  uint32_t index = (uint32_t)key;
  return index < map->views_count && map->views[index].serial == key >> 32;
}

int tome__view_leave(tome *map, uint64_t key) {
  uint32_t index = (uint32_t)key;
  if (!tome__view_is_live(map, key))
    return 0;
  map->views[index].serial++;
  map->views[index].next_free = map->views_free;
  map->views_free = index + 1;
  return 1;
}

int tome__view_beyond(const tome *map, uint64_t size) {
  for (uint32_t i = 0; i < map->views_count; i++) {
    const view_entry *entry = &map->views[i];
    if (entry->serial % 2 && entry->range.length && tome__range_end(entry->range) > size)
      return 1;
  }
  return 0;
}

uint64_t tome__views_stored_end(const tome *map) {
  uint64_t end = 0;
  for (uint32_t i = 0; i < map->views_count; i++) {
    const view_entry *entry = &map->views[i];
    if (entry->serial % 2 && entry->stores && entry->range.length &&
        tome__range_end(entry->range) > end)
      end = tome__range_end(entry->range);
  }
  return end;
}

tome_range tome__views_lost(tome *map, tome_range range, uint64_t since, int stores) {
  tome_range lost = {0, 0};
  for (uint32_t i = 0; i < map->views_count; i++) {
    const view_entry *entry = &map->views[i];
    tome_range both = tome__range_overlap(entry->range, range);
    if (entry->serial % 2 && both.length && (entry->stores || !stores))
      lost = tome__range_hull(lost, tome__guard_met(map, entry->before, since, both));
  }
  return lost;
}
