/* Reading what is in memory, without waiting for what is not. */
#include "calls.h"
#include "os.h"

#include <errno.h>

int tome__os_read_now(const os_file *file, uint64_t offset, void *buffer, size_t length,
                      size_t *ret_read) {
  struct iovec whole = {buffer, length};
  ssize_t n = tome__os_calls.preadv2(file->descriptor, &whole, 1, (off_t)offset, RWF_NOWAIT);
  if (n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
    return TOME_ENOTSUP;
  *ret_read = n > 0 ? (size_t)n : 0;
  return 0;
}
