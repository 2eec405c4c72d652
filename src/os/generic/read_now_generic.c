/* No call reads without waiting for the disk. */
#include "os.h"

int tome__os_read_now(const os_file *file, uint64_t offset, void *buffer, size_t length,
                      size_t *ret_read) {
  (void)file, (void)offset, (void)buffer, (void)length, (void)ret_read;
  return TOME_ENOTSUP;
}
