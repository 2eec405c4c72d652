/* What of a file is in memory: the system tells no ordinary process, and is steered by none.
 *
 * Of mapped pages it tells which are in the process's own page tables (QueryWorkingSetEx()); a page that the cache has, and that
 * no process maps, looks the same as one that is on the disk only. So nothing is said rather than something wrong. Nor can a
 * process have the pages of a file dropped; opening it without buffering does that to some, of files that nobody has mapped. How
 * a file will be read is said when it is opened, and not afterwards; of mapped pages see advise_windows.c. */
#include "os.h"
#include "windows_headers.h"

static int not_here(void) {
  SetLastError(0);
  return TOME_ENOTSUP;
}

int tome__os_residency(const os_file *file, uint64_t offset, uint64_t length,
                       os_residency *ret_residency) {
  (void)file, (void)offset, (void)length, (void)ret_residency;
  return not_here();
}

int tome__os_resident_pages(const os_file *file, uint64_t offset, uint64_t length,
                            unsigned char *ret_pages) {
  (void)file, (void)offset, (void)length, (void)ret_pages;
  return not_here();
}

uint64_t tome__os_in_memory(const os_file *file, uint64_t offset, uint64_t length) {
  (void)file, (void)offset, (void)length;
  return UINT64_MAX;
}

int tome__os_evict(const os_file *file, uint64_t offset, uint64_t length) {
  (void)file, (void)offset, (void)length;
  return not_here();
}

void tome__os_expect(const os_file *file, uint32_t advice) {
  (void)file, (void)advice;
}

void tome__os_read_ahead(const os_file *file, uint64_t offset, uint64_t length) {
  (void)file, (void)offset, (void)length;
}
