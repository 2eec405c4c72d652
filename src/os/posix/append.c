/* Appending: atomically among all who do it, where the system has a call for that. */
#include "at_end.h"
#include "calls.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>

/* One piece at the end of the file, wherever that is; *ret_end is where the file's end was right after it. If the position does not
 * tell, the size does, unless someone else has appended since. Where neither can be asked, `expected` is what it would be if
 * nobody else appends. */
static ssize_t append_piece(os_file *file, int owned, uint64_t expected, const void *data,
                            size_t length, uint64_t *ret_end) {
  off_t end;
  os_stat now;
  ssize_t n = tome__os_write_at_end(file, owned, data, length, &end);
  if (n == 0)
    errno = EIO; /* as in tome__os_write() */
  if (n <= 0)
    return -1;
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

static int append_atomically(os_file *file, int owned, uint64_t size, const void *data,
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

/* Where there is no such call: alone in this process, not among others. */
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
