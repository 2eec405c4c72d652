/* A read finds pages that were asked for before, so the kernel's read-ahead has no say: it works by what is missing. */
#include "sparing.h"
#include "calls.h"

void tome__os_expect(const os_file *file, uint64_t offset, uint64_t length) {
  (void)tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                     POSIX_FADV_WILLNEED);
}

uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length) {
  struct os_cachestat_range range = {offset, length};
  struct os_cachestat status;
  if (tome__os_calls.os_cachestat(file->descriptor, &range, &status) < 0)
    return UINT64_MAX;
  return status.cached * tome__os_system()->page;
}

void tome__os_forget(const os_file *file, uint64_t offset, uint64_t length) {
  (void)tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                     POSIX_FADV_DONTNEED);
}
