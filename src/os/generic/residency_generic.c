/* What of a file is in memory. */
#include "os.h"
#include "page_residency.h"

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
