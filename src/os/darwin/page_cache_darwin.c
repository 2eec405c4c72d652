/* Steering what of a file is in memory. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <limits.h>
#include <tome/map.h>

/* Of the description. Off, the system reads what is asked for and no more. */
void tome__os_expect(const os_file *file, uint32_t advice) {
  if (!file->borrowed)
    tome__os_calls.fcntl(file->descriptor, F_RDAHEAD, advice != TOME_ADVICE_RANDOM);
}

void tome__os_read_ahead(const os_file *file, uint64_t offset, uint64_t length) {
  for (uint64_t n; length > 0; offset += n, length -= n) {
    n = length < INT_MAX ? length : INT_MAX;
    struct radvisory range = {.ra_offset = (off_t)offset, .ra_count = (int)n};
    tome__os_calls.os_read_advice(file->descriptor, &range);
  }
}

static int invalidate(const os_file *file, uint64_t offset, size_t length) {
  void *address;
  size_t usable;
  int r = tome__os_map(file, offset, length, 0, &address, &usable);
  if (r < 0)
    return r;
  /* What is dirty is written first: alone, MS_INVALIDATE would drop it. */
  if (tome__os_calls.msync(address, length, MS_SYNC | MS_INVALIDATE) < 0)
    r = tome__os_failed();
  int system = errno;
  tome__os_unmap(address, length);
  errno = system;
  return r;
}

int tome__os_evict(const os_file *file, uint64_t offset, uint64_t length) {
  const os_system *system = tome__os_system();
  uint64_t most = (uint64_t)system->window * 16, end = (offset + length) & ~(system->page - 1);
  uint64_t at = (offset + system->page - 1) & ~(system->page - 1);
  int r = 0;
  for (uint64_t n; r == 0 && at < end; at += n) {
    n = end - at < most ? end - at : most;
    r = invalidate(file, at, (size_t)n);
  }
  return r;
}
