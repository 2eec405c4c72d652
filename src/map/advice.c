/* Advice to the system.
 *
 * A fault in a mapping reads ahead as much as the disk is set to, megabytes sometimes: right for one who reads in order, ruinous
 * for one who does not. (A read by system call needs no advice: the kernel judges by the calls before.) So a map that is told
 * nothing notices: a read of pages that it did not know either goes on where the last one ended, or it does not and has to
 * wait for the disk, and IN_A_ROW of a kind decide how the base is advised. Reads of what is known pay nothing for it.
 *
 * Pages that are known are read as memory, where no wait is seen. Having gone from memory since, each of them would be waited for
 * alone where the map has noticed random reading, in whatever order they are read now. So there, and where a read is so long that
 * it can afford it, it is looked now and then whether they still are in memory; if not, none are known any more, and
 * reading goes by system call until they are again.
 *
 * Advice is the kernel's for a stretch of addresses, and each stretch with another advice is a mapping of its own, of which a
 * process may have 65,530. So only MOST_LAID views at a time have advice of their own. */
#include "advice.h"

#include "range.h"

#define IN_A_ROW 4
#define MOST_LAID 1024

/* In view_entry.advice: none of its own. */
#define AS_THE_MAP 0
#define OWN(advice) ((advice) + 1)

static atomic_int laid; /* of all maps */

static uint32_t advice_of(const tome *map) {
  return atomic_load_explicit(&map->advice, memory_order_relaxed);
}

/* ---- of a view ---- */

static int may_lay_one_more(void) {
  if (atomic_fetch_add_explicit(&laid, 1, memory_order_relaxed) < MOST_LAID)
    return 1;
  atomic_fetch_sub_explicit(&laid, 1, memory_order_relaxed);
  return 0;
}

static void lay(const tome *map, view_entry *entry, void *data) {
  if (!entry->laid && (entry->advice == OWN(advice_of(map)) || !may_lay_one_more()))
    return;
  entry->laid = 1;
  tome__os_advise(data, (size_t)entry->range.length, entry->advice - 1);
}

/* Those in the base, that is, which touch the range. */
static void lay_all(tome *map, tome_range range) {
  for (uint32_t i = 0; i < map->views_count; i++) {
    view_entry *entry = &map->views[i];
    if (entry->serial % 2 && entry->advice != AS_THE_MAP &&
        tome__range_overlap(entry->range, range).length &&
        tome__inside(tome__reach(map), entry->range.offset, entry->range.length))
      lay(map, entry, map->base + entry->range.offset);
  }
}

void tome__advice_view(tome *map, view_entry *entry, void *data, uint32_t advice) {
  entry->advice = OWN(advice);
  entry->laid = 0;
  lay(map, entry, data);
}

void tome__advice_taken(tome *map, const view_entry *entry, void *data) {
  uint64_t page = tome__os_system()->page;
  tome_range around = {entry->range.offset > page ? entry->range.offset - page : 0,
                       entry->range.length + 2 * page};
  tome__os_advise(data, (size_t)entry->range.length, advice_of(map));
  atomic_fetch_sub_explicit(&laid, 1, memory_order_relaxed);
  lay_all(map, around);
}

void tome__advice_end(const tome *map) {
  for (uint32_t i = 0; i < map->views_count; i++)
    if (map->views[i].serial % 2 && map->views[i].laid)
      atomic_fetch_sub_explicit(&laid, 1, memory_order_relaxed);
}

/* ---- of a map ---- */

static void advise_base(tome *map) {
  if (!map->base)
    return;
  tome__os_advise(map->base_window.address, map->base_window.length, advice_of(map));
  lay_all(map, (tome_range){0, tome__reach(map)});
}

void tome__advice_begin(tome *map, uint32_t advice) {
  map->notices = advice == TOME_ADVICE_NOTICE && map->kind != TOME_KIND_MEMORY && map->base;
  atomic_store(&map->advice, advice);
  if (advice == TOME_ADVICE_NOTICE || map->kind == TOME_KIND_MEMORY)
    return;
  tome__os_expect(&map->file, advice);
  advise_base(map);
}

void tome__advice_window(const window *w) {
  if (advice_of(w->map) != TOME_ADVICE_NOTICE)
    tome__os_advise(w->address, w->length, advice_of(w->map));
}

void tome__advice_mended(tome *map) {
  if (advice_of(map) != TOME_ADVICE_NOTICE || atomic_load_explicit(&laid, memory_order_relaxed))
    advise_base(map);
}

/* ---- noticing ---- */

/* Threads that read beside each other may overwrite each other's counts: what comes of it is a hint. */
static int count_in_a_row(tome *map, int goes_on) {
  int n = atomic_load_explicit(&map->in_a_row, memory_order_relaxed);
  if (goes_on && n > -IN_A_ROW)
    n = n < 0 ? n - 1 : -1;
  else if (!goes_on && n < IN_A_ROW)
    n = n > 0 ? n + 1 : 1;
  else
    return n;
  atomic_store_explicit(&map->in_a_row, n, memory_order_relaxed);
  return n;
}

void tome__advice_notice(tome *map, int goes_on) {
  if (!map->notices)
    return;
  int n = count_in_a_row(map, goes_on);
  uint32_t wanted = n > 0 ? TOME_ADVICE_RANDOM : TOME_ADVICE_NOTICE;
  if ((n < IN_A_ROW && n > -IN_A_ROW) || wanted == advice_of(map))
    return;
  tome__os_mutex_lock(&map->lock);
  atomic_store_explicit(&map->advice, wanted, memory_order_relaxed);
  atomic_store_explicit(&map->look_limit, wanted == TOME_ADVICE_RANDOM ? LOOK_LIMIT : 0,
                        memory_order_relaxed);
  advise_base(map);
  tome__os_mutex_unlock(&map->lock);
}

int tome__still_there(tome *map, uint64_t offset, uint64_t length) {
  if (map->cannot_read_now) /* shared memory: nothing is waited for, and its holes are never there */
    return 1;
  uint32_t next = atomic_load_explicit(&map->look, memory_order_relaxed) * 1664525u + 1013904223u;
  atomic_store_explicit(&map->look, next, memory_order_relaxed);
  /* One who reads in small pieces has most often just fetched their page himself. */
  uint64_t more = length + tome__os_system()->page;
  if (tome__inside(tome__reach(map), offset, more) &&
      tome__pageset_has(&map->known, offset + map->lead, more))
    length = more;
  if (tome__os_is_resident(map->base + offset, (size_t)length))
    return 1;
  tome__pageset_clear(&map->known);
  return 0;
}
