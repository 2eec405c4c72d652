/* Where a file has blocks, and where it has none. */
#include "calls.h"
#include "os.h"
#include "posix_file.h"

#include <errno.h>
#include <unistd.h>

/* Not every system can tell holes; no system has this way to move. */
#ifndef SEEK_DATA
#define SEEK_DATA (-1)
#define SEEK_HOLE (-1)
#endif

/* Counting more would take longer than anyone waits. */
#define MOST_HOLES 100000

uint64_t tome__os_next_data(os_file *file, uint64_t offset) {
  if (!tome__os_owns_position(file))
    return offset;
  off_t data = tome__os_calls.lseek(file->descriptor, (off_t)offset, SEEK_DATA);
  if (data < 0)
    return errno == ENXIO ? UINT64_MAX : offset;
  return (uint64_t)data;
}

uint64_t tome__os_next_hole(os_file *file, uint64_t offset) {
  if (!tome__os_owns_position(file))
    return UINT64_MAX;
  off_t hole = tome__os_calls.lseek(file->descriptor, (off_t)offset, SEEK_HOLE);
  return hole < 0 ? UINT64_MAX : (uint64_t)hole;
}

int tome__os_holes(os_file *file, uint64_t from, uint64_t end, uint64_t *ret_count,
                   uint64_t *ret_bytes) {
  uint64_t count = 0, bytes = 0;
  if (!tome__os_owns_position(file))
    return TOME_ENOTSUP;
  for (uint64_t at = from; at < end && count < MOST_HOLES;) {
    off_t hole = tome__os_calls.lseek(file->descriptor, (off_t)at, SEEK_HOLE);
    if (hole < 0 && errno != ENXIO) /* that: the file ends before `at` */
      return TOME_ENOTSUP;
    if (hole < 0 || (uint64_t)hole >= end)
      break;
    off_t data = tome__os_calls.lseek(file->descriptor, hole, SEEK_DATA);
    if (data < 0 && errno != ENXIO) /* that: a hole to the end */
      return TOME_ENOTSUP;
    at = data < 0 || (uint64_t)data > end ? end : (uint64_t)data;
    bytes += at - (uint64_t)hole;
    count++;
  }
  if (count == MOST_HOLES)
    return TOME_ENOTSUP;
  *ret_count = count;
  *ret_bytes = bytes;
  return 0;
}
