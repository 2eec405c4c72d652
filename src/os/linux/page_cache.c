/* What of a file is in memory, and steering that.
 *
 * Since Linux 6.5 the kernel tells how much of a range is there, at a cost that goes by what is there and not by the range.
 * Which pages they are only mincore() tells. */
#include "calls.h"
#include "os.h"
#include "page_residency.h"
#include "posix_error.h"

#include <errno.h>

static int ask_cachestat(const os_file *file, uint64_t offset, uint64_t length, os_residency *ret) {
  struct os_cachestat_range range = {offset, length};
  struct os_cachestat status;
  if (tome__os_calls.os_cachestat(file->descriptor, &range, &status) < 0)
    return tome__os_failed();
  if (file->borrows_pages) /* it has none of its own, and says so without an error */
    return TOME_ENOTSUP;
  uint64_t page = tome__os_system()->page;
  *ret = (os_residency){status.cached * page, status.dirty * page, status.writeback * page};
  return 0;
}

uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length) {
  os_residency residency = {0, 0, 0};
  return ask_cachestat(file, offset, length, &residency) < 0 ? UINT64_MAX : residency.resident;
}

int tome__os_residency(const os_file *file, uint64_t offset, uint64_t length,
                       os_residency *ret_residency) {
  int r = ask_cachestat(file, offset, length, ret_residency);
  if (r == TOME_ENOTSUP)
    return tome__os_count_pages(file, offset, length, ret_residency);
  return r == TOME_EACCES ? TOME_ENOTSUP : r;
}

/* ---- steering ---- */

int tome__os_evict(const os_file *file, uint64_t offset, uint64_t length) {
  int system = tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                            POSIX_FADV_DONTNEED);
  errno = system;
  return system ? tome__os_code(system) : 0;
}

/* The kernel cuts what it is asked for at once to a few hundred KiB. */
#define MOST_ASKED ((uint64_t)256 << 10)

void tome__os_read_ahead(const os_file *file, uint64_t offset, uint64_t length) {
  for (uint64_t n; length > 0; offset += n, length -= n) {
    n = length < MOST_ASKED ? length : MOST_ASKED;
    tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)n, POSIX_FADV_WILLNEED);
  }
}
