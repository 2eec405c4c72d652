/* Flushing. fsync() hands everything to the device, and leaves it in its cache: F_FULLFSYNC makes the device empty that. Some file
 * systems, of servers mostly, do not know it; what they have is fsync(). */
#include "calls.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"
#include "sync_mapped.h"

#include <errno.h>
#include <tome/flush.h>

static int sync_to_device(int descriptor) {
  while (tome__os_calls.fsync(descriptor) < 0)
    if (errno != EINTR)
      return tome__os_write_back_failed();
  return 0;
}

static int is_unknown(int system) {
  return system == ENOTSUP || system == EOPNOTSUPP || system == EINVAL || system == ENOTTY ||
         system == ENODEV;
}

static int sync_fully(int descriptor) {
  while (tome__os_calls.fcntl(descriptor, F_FULLFSYNC, 0) < 0) {
    if (is_unknown(errno))
      return sync_to_device(descriptor);
    if (errno != EINTR)
      return tome__os_write_back_failed();
  }
  return 0;
}

/* A created file is there after power loss only if its directory is. Where that could not be opened (no permission to read it) all
 * there is is synced. */
static int sync_name(os_file *file) {
  if (!file->name_at_risk)
    return 0;
  int r = file->directory >= 0 ? sync_fully(file->directory) : 0;
  if (r < 0)
    return r;
  if (file->directory < 0)
    sync();
  tome__os_name_is_safe(file);
  return 0;
}

int tome__os_flush(os_file *file, uint64_t offset, uint64_t length, int level) {
  int r =
      tome__os_sync_mapped(file, offset, length, level == TOME_FLUSH_START ? MS_ASYNC : MS_SYNC);
  if (r < 0 || level == TOME_FLUSH_START)
    return r;
  if (level == TOME_FLUSH_WRITTEN)
    return sync_to_device(file->descriptor);
  r = sync_fully(file->descriptor);
  return r < 0 ? r : sync_name(file);
}
