/* What a map is made of. */
#include "failure.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>
#include <tome/info.h>

/* Who knows only the first fields is spared the costly others. */
static int ask_file(tome *map, tome_info *info) {
  os_stat status;
  if (info->struct_size <= offsetof(tome_info, allocated)) {
    int r = tome__os_stat(&map->file, &status);
    info->file_size = r < 0 ? 0 : status.size;
    return r;
  }
  tome__os_mutex_lock(&map->lock);
  int r = tome__os_info(&map->file, info);
  tome__os_mutex_unlock(&map->lock);
  return r;
}

int tome_info_get(tome *map, tome_info *ret_info) {
  size_t known = ret_info->struct_size;
  tome_info info = {.struct_size = known};
  if (known < offsetof(tome_info, size) || known > sizeof info)
    return tome__fail(map->path, (failure){.operation = __func__,
                                           .code = TOME_EINVAL,
                                           .detail = "set struct_size to sizeof(tome_info)"});
  int r = ask_file(map, &info);
  if (r < 0)
    return tome__map_fail(map, __func__, r, tome__os_last_error(), 0, 0);
  info.kind = map->kind;
  info.page_size = (uint32_t)tome__os_system()->page;
  info.size = tome__size(map);
  info.reserved = tome__window_reserved(map);
  memcpy(ret_info, &info, known);
  return 0;
}
