/* Blocks, where no call gets them. */
#include "calls.h"
#include "end_of_file.h"
#include "os.h"

#include <errno.h>

int tome__os_check_space(const os_file *file, uint64_t from, uint64_t end) {
  struct statvfs status;
  if (tome__os_calls.fstatvfs(file->descriptor, &status) < 0 || status.f_frsize == 0 ||
      status.f_blocks == 0) /* without a limit, or not told */
    return 0;
  uint64_t blocks = geteuid() == 0 ? status.f_bfree : status.f_bavail;
  if ((end + status.f_frsize - 1) / status.f_frsize <=
      (from + status.f_frsize - 1) / status.f_frsize + blocks)
    return 0;
  errno = ENOSPC;
  return TOME_ENOSPC;
}

/* No call makes sure of blocks, but it can be seen that there are too few for the holes in the range. */
int tome__os_allocate(const os_file *file, uint64_t offset, uint64_t length) {
  os_file own = *file;
  uint64_t count, wanted, end = offset + length, size = tome__os_size_now(file);
  end = end < size ? end : size;
  if (offset < end && tome__os_holes(&own, offset, end, &count, &wanted) == 0 && wanted > 0 &&
      tome__os_check_space(file, 0, wanted) < 0)
    return TOME_ENOSPC;
  return TOME_ENOTSUP;
}
