/* What reading has cost. */
#include <tome/stats.h>

#include "counters.h"
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>
#include <tome/info.h>

static uint64_t value(const _Atomic uint64_t *counter) {
  return atomic_load_explicit(counter, memory_order_relaxed);
}

static void copy_counters(const counters *from, tome_stats *stats) {
  stats->calls = value(&from->calls);
  stats->called = value(&from->called);
  stats->waits = value(&from->waits);
  stats->disk = value(&from->disk);
  stats->lost_faults = value(&from->lost_faults);
}

/* Once one cannot be told, nor can the sum. */
static void add_mapped(uint64_t *sum, mapped_stretch stretch) {
  uint64_t bytes = *sum == TOME_UNKNOWN || stretch.length == 0
                       ? 0
                       : tome__os_mapped(stretch.address, stretch.length);
  *sum = bytes == TOME_UNKNOWN ? TOME_UNKNOWN : *sum + bytes;
}

static uint64_t mapped_by_map(tome *map) {
  uint64_t sum = 0;
  tome__os_mutex_lock(&map->lock);
  if (map->base)
    add_mapped(&sum, tome__mapped_stretch(&map->base_window));
  for (const window *w = map->windows; w; w = w->next)
    add_mapped(&sum, tome__mapped_stretch(w));
  tome__os_mutex_unlock(&map->lock);
  return sum;
}

/* Others go on mapping and unmapping meanwhile: each stretch is as it is when it is looked at. */
static uint64_t mapped_by_all(void) {
  size_t count = tome__guard_windows(NULL, 0);
  if (count == 0)
    return 0;
  mapped_stretch *all = tome__os_new(count, sizeof *all);
  if (!all)
    return TOME_UNKNOWN;
  size_t now = tome__guard_windows(all, count);
  uint64_t sum = 0;
  for (size_t i = 0; i < now && i < count; i++)
    add_mapped(&sum, all[i]);
  tome__os_free(all);
  return sum;
}

static void stats_of_process(tome_stats *stats) {
  os_usage usage;
  tome__os_usage(&usage);
  copy_counters(&tome__counters, stats);
  stats->mapped = mapped_by_all();
  stats->minor_faults = usage.minor_faults;
  stats->major_faults = usage.major_faults;
  stats->process_disk = usage.disk;
}

static void stats_of_map(tome *map, tome_stats *stats) {
  copy_counters(&map->counters, stats);
  stats->mapped = mapped_by_map(map);
  stats->minor_faults = stats->major_faults = stats->process_disk = TOME_UNKNOWN;
}

int tome_stats_get(tome *map, tome_stats *ret) {
  size_t known = ret->struct_size;
  tome_stats stats = {.struct_size = known};
  if (known < offsetof(tome_stats, waits) || known > sizeof stats)
    return tome__fail(map ? map->path : NULL,
                      (failure){.operation = __func__,
                                .code = TOME_EINVAL,
                                .detail = "set struct_size to sizeof(tome_stats)"});
  if (map)
    stats_of_map(map, &stats);
  else
    stats_of_process(&stats);
  memcpy(ret, &stats, known);
  return 0;
}
