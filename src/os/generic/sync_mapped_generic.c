/* msync() of a file. What is stored belongs to the file, whoever's mapping it went through, so one that is made for the purpose
 * serves for all of them. */
#include "sync_mapped.h"

#include "calls.h"
#include "posix_error.h"

#include <errno.h>

/* Where there is not that much address space in one piece, less is tried; a multiple of all granularities there are. */
#define LEAST_PIECE ((size_t)1 << 20)

/* Mapped at once; address space is all it takes. */
static size_t piece(void) {
  return tome__os_system()->window * 16;
}

static int sync_piece(const os_file *file, uint64_t offset, size_t length, int how) {
  void *address;
  size_t usable;
  int r = tome__os_map(file, offset, length, 0, &address, &usable);
  if (r < 0)
    return r;
  while (r == 0 && tome__os_calls.msync(address, length, how) < 0)
    if (errno != EINTR)
      r = tome__os_write_back_failed();
  int system = errno;
  tome__os_unmap(address, length);
  errno = system;
  return r;
}

int tome__os_sync_mapped(const os_file *file, uint64_t offset, uint64_t length, int how) {
  size_t most = piece();
  uint64_t at = offset - offset % tome__os_system()->granularity, end = offset + length;
  int r = 0;
  while (r == 0 && at < end) {
    uint64_t n = end - at < most ? end - at : most;
    r = sync_piece(file, at, (size_t)n, how);
    if (r == 0) {
      at += n;
    } else if (r == TOME_ENOMEM && most >= 2 * LEAST_PIECE) {
      most /= 2;
      r = 0;
    }
  }
  return r;
}
