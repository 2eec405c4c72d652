/* Keeping pages in memory.
 *
 * mlock() reads all pages before it returns, and has no code for one that cannot be had. If as much memory of our own can be
 * locked right after it failed, then it was not the limit; what it was is asked again when the pages are brought in. */
#include "calls.h"
#include "os.h"
#include "page_span.h"
#include "posix_error.h"

#include <errno.h>

void tome__os_lock_limit(uint64_t *ret_limit, uint64_t *ret_locked) {
  *ret_limit = *ret_locked = UINT64_MAX;
#ifdef RLIMIT_MEMLOCK
  struct rlimit limit;
  if (tome__os_calls.getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    *ret_limit = limit.rlim_cur;
#endif
}

static int is_refused(size_t length) {
  void *probe;
  if (tome__os_pages(length, &probe) < 0)
    return 1;
  int refused = tome__os_calls.mlock(probe, length) < 0;
  if (!refused)
    tome__os_calls.munlock(probe, length);
  tome__os_unmap(probe, length);
  return refused;
}

/* 0: pages could not be had. */
static int lock_failed(size_t length) {
  int system = errno, r = 0;
  uint64_t limit, locked;
  tome__os_lock_limit(&limit, &locked);
  if (system == EPERM || length > limit)
    r = TOME_ELIMIT;
  else if (system != ENOMEM && system != EAGAIN && system != EIO && system != EFAULT)
    r = tome__os_code(system);
  else if (limit == UINT64_MAX ? is_refused(tome__os_system()->page) : is_refused(length))
    r = limit == UINT64_MAX ? TOME_ENOMEM : TOME_ELIMIT;
  errno = system;
  return r;
}

int tome__os_lock(void *address, size_t length) {
  page_span all = pages_around(address, length);
  return tome__os_calls.mlock(all.address, all.length) == 0 ? 0 : lock_failed(all.length);
}

int tome__os_bring_in(void *address, size_t length) {
  page_span all = pages_around(address, length);
  if (tome__os_calls.mlock(all.address, all.length) == 0)
    return 0;
  int r = lock_failed(all.length);
  return r == 0 ? TOME_ELOST : r == TOME_ELIMIT ? TOME_ENOMEM : r;
}

int tome__os_unlock(void *address, size_t length) {
  page_span all = pages_around(address, length);
  return tome__os_calls.munlock(all.address, all.length) < 0 ? tome__os_failed() : 0;
}
