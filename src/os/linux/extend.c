/* Making files longer, with the blocks that belong to it. */
#include "at_end.h"
#include "calls.h"
#include "description.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>
#include <linux/falloc.h>

static int allocate(const os_file *file, int mode, uint64_t offset, uint64_t length) {
  while (tome__os_calls.fallocate(file->descriptor, mode, (off_t)offset, (off_t)length) < 0)
    if (errno != EINTR)
      return tome__os_failed();
  return 0;
}

/* For file systems without fallocate: what is written has its blocks. */
static int write_zeros(const os_file *file, uint64_t from, uint64_t to) {
  static const char zeros[64 * 1024];
  for (uint64_t at = from; at < to;) {
    size_t n = to - at < sizeof zeros ? (size_t)(to - at) : sizeof zeros;
    size_t written;
    int r = tome__os_write(file, at, zeros, n, &written);
    if (r < 0)
      return r;
    at += n;
  }
  return 0;
}

/* Blocks first, with the length as it is: if they cannot be had nothing has changed that anyone could see. The second
 * fallocate then only sets the length, and unlike ftruncate never cuts off what someone else has just appended. */
int tome__os_extend(const os_file *file, uint64_t old_size, uint64_t new_size, int sparse) {
  os_stat before, after;
  int r = tome__os_may_reach(new_size);
  if (r < 0)
    return r;
  if (sparse)
    return tome__os_truncate(file, new_size);
  r = tome__os_stat(file, &before);
  if (r < 0)
    return r;
  r = allocate(file, FALLOC_FL_KEEP_SIZE, old_size, new_size - old_size);
  if (r == 0)
    r = allocate(file, 0, old_size, new_size - old_size);
  int zeros = r == TOME_ENOTSUP;
  if (zeros)
    r = write_zeros(file, old_size, new_size);
  if (r == 0)
    return 0;
  /* What was gained goes back, unless the file has grown meanwhile by someone else's doing. */
  int system = errno;
  if (tome__os_stat(file, &after) == 0 && after.allocated > before.allocated &&
      (zeros ? after.size <= new_size : after.size == old_size))
    tome__os_cut_back(file, old_size);
  errno = system;
  return r;
}

/* Behind the end, too, the limit of the process would raise its signal. */
int tome__os_allocate(const os_file *file, uint64_t offset, uint64_t length) {
  int r = offset + length > tome__os_size_now(file) ? tome__os_may_reach(offset + length) : 0;
  if (r < 0)
    return r;
  return allocate(file, FALLOC_FL_KEEP_SIZE, offset, length);
}

/* The kernel takes no more in one call; a length that is negative as a number with a sign it refuses. */
#define MOST ((size_t)0x7ffff000)

/* With the offset -1 the description's position is used and moved: it tells where the piece landed. */
static ssize_t write_piece(int descriptor, off_t at, int flags, const void *data, size_t length,
                           off_t *ret_end) {
  struct iovec piece = {(void *)(uintptr_t)data, length < MOST ? length : MOST};
  ssize_t n;
  do
    n = tome__os_calls.pwritev2(descriptor, &piece, 1, at, flags);
  while (n < 0 && errno == EINTR);
  if (n >= 0)
    *ret_end = at < 0 ? tome__os_calls.lseek(descriptor, 0, SEEK_CUR) : -1;
  return n;
}

/* A description that appends. It stays: whoever closes any descriptor of a file gives up the record locks of the process on it. */
static int need_appender(os_file *file) {
  if (file->appender >= 0)
    return 0;
  int fd = tome__os_reopen(file->descriptor, 1);
  if (fd >= 0 && tome__os_calls.fcntl(fd, F_SETFL, O_APPEND) == 0) {
    file->appender = fd;
    return 0;
  }
  if (errno != EMFILE && errno != ENFILE && errno != ENOMEM)
    errno = EOPNOTSUPP;
  int system = errno;
  if (fd >= 0)
    tome__os_calls.close(fd);
  errno = system;
  return -1;
}

/* Linux before 4.16, and emulators, do not know the flag. Without it the call is an old one, which C libraries make where the
 * kernel has no such call at all. */
ssize_t tome__os_write_at_end(os_file *file, int owned, const void *data, size_t length,
                              off_t *ret_end) {
  ssize_t n = -1;
  if (file->appender < 0)
    n = write_piece(file->descriptor, owned ? -1 : 0, RWF_APPEND, data, length, ret_end);
  if (n < 0 && (file->appender >= 0 || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) &&
      need_appender(file) == 0)
    n = write_piece(file->appender, -1, 0, data, length, ret_end);
  return n;
}
