#include "holes.h"

#include "os.h"
#include "range.h"

/* Stores of a private map lie where the file has holes; through other mappings only some file systems tell of them. */
int tome__may_have_holes(tome *map) {
  os_stat now;
  return map->exact_holes && !(map->access & OS_PRIVATE) && tome__os_stat(&map->file, &now) == 0 &&
         now.allocated < now.size;
}

static uint64_t next_data(tome *map, uint64_t offset) {
  tome__os_mutex_lock(&map->lock);
  uint64_t data = tome__os_next_data(&map->file, map->origin + offset);
  tome__os_mutex_unlock(&map->lock);
  return data;
}

/* No data from `at` on may mean a hole up to the end, or that the file was cut. It is a hole if the file was long enough and
 * stayed as it was while it was asked. */
static int is_hole_to_the_end(tome *map, uint64_t at, uint64_t to) {
  os_stat before, after;
  return tome__os_stat(&map->file, &before) == 0 && before.size >= map->origin + to &&
         next_data(map, at) == UINT64_MAX && tome__os_stat(&map->file, &after) == 0 &&
         after.size == before.size && after.changed == before.changed;
}

uint64_t tome__hole_end(tome *map, uint64_t at, uint64_t to) {
  uint64_t data = next_data(map, at);
  if (data == UINT64_MAX)
    return is_hole_to_the_end(map, at, to) ? to : at;
  return data - map->origin < to ? data - map->origin : to;
}

int tome__is_hole(tome *map, tome_range range) {
  return tome__hole_end(map, range.offset, tome__range_end(range)) == tome__range_end(range);
}
