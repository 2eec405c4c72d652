/* Flushing, by file rather than by mapping: it then works the same through windows.
 *
 * msync(MS_ASYNC) does nothing on Linux; sync_file_range() really begins the write-back. Only fdatasync() makes the
 * device empty its own cache, and writes the metadata that the data needs to be found again. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>
#include <fcntl.h>
#include <tome/flush.h>

static int write_range(const os_file *file, uint64_t offset, uint64_t length, unsigned how) {
  if (file->borrows_pages) /* it has none of its own to write: 0 would be said, and nothing done */
    return TOME_ENOTSUP;
  if (tome__os_calls.sync_file_range(file->descriptor, (off_t)offset, (off_t)length, how) == 0)
    return 0;
  if (errno == ESPIPE || errno == ENOSYS || errno == EINVAL)
    return TOME_ENOTSUP;
  return tome__os_write_back_failed();
}

static int sync_file(const os_file *file) {
  while (tome__os_calls.fdatasync(file->descriptor) < 0)
    if (errno != EINTR)
      return tome__os_write_back_failed();
  return 0;
}

/* A created file is there after power loss only if its directory is. Where that could not be opened (no permission to read
 * it) or has no fsync, the whole file system is synced. */
static int sync_name(os_file *file) {
  if (!file->name_at_risk)
    return 0;
  int failed = file->directory >= 0 ? tome__os_calls.fsync(file->directory) : -1;
  if (file->directory < 0 || (failed < 0 && errno == EINVAL))
    failed = tome__os_calls.syncfs(file->descriptor);
  if (failed < 0)
    return tome__os_write_back_failed();
  tome__os_name_is_safe(file);
  return 0;
}

int tome__os_flush(os_file *file, uint64_t offset, uint64_t length, int level) {
  unsigned start = SYNC_FILE_RANGE_WRITE;
  unsigned wait = start | SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WAIT_AFTER;
  if (level == TOME_FLUSH_DURABLE) {
    int r = sync_file(file);
    return r < 0 ? r : sync_name(file);
  }
  int r = write_range(file, offset, length, level == TOME_FLUSH_START ? start : wait);
  return r == TOME_ENOTSUP ? sync_file(file) : r;
}
