/* Which file this is, whatever its name. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <sys/sysmacros.h>

static os_identity of_device(dev_t device) {
  return (os_identity){{device, UINT64_MAX, 0, 0}};
}

/* The number of an inode is used again for another file; the moment at which it was created is not. */
static os_identity of_file(const struct statx *status) {
  return (os_identity){{makedev(status->stx_dev_major, status->stx_dev_minor), status->stx_ino,
                        (uint64_t)status->stx_btime.tv_sec, status->stx_btime.tv_nsec}};
}

/* For kernels without statx, and sandboxes that do not know it. */
static int identity_without_birth(const os_file *file, os_identity *ret_identity) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) < 0)
    return tome__os_failed();
  *ret_identity = S_ISBLK(status.st_mode) ? of_device(status.st_rdev)
                                          : (os_identity){{status.st_dev, status.st_ino, 0, 0}};
  return 0;
}

int tome__os_identity(const os_file *file, os_identity *ret_identity) {
  struct statx status;
  if (tome__os_calls.statx(file->descriptor, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME,
                           &status) < 0)
    return identity_without_birth(file, ret_identity);
  if (!(status.stx_mask & STATX_BTIME))
    status.stx_btime = (struct statx_timestamp){0};
  *ret_identity = S_ISBLK(status.stx_mode)
                      ? of_device(makedev(status.stx_rdev_major, status.stx_rdev_minor))
                      : of_file(&status);
  return 0;
}
