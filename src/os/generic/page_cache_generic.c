/* What of a file is in memory, and steering that. */
#include "calls.h"
#include "os.h"
#include "page_residency.h"
#include "posix_error.h"

#include <errno.h>

/* Making a mapping for the question costs more than the answer saves. */
uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length) {
  (void)file, (void)offset, (void)length;
  return UINT64_MAX;
}

int tome__os_residency(const os_file *file, uint64_t offset, uint64_t length,
                       os_residency *ret_residency) {
  int r = tome__os_count_pages(file, offset, length, ret_residency);
  return r == TOME_EACCES ? TOME_ENOTSUP : r;
}

int tome__os_evict(const os_file *file, uint64_t offset, uint64_t length) {
  int system = tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                            POSIX_FADV_DONTNEED);
  errno = system;
  return system ? tome__os_code(system) : 0;
}

void tome__os_read_ahead(const os_file *file, uint64_t offset, uint64_t length) {
  if (length > 0)
    tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                 POSIX_FADV_WILLNEED);
}
