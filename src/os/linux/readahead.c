/* How far the disk of a file reads ahead. */
#include "calls.h"
#include "filesystem.h"

#include <stdio.h>
#include <stdlib.h>
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

uint64_t tome__os_disk_readahead(const os_file *file) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) < 0)
    return TOME_UNKNOWN;
  return device_readahead(S_ISBLK(status.st_mode) ? status.st_rdev : status.st_dev);
}
