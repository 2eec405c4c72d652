/* Letting a range go from memory: written back, then out of our page tables, where it would be held, then out of the system's. */
#include "failure.h"
#include "lock.h"
#include "map_state.h"
#include "os.h"

#include <tome/error.h>
#include <tome/flush.h>
#include <tome/info.h>
#include <tome/residency.h>

/* In offsets of the file. What is locked is meant to stay, and so does what a private map has: its pages may be the only copy of
 * what was stored into them. */
static void let_go(tome *map, uint64_t from, uint64_t end) {
  uint64_t gap_end, base = map->origin - map->lead;
  if (map->access & OS_PRIVATE)
    return;
  tome__os_mutex_lock(&map->lock);
  for (; tome__locks_gap(map, &from, end, &gap_end); from = gap_end) {
    tome__window_let_go(map, from, gap_end);
    if (map->base)
      tome__pageset_remove(&map->known, from - base, gap_end - from);
  }
  tome__os_mutex_unlock(&map->lock);
}

/* Behind the end of the file there is nothing that its last page could be held for. */
static uint64_t end_of_pages(const tome *map, uint64_t end) {
  uint64_t page = tome__os_system()->page;
  return end < tome__os_size_now(&map->file) ? end : (end + page - 1) / page * page;
}

int tome_evict(tome *map, uint64_t offset, uint64_t length) {
  int system = 0;
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0 || length == 0)
    return r;
  uint64_t from = map->origin + offset;
  if (map->kind != TOME_KIND_MEMORY)
    r = tome__flush_sticking(map, offset, length, TOME_FLUSH_WRITTEN, &system);
  if (r == 0) {
    let_go(map, from, end_of_pages(map, from + length));
    r = tome__os_evict(&map->file, from, length);
    system = r < 0 ? tome__os_last_error() : 0;
  }
  return r < 0 ? tome__map_fail(map, __func__, r, system, offset, length) : 0;
}
