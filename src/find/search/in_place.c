/* What is in memory is searched where it is mapped, which is nearly twice as fast as copying it first. One who passes over bytes
 * lets go of them behind him, so that a search leaves nothing mapped; who comes again finds them known, and they stay: searching
 * the same bytes again and again runs as fast as memory. */
#include "in_place.h"

#include "lost_pages.h"
#include "os.h"

int tome__in_place(tome *map, tome_range range, int is_cold, int *ret_passing) {
  uint64_t at = range.offset + map->lead;
  *ret_passing = 0;
  if (tome__pageset_has(&map->known, at, range.length))
    return 1;
  if (tome__os_populate(map->base + range.offset, (size_t)range.length, 0) < 0)
    return 0;
  if (!is_cold)
    tome__pageset_add(&map->known, at, range.length);
  *ret_passing = !(map->access & OS_PRIVATE);
  return 1;
}

void tome__in_place_end(tome *map, tome_range range) {
  tome__os_let_go(map->base + range.offset, (size_t)range.length);
}

int tome__was_there(tome *map, uint64_t before, tome_range range, const unsigned char *end,
                    tome_range *ret_lost) {
  int suspect = tome__tail_is_suspect(map, end);
  if (!tome__guard_intact(map, before) &&
      tome__guard_settle(map, before, range.offset, range.length, ret_lost))
    return 0;
  return !(suspect && tome__guard_is_cut(map, range.offset, range.length, ret_lost));
}
