/* Windows: which stretches of the file are mapped.
 *
 * Most maps have just the base. Where the file does not fit the address space, or reaches past the base, windows are
 * mapped as they are needed. They begin at multiples of half their size, so that any range of up to half a window lies
 * inside one; for a longer range a longer window is made. Windows that nobody uses are kept until there are too many, or
 * the system refuses more: the one longest unused goes first. */
#include "advice.h"
#include "lock.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

#define MOST_IDLE 8

static uint64_t round_up(uint64_t n, uint64_t to) {
  return (n + to - 1) / to * to;
}

static int map_window(tome *map, uint64_t start, uint64_t length, window *w) {
  if (length > SIZE_MAX / 2)
    return TOME_ENOMEM;
  void *address = NULL;
  size_t usable = 0;
  int r = tome__os_map(&map->file, start, (size_t)length, map->access, &address, &usable);
  if (r < 0)
    return r;
  w->map = map;
  w->address = address;
  w->start = start;
  w->length = usable;
  w->reserved = (size_t)length;
  tome__guard_watch(w);
  return 0;
}

static int unmap_window(window *w) {
  tome__guard_unwatch(w);
  return tome__os_unmap(w->address, w->reserved);
}

/* Another process may be appending: its bytes come before its length. Asking for a block waits until both are there. */
static void clear_behind(tome *map, uint64_t at, unsigned char *data) {
  size_t page = tome__os_system()->page;
  if (tome__zeros_to_page_end(data))
    return;
  tome__os_allocate(&map->file, at, 1);
  if (tome__os_size_now(&map->file) == at)
    memset(data, 0, page - (size_t)(at % page));
}

int tome__window_clear_behind(tome *map, uint64_t at) {
  size_t granularity = tome__os_system()->granularity, lead = (size_t)(at % granularity);
  window w = {0};
  if (at >= map->origin && at - map->origin < tome__reach(map)) {
    clear_behind(map, at, map->base + (at - map->origin));
    return 0;
  }
  int r = map_window(map, at - lead, granularity, &w);
  if (r < 0)
    return r;
  if (w.length > lead)
    clear_behind(map, at, w.address + lead);
  return unmap_window(&w);
}

/* A file that is being cut may end before the map begins. */
static size_t reach_of(const tome *map) {
  size_t lead = (size_t)map->lead;
  return map->base_window.length > lead ? map->base_window.length - lead : 0;
}

int tome__window_base(tome *map, uint64_t size, uint64_t reserve, uint64_t scarce) {
  uint64_t granularity = tome__os_system()->granularity;
  uint64_t start = map->origin - map->origin % granularity;
  uint64_t lead = map->origin - start;
  for (uint64_t spare = reserve > size ? reserve - size : 0;; spare /= 2) {
    uint64_t most = UINT64_MAX - granularity - lead;
    uint64_t length = 0;
    if (size <= most && spare <= most - size)
      length = round_up(lead + size + spare, granularity);
    if (length == 0 && spare == 0 && size == 0)
      return 0; /* nothing to map */
    int r = length == 0 ? TOME_ENOMEM : map_window(map, start, length, &map->base_window);
    if (r == 0) {
      map->base = map->base_window.address + lead;
      map->lead = lead;
      atomic_store_explicit(&map->reach, reach_of(map), memory_order_relaxed);
      return 0;
    }
    if (spare == 0) /* what is wrong without a reserve is wrong */
      return r == TOME_EFBIG ? TOME_ENOMEM : r;
    if (spare > 2 * scarce)
      spare = 2 * scarce;
    if (spare < granularity)
      spare = 0;
  }
}

void tome__window_grown(tome *map) {
  window *base = &map->base_window;
  size_t usable = base->length;
  if (!map->base || map->base_ends)
    return;
  if (tome__os_map_more(&map->file, base->address, &usable) == TOME_ENOMEM)
    map->base_ends = 1; /* windows for the rest */
  if (usable == base->length)
    return;
  tome__guard_lengthen(base, usable);
  atomic_store_explicit(&map->reach, reach_of(map), memory_order_release);
  tome__advice_mended(map);
  tome__locks_again(map);
}

uint64_t tome__window_reserved(const tome *map) {
  if (!map->base)
    return 0;
  return map->base_ends ? tome__reach(map) : map->base_window.reserved - map->lead;
}

/* ---- windows that come and go; under map->lock ---- */

static window **oldest_idle(tome *map, size_t *ret_count) {
  window **oldest = NULL;
  *ret_count = 0;
  for (window **link = &map->windows; *link; link = &(*link)->next) {
    if ((*link)->users > 0)
      continue;
    ++*ret_count;
    if (!oldest || (*link)->last_used < (*oldest)->last_used)
      oldest = link;
  }
  return oldest;
}

static int drop(window **link) {
  window *w = *link;
  *link = w->next;
  int r = unmap_window(w);
  tome__os_free(w);
  return r;
}

static int drop_idle(tome *map, size_t keep) {
  size_t count;
  window **oldest = oldest_idle(map, &count);
  int dropped = 0;
  while (count > keep) {
    drop(oldest);
    dropped = 1;
    oldest = oldest_idle(map, &count);
  }
  return dropped;
}

static window *find_window(tome *map, uint64_t at, size_t least) {
  for (window *w = map->windows; w; w = w->next)
    if (at >= w->start && at - w->start < w->length && w->length - (at - w->start) >= least)
      return w;
  return NULL;
}

static int make_window(tome *map, uint64_t at, size_t least, window **ret_window) {
  const os_system *system = tome__os_system();
  uint64_t size = map->forced_window ? map->forced_window : system->window;
  uint64_t half = round_up(size / 2, system->granularity);
  uint64_t start = at - at % half;
  uint64_t needed = round_up(at - start + least, system->granularity);
  uint64_t length = needed > size ? needed : size;
  uint64_t rest = round_up(map->origin + tome__size(map) - start, system->granularity);
  if (length > rest && rest >= needed)
    length = rest;
  window *w = tome__os_new(1, sizeof *w);
  if (!w)
    return TOME_ENOMEM;
  int r = map_window(map, start, length, w);
  if (r == TOME_ENOMEM && drop_idle(map, 0))
    r = map_window(map, start, length, w);
  if (r == TOME_ENOMEM && length > needed)
    r = map_window(map, start, needed, w);
  if (r == 0 && w->length < at - start + least) { /* the file ends before */
    unmap_window(w);
    r = TOME_ELOST;
  }
  if (r < 0) {
    tome__os_free(w);
    if (r == TOME_EIO) /* the disk has failed */
      return TOME_ELOST;
    return r == TOME_EFBIG ? TOME_ENOMEM : r; /* the last page below 8 EiB cannot be mapped */
  }
  tome__advice_window(w);
  w->next = map->windows;
  map->windows = w;
  *ret_window = w;
  return 0;
}

int tome__window_pin(tome *map, uint64_t offset, size_t least, unsigned char **ret_data,
                     size_t *ret_length, window **ret_window) {
  uint64_t reach = tome__reach(map);
  if (tome__inside(reach, offset, least) && offset < reach) {
    uint64_t length = reach - offset;
    *ret_data = map->base + offset;
    *ret_length = length < SIZE_MAX ? (size_t)length : SIZE_MAX;
    *ret_window = NULL;
    return 0;
  }
  tome__os_mutex_lock(&map->lock);
  uint64_t at = map->origin + offset;
  window *w = find_window(map, at, least);
  int r = w ? 0 : make_window(map, at, least, &w);
  if (r == 0) {
    w->users++;
    w->last_used = ++map->window_clock;
    *ret_data = w->address + (at - w->start);
    *ret_length = w->length - (size_t)(at - w->start);
    *ret_window = w;
    drop_idle(map, MOST_IDLE);
  }
  tome__os_mutex_unlock(&map->lock);
  return r;
}

void tome__window_unpin(tome *map, window *pinned) {
  if (!pinned)
    return;
  tome__os_mutex_lock(&map->lock);
  pinned->users--;
  tome__os_mutex_unlock(&map->lock);
}

static void let_go(const window *w, uint64_t from, uint64_t end) {
  from = from > w->start ? from : w->start;
  end = end < w->start + w->length ? end : w->start + w->length;
  if (w->address && from < end)
    tome__os_let_go(w->address + (from - w->start), (size_t)(end - from));
}

void tome__window_let_go(tome *map, uint64_t from, uint64_t end) {
  for (window **link = &map->windows, *w; (w = *link);) {
    if (w->users == 0 && from < w->start + w->length && w->start < end) {
      drop(link);
      continue;
    }
    let_go(w, from, end);
    link = &w->next;
  }
  let_go(&map->base_window, from, end);
}

int tome__window_release(tome *map) {
  int r = 0;
  while (map->windows) {
    int dropped = drop(&map->windows);
    r = r < 0 ? r : dropped;
  }
  if (map->base) {
    int unmapped = unmap_window(&map->base_window);
    r = r < 0 ? r : unmapped;
    map->base = NULL;
  }
  return r;
}
