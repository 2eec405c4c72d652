/* Flushing. POSIX knows msync() for what was stored through mappings, and fdatasync() for the rest: where the system keeps both in
 * one place either would do, but that is not said anywhere. What is stored belongs to the file, whoever's mapping it went
 * through, so one that is made for the purpose serves for all of them. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <tome/flush.h>

/* Mapped at once; address space is all it takes. */
static size_t piece(void) {
  return tome__os_system()->window * 16;
}

static int sync_piece(const os_file *file, uint64_t offset, size_t length, int how) {
  void *address;
  size_t usable;
  int r = tome__os_map(file, offset, length, 0, &address, &usable);
  if (r < 0)
    return r;
  while (r == 0 && tome__os_calls.msync(address, length, how) < 0)
    if (errno != EINTR)
      r = tome__os_failed();
  int system = errno;
  tome__os_unmap(address, length);
  errno = system;
  return r;
}

static int sync_mapped(const os_file *file, uint64_t offset, uint64_t length, int how) {
  uint64_t at = offset - offset % tome__os_system()->granularity, end = offset + length;
  int r = 0;
  for (uint64_t n; r == 0 && at < end; at += n) {
    n = end - at < piece() ? end - at : piece();
    r = sync_piece(file, at, (size_t)n, how);
  }
  return r;
}

static int sync_file(const os_file *file) {
  while (tome__os_calls.fdatasync(file->descriptor) < 0)
    if (errno != EINTR)
      return tome__os_failed();
  return 0;
}

/* A created file is there after power loss only if its directory is. Where that could not be opened (no permission to read
 * it) or has no fsync, all there is is synced; POSIX does not say that sync() waits for it, but systems do. */
static int sync_name(os_file *file) {
  if (!file->name_at_risk)
    return 0;
  int failed = file->directory >= 0 ? tome__os_calls.fsync(file->directory) : -1;
  if (failed < 0 && file->directory >= 0 && errno != EINVAL)
    return tome__os_failed();
  if (failed < 0)
    sync();
  file->name_at_risk = 0;
  if (file->directory >= 0)
    tome__os_calls.close(file->directory);
  file->directory = -1;
  return 0;
}

int tome__os_flush(os_file *file, uint64_t offset, uint64_t length, int level) {
  int r = sync_mapped(file, offset, length, level == TOME_FLUSH_START ? MS_ASYNC : MS_SYNC);
  if (r == 0 && level != TOME_FLUSH_START)
    r = sync_file(file);
  return r == 0 && level == TOME_FLUSH_DURABLE ? sync_name(file) : r;
}
