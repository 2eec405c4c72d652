/* The figures of a file: what of it is on the disk and what is in memory. */
#include "filesystem.h"
#include "os.h"

#include <string.h>

static void ask_residency(const os_file *file, uint64_t size, tome_info *info) {
  os_residency residency = {0, 0, 0};
  if (size > 0 && tome__os_residency(file, 0, size, &residency) < 0)
    return;
  info->resident = residency.resident;
  info->dirty =
      residency.dirty == TOME_UNKNOWN ? TOME_UNKNOWN : residency.dirty + residency.writeback;
}

int tome__os_info(os_file *file, tome_info *ret_info) {
  os_stat status;
  int r = tome__os_stat(file, &status);
  if (r < 0)
    return r;
  int block = status.kind == TOME_KIND_BLOCK;
  ret_info->kind = status.kind;
  ret_info->file_size = status.size;
  ret_info->allocated = block ? TOME_UNKNOWN : status.allocated;
  ret_info->holes = ret_info->hole_bytes = TOME_UNKNOWN;
  ret_info->resident = ret_info->dirty = TOME_UNKNOWN;
  ret_info->readahead = tome__os_disk_readahead(file);
  if (block) /* it would be that of its name in /dev */
    memcpy(ret_info->file_system, "unknown", sizeof "unknown");
  else
    tome__os_file_system_name(file, ret_info->file_system, sizeof ret_info->file_system);
  /* Figures that cannot be had stay unknown. */
  if (!block)
    tome__os_holes(file, 0, status.size, &ret_info->holes, &ret_info->hole_bytes);
  ask_residency(file, status.size, ret_info);
  return 0;
}
