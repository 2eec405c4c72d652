/* Flushing. POSIX knows msync() for what was stored through mappings, and fdatasync() for the rest: where the system keeps both in
 * one place either would do, but that is not said anywhere. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"
#include "sync_mapped.h"

#include <errno.h>
#include <tome/flush.h>

static int sync_file(const os_file *file) {
  while (tome__os_calls.fdatasync(file->descriptor) < 0)
    if (errno != EINTR)
      return tome__os_write_back_failed();
  return 0;
}

/* A created file is there after power loss only if its directory is. Where that could not be opened (no permission to read
 * it) or has no fsync, all there is is synced; POSIX does not say that sync() waits for it, but systems do. */
static int sync_name(os_file *file) {
  if (!file->name_at_risk)
    return 0;
  int failed = file->directory >= 0 ? tome__os_calls.fsync(file->directory) : -1;
  if (failed < 0 && file->directory >= 0 && errno != EINVAL)
    return tome__os_write_back_failed();
  if (failed < 0)
    sync();
  tome__os_name_is_safe(file);
  return 0;
}

int tome__os_flush(os_file *file, uint64_t offset, uint64_t length, int level) {
  int r =
      tome__os_sync_mapped(file, offset, length, level == TOME_FLUSH_START ? MS_ASYNC : MS_SYNC);
  if (r == 0 && level != TOME_FLUSH_START)
    r = sync_file(file);
  return r == 0 && level == TOME_FLUSH_DURABLE ? sync_name(file) : r;
}
