/* What of a map's file is in memory. */
#include <tome/residency.h>

#include "failure.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>
#include <tome/info.h>

static int fail_argument(const tome *map, const char *operation, const char *what) {
  return tome__fail(map->path,
                    (failure){.operation = operation, .code = TOME_EINVAL, .detail = what});
}

static uint64_t bytes_of_pages(const tome *map, uint64_t offset, uint64_t length) {
  return length ? tome__whole_pages(map, (tome_range){offset, length}) : 0;
}

/* Figures that cannot be had are unknown. */
static int ask(tome *map, uint64_t offset, uint64_t length, tome_residency *ret) {
  uint64_t from = map->origin + offset, count;
  os_residency now = {TOME_UNKNOWN, TOME_UNKNOWN, TOME_UNKNOWN};
  int r = tome__os_residency(&map->file, from, length, &now);
  if (r < 0 && r != TOME_ENOTSUP && r != TOME_ENOMEM)
    return r;
  ret->resident = now.resident;
  ret->dirty = now.dirty;
  ret->writeback = now.writeback;
  ret->holes = TOME_UNKNOWN;
  if (map->kind == TOME_KIND_BLOCK || ret->struct_size <= offsetof(tome_residency, holes))
    return 0; /* who does not know the field does not wait for it */
  tome__os_mutex_lock(&map->lock);
  tome__os_holes(&map->file, from, from + length, &count, &ret->holes);
  tome__os_mutex_unlock(&map->lock);
  return 0;
}

int tome_residency_get(tome *map, uint64_t offset, uint64_t length, tome_residency *ret) {
  size_t known = ret->struct_size;
  tome_residency all = {.struct_size = known};
  if (known < offsetof(tome_residency, resident) || known > sizeof all)
    return fail_argument(map, __func__, "set struct_size to sizeof(tome_residency)");
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0)
    return r;
  all.pages = bytes_of_pages(map, offset, length);
  if (length > 0)
    r = ask(map, offset, length, &all);
  if (r < 0)
    return tome__fail_at(map, __func__, r, (tome_range){offset, length});
  memcpy(ret, &all, known);
  return 0;
}

int tome_residency_pages(tome *map, uint64_t offset, uint64_t length, unsigned char *ret_pages,
                         size_t count) {
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0 || length == 0)
    return r;
  if (bytes_of_pages(map, offset, length) / tome__os_system()->page > count)
    return fail_argument(map, __func__, "the range has more pages than there is room for");
  r = tome__os_resident_pages(&map->file, map->origin + offset, length, ret_pages);
  return r < 0 ? tome__fail_at(map, __func__, r, (tome_range){offset, length}) : 0;
}
