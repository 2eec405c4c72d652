/* Reading what is in memory, without waiting for what is not. */
#include "calls.h"
#include "os.h"

#include <errno.h>

/* The kernel reads no more in one call; a length that is negative as a number with a sign it refuses. */
#define MOST ((size_t)0x7ffff000)

int tome__os_read_now(const os_file *file, uint64_t offset, void *buffer, size_t length,
                      size_t *ret_read) {
  struct iovec most = {buffer, length < MOST ? length : MOST};
  ssize_t n = tome__os_calls.preadv2(file->descriptor, &most, 1, (off_t)offset, RWF_NOWAIT);
  if (n < 0 && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL))
    return TOME_ENOTSUP;
  *ret_read = n > 0 ? (size_t)n : 0;
  return 0;
}
