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
    int r = tome__os_write(file, at, zeros, n);
    if (r < 0)
      return r;
    at += n;
  }
  return 0;
}

/* Blocks first, with the length as it is: if they cannot be had nothing has changed that anyone could see. The second
 * fallocate then only sets the length, and unlike ftruncate never cuts off what someone else has just appended. */
int tome__os_extend(const os_file *file, uint64_t old_size, uint64_t new_size, int sparse) {
  int r = tome__os_may_reach(new_size);
  if (r < 0)
    return r;
  if (sparse)
    return tome__os_truncate(file, new_size);
  r = allocate(file, FALLOC_FL_KEEP_SIZE, old_size, new_size - old_size);
  if (r == 0)
    r = allocate(file, 0, old_size, new_size - old_size);
  else if (r == TOME_ENOTSUP)
    r = write_zeros(file, old_size, new_size);
  if (r < 0)
    tome__os_cut_back(file, old_size);
  return r;
}

int tome__os_allocate(const os_file *file, uint64_t offset, uint64_t length) {
  int r = allocate(file, FALLOC_FL_KEEP_SIZE, offset, length);
  return r == TOME_ENOTSUP ? 0 : r;
}

/* One piece at the end of the file, wherever that is; *ret_end is where the file's end was right after it. */
static ssize_t append_piece(const os_file *file, const void *data, size_t length,
                            uint64_t *ret_end) {
  struct iovec piece = {(void *)(uintptr_t)data, length};
  ssize_t n;
  do
    n = tome__os_calls.pwritev2(file->descriptor, &piece, 1, -1, RWF_APPEND);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return n;
  /* With the offset -1 the position is used and moved: it tells where the piece landed. Without it, the size does,
   * unless someone else has appended since. */
  off_t end = tome__os_calls.lseek(file->descriptor, 0, SEEK_CUR);
  *ret_end = end < 0 ? tome__os_size_now(file) : (uint64_t)end;
  return n;
}

static int append_atomically(const os_file *file, const void *data, size_t length,
                             uint64_t *ret_offset) {
  uint64_t start = 0, end = 0;
  size_t done = 0;
  while (done < length) {
    ssize_t n = append_piece(file, (const char *)data + done, length - done, &end);
    int r = n < 0 ? tome__os_failed() : 0;
    if (r == 0 && done == 0)
      start = end - (uint64_t)n;
    else if (r == 0 && end - (uint64_t)n != start + done)
      return TOME_EBUSY; /* more than one call takes, and someone appended in between: both stay */
    if (r < 0 && done > 0 && tome__os_size_now(file) == start + done)
      tome__os_cut_back(file, start);
    if (r < 0)
      return r;
    done += (size_t)n;
  }
  *ret_offset = start;
  return 0;
}

static int append_at(const os_file *file, const void *data, size_t length, uint64_t *ret_offset) {
  os_stat before;
  int r = tome__os_stat(file, &before);
  if (r == 0)
    r = tome__os_write(file, before.size, data, length);
  if (r < 0) {
    tome__os_cut_back(file, before.size);
    return r;
  }
  *ret_offset = before.size;
  return 0;
}

int tome__os_append(os_file *file, uint64_t size, const void *data, size_t length,
                    uint64_t *ret_offset) {
  int r = tome__os_may_reach(size + length);
  if (r < 0)
    return r;
  if (!tome__os_owns_position(file))
    return append_at(file, data, length, ret_offset);
  r = append_atomically(file, data, length, ret_offset);
  return r == TOME_ENOTSUP ? append_at(file, data, length, ret_offset) : r;
}
