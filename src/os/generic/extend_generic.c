/* Making files longer, with the blocks that belong to it.
 *
 * posix_fallocate() would be quick where the file system knows it. Where not, C libraries write into each block instead, after a
 * look at what is there, which takes back what someone else stores at that moment; and nobody says which of the two it was.
 * Zeros that are appended disturb nobody, and have their blocks. */
#include "at_end.h"
#include "calls.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>

static const char zeros[64 * 1024];

/* *ret_written is how much was, also on failure. */
static int append_zeros(const os_file *file, uint64_t new_size, uint64_t *ret_written) {
  off_t end;
  for (;;) {
    uint64_t size = tome__os_size_now(file);
    if (size >= new_size)
      return 0;
    size_t most = new_size - size < sizeof zeros ? (size_t)(new_size - size) : sizeof zeros;
    ssize_t n = tome__os_write_at_end(file, 0, zeros, most, &end);
    if (n < 0)
      return tome__os_failed();
    *ret_written += (uint64_t)n;
  }
}

/* Nobody else appends to such a file, or only at his own risk. */
static int write_zeros(const os_file *file, uint64_t from, uint64_t to, uint64_t *ret_written) {
  int r = 0;
  for (uint64_t at = from; r == 0 && at < to;) {
    size_t n = to - at < sizeof zeros ? (size_t)(to - at) : sizeof zeros, written;
    r = tome__os_write(file, at, zeros, n, &written);
    *ret_written += written;
    at += n;
  }
  return r;
}

int tome__os_extend(const os_file *file, uint64_t old_size, uint64_t new_size, int sparse) {
  uint64_t written = 0;
  int r = tome__os_may_reach(new_size);
  if (r < 0)
    return r;
  if (sparse)
    return tome__os_truncate(file, new_size);
  r = file->appender >= 0 ? append_zeros(file, new_size, &written)
                          : write_zeros(file, old_size, new_size, &written);
  if (r < 0 && written > 0 && tome__os_size_now(file) == old_size + written)
    tome__os_cut_back(file, old_size);
  return r;
}

int tome__os_allocate(const os_file *file, uint64_t offset, uint64_t length) {
  (void)file, (void)offset, (void)length;
  return TOME_ENOTSUP;
}

ssize_t tome__os_write_at_end(const os_file *file, int owned, const void *data, size_t length,
                              off_t *ret_end) {
  ssize_t n;
  if (file->appender < 0) {
    errno = EOPNOTSUPP;
    return -1;
  }
  do
    n = tome__os_calls.write(file->appender, data, length);
  while (n < 0 && errno == EINTR);
  if (n >= 0)
    *ret_end = owned ? tome__os_calls.lseek(file->appender, 0, SEEK_CUR) : -1;
  return n;
}
