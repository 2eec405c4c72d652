/* Asking the disk for many ranges, and not waiting for them. */
#include "cold_ranges.h"
#include "failure.h"

#include <tome/error.h>

static int check(tome *map, const tome_range *ranges, size_t count) {
  if (!ranges && count > 0)
    return tome__fail(
        map->path,
        (failure){.operation = "tome_prefetch", .code = TOME_EINVAL, .detail = "no ranges"});
  for (size_t i = 0; i < count; i++) {
    int r = tome__check_range(map, "tome_prefetch", ranges[i].offset, ranges[i].length);
    if (r < 0)
      return r;
  }
  return 0;
}

static void ask_for_collected(tome *map, cold_ranges *all) {
  tome__cold_sort(all);
  cold_asking asking = {.map = map, .all = all};
  tome__cold_ask_all(&asking);
  all->count = 0;
}

int tome_prefetch(tome *map, const tome_range *ranges, size_t count) {
  cold_ranges all;
  int r = check(map, ranges, count);
  if (r < 0)
    return r;
  tome__cold_begin(&all);
  for (size_t i = 0; i < count; i++) {
    if (ranges[i].length == 0)
      continue;
    if (tome__cold_room(&all, count - i) == 0)
      ask_for_collected(map, &all);
    tome__cold_add(&all, ranges[i], NULL);
  }
  ask_for_collected(map, &all);
  tome__cold_end(&all);
  return 0;
}
