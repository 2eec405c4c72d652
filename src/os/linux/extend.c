/* Making files longer, with the blocks that belong to it. */
#include "calls.h"
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

/* One piece at the end of the file, wherever that is; *ret_end is where the file's end was right after it.
 *
 * With the offset -1 the description's position is used and moved: it tells where the piece landed. A position that is not
 * ours is left alone; then the size tells, unless someone else has appended since. Where neither can be asked,
 * `expected` is what it
 * would be if nobody else appends. */
static ssize_t append_piece(const os_file *file, int owned, uint64_t expected, const void *data,
                            size_t length, uint64_t *ret_end) {
  struct iovec piece = {(void *)(uintptr_t)data, length};
  ssize_t n;
  do
    n = tome__os_calls.pwritev2(file->descriptor, &piece, 1, owned ? -1 : 0, RWF_APPEND);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return n;
  off_t end = owned ? tome__os_calls.lseek(file->descriptor, 0, SEEK_CUR) : -1;
  os_stat now;
  if (end >= 0)
    *ret_end = (uint64_t)end;
  else
    *ret_end = tome__os_stat(file, &now) == 0 && now.size >= (uint64_t)n ? now.size
                                                                         : expected + (uint64_t)n;
  return n;
}

/* A failed append leaves the length as it was, if nobody has appended behind it. */
static void undo_append(const os_file *file, uint64_t start, size_t done) {
  int system = errno;
  if (done > 0 && tome__os_size_now(file) == start + done)
    tome__os_cut_back(file, start);
  errno = system;
}

static int append_atomically(const os_file *file, int owned, uint64_t size, const void *data,
                             size_t length, uint64_t *ret_offset) {
  uint64_t start = 0, end = 0;
  for (size_t done = 0; done < length;) {
    ssize_t n =
        append_piece(file, owned, size + done, (const char *)data + done, length - done, &end);
    if (n < 0) {
      int r = tome__os_failed();
      undo_append(file, start, done);
      return r;
    }
    if (done == 0)
      start = end - (uint64_t)n;
    else if (end - (uint64_t)n != start + done) {
      errno = 0;
      return TOME_EBUSY; /* more than one call takes, and someone appended in between: both stay */
    }
    done += (size_t)n;
  }
  *ret_offset = start;
  return 0;
}

/* For kernels and file systems without RWF_APPEND: alone in this process, not among others. */
static int append_at(const os_file *file, const void *data, size_t length, uint64_t *ret_offset) {
  os_stat before;
  size_t written;
  int r = tome__os_stat(file, &before);
  if (r < 0)
    return r;
  r = tome__os_write(file, before.size, data, length, &written);
  if (r < 0)
    undo_append(file, before.size, written);
  else
    *ret_offset = before.size;
  return r;
}

int tome__os_append(os_file *file, uint64_t size, const void *data, size_t length,
                    uint64_t *ret_offset) {
  int r = tome__os_may_reach(size + length);
  if (r < 0)
    return r;
  r = append_atomically(file, tome__os_owns_position(file), size, data, length, ret_offset);
  return r == TOME_ENOTSUP ? append_at(file, data, length, ret_offset) : r;
}
