/* What the system is told of how a map will be read, so that it reads ahead where that helps and nowhere else. */
#ifndef TOME_ADVICE_H
#define TOME_ADVICE_H

#include "map_state.h"
#include "os.h"

/** What tome_options says. Pre: the base is there, if there will be one. */
void tome__advice_begin(tome *map, uint32_t advice);
/** The map is going, and its views with it. */
void tome__advice_end(const tome *map);
/** Advice for a new window. */
void tome__advice_window(const window *w);
/** Patches were taken away: what lies there now has no advice. Pre: map->lock held. */
void tome__advice_mended(tome *map);

/** [offset, offset + length) is read, of pages that were not read before. Whether it goes on where the last such read ended. */
static inline int tome__read_goes_on(tome *map, uint64_t offset, uint64_t length) {
  uint64_t gap = offset - atomic_load_explicit(&map->read_end, memory_order_relaxed);
  atomic_store_explicit(&map->read_end, offset + length, memory_order_relaxed);
  return gap <= tome__os_system()->page; /* the rest of a page is read as memory */
}
/** Such a read went on; or it did not, and had to wait for the disk. A few of a kind decide. */
void tome__advice_notice(tome *map, int goes_on);

/* Of 2^32 reads so many look if known pages still are in memory; which ones these are, changes each time. */
#define LOOK_LIMIT (UINT32_C(1) << 22)
static inline uint32_t tome__any(const tome *map, uint64_t offset) {
  return (uint32_t)offset * UINT32_C(2654435769) ^
         atomic_load_explicit(&map->look, memory_order_relaxed);
}
/** Whether it is time to look: every half MiB or thousand reads, wherever they are. */
static inline int tome__time_to_look(const tome *map, uint64_t offset, uint64_t length) {
  return tome__any(map, offset) < LOOK_LIMIT + (length << 13);
}
/** The same for a short read, which looks only where random reading was noticed. */
static inline int tome__may_look(const tome *map, uint64_t offset) {
  uint32_t limit = atomic_load_explicit(&map->look_limit, memory_order_relaxed);
  return limit && tome__any(map, offset) < limit;
}
/** Look: if pages of the range have gone from memory, none are known any more, and the result is 0. Pre: inside the base. */
int tome__still_there(tome *map, uint64_t offset, uint64_t length);

/** Advice of a view's own, for its memory. Pre: map->lock held, as for the next ones. */
void tome__advice_view(tome *map, view_entry *entry, void *data, uint32_t advice);
/** It is there no longer: the pages are as the map is again. */
void tome__advice_taken(tome *map, const view_entry *entry, void *data);
/** The view is over. */
static inline void tome__advice_view_end(tome *map, const view_entry *entry, void *data) {
  if (entry->laid)
    tome__advice_taken(map, entry, data);
}

#endif
