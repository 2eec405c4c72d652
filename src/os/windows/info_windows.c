/* The figures of a file. */
#include "windows_file.h"

#include <tome/info.h>

int tome__os_info(os_file *file, tome_info *ret_info) {
  os_stat status;
  int r = tome__os_stat(file, &status);
  if (r < 0)
    return r;
  ret_info->kind = status.kind;
  ret_info->file_size = status.size;
  ret_info->allocated = status.allocated;
  ret_info->holes = ret_info->hole_bytes = TOME_UNKNOWN;
  ret_info->resident = ret_info->dirty = ret_info->readahead = TOME_UNKNOWN;
  tome__os_file_system_name(file, ret_info->file_system, sizeof ret_info->file_system);
  /* Figures that cannot be had stay unknown. */
  tome__os_holes(file, 0, status.size, &ret_info->holes, &ret_info->hole_bytes);
  return 0;
}
