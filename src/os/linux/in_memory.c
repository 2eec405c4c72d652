/* The figures of a file: what of it is on the disk and what is in memory. */
#include "calls.h"
#include "filesystem.h"
#include "os.h"
#include "posix_error.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* The device's, or that of the disk a partition is on. */
static uint64_t device_readahead(dev_t device) {
  static const char *const places[] = {"/sys/dev/block/%u:%u/queue/read_ahead_kb",
                                       "/sys/dev/block/%u:%u/../queue/read_ahead_kb"};
  for (int i = 0; i < 2; i++) {
    char path[128], text[32];
    /* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral): both are above */
    snprintf(path, sizeof path, places[i], major(device), minor(device));
    int fd = tome__os_calls.open(path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
      continue;
    ssize_t n = tome__os_calls.pread(fd, text, sizeof text - 1, 0);
    tome__os_calls.close(fd);
    if (n > 0) {
      text[n] = 0;
      return strtoull(text, NULL, 10) * 1024;
    }
  }
  return TOME_UNKNOWN;
}

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
  struct stat raw;
  int r = tome__os_stat(file, &status);
  if (r < 0)
    return r;
  if (tome__os_calls.fstat(file->descriptor, &raw) < 0)
    return tome__os_failed();
  int block = status.kind == TOME_KIND_BLOCK;
  ret_info->kind = status.kind;
  ret_info->file_size = status.size;
  ret_info->allocated = block ? TOME_UNKNOWN : status.allocated;
  ret_info->holes = ret_info->hole_bytes = TOME_UNKNOWN;
  ret_info->resident = ret_info->dirty = TOME_UNKNOWN;
  ret_info->readahead = device_readahead(block ? raw.st_rdev : raw.st_dev);
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
