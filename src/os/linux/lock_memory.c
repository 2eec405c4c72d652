/* Keeping pages in memory.
 *
 * mlock() reads all pages before it returns, and says ENOMEM whether the limit forbids it or the disk. So the range is marked
 * first, which only the limit can forbid, and its pages are brought in afterwards. A private mapping is spared the copies that
 * mlock() would make of its pages. */
#include "calls.h"
#include "os.h"
#include "page_span.h"
#include "posix_error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

/* "VmLck:       64 kB" */
static uint64_t locked_bytes(void) {
  static const char name[] = "\nVmLck:";
  char text[4096];
  int fd = tome__os_calls.open("/proc/self/status", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0)
    return UINT64_MAX;
  ssize_t n = tome__os_calls.pread(fd, text, sizeof text - 1, 0);
  tome__os_calls.close(fd);
  text[n > 0 ? n : 0] = 0;
  const char *line = strstr(text, name);
  return line ? strtoull(line + sizeof name - 1, NULL, 10) * 1024 : UINT64_MAX;
}

void tome__os_lock_limit(uint64_t *ret_limit, uint64_t *ret_locked) {
  struct rlimit limit;
  *ret_locked = locked_bytes();
  if (tome__os_calls.getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
    *ret_limit = UINT64_MAX;
  else
    *ret_limit = limit.rlim_cur;
}

/* ENOMEM is also said where there are too many mappings. */
static int lock_failed(size_t length) {
  int system = errno;
  uint64_t limit, locked;
  tome__os_lock_limit(&limit, &locked);
  errno = system;
  if (system == EPERM)
    return TOME_ELIMIT;
  if (system != ENOMEM && system != EAGAIN)
    return tome__os_failed();
  int within = limit == UINT64_MAX || (locked <= limit && length <= limit - locked);
  return within ? TOME_ENOMEM : TOME_ELIMIT;
}

int tome__os_lock(void *address, size_t length) {
  page_span all = pages_around(address, length);
  if (tome__os_calls.mlock2(all.address, all.length, MLOCK_ONFAULT) == 0)
    return 0;
  /* Before Linux 4.4, and in emulators that do not know the flag: there a page that cannot be had is TOME_ENOMEM. */
  if ((errno == ENOSYS || errno == EINVAL) && tome__os_calls.mlock(all.address, all.length) == 0)
    return 0;
  return lock_failed(all.length);
}

int tome__os_bring_in(void *address, size_t length) {
  int r = tome__os_populate(address, length, 0);
  if (r != TOME_ENOTSUP)
    return r;
  page_span all = pages_around(address, length); /* before Linux 5.14 */
  if (tome__os_calls.mlock(all.address, all.length) == 0)
    return 0;
  return errno == EAGAIN ? TOME_ENOMEM : errno == ENOMEM ? TOME_ELOST : tome__os_failed();
}

int tome__os_unlock(void *address, size_t length) {
  page_span all = pages_around(address, length);
  return tome__os_calls.munlock(all.address, all.length) < 0 ? tome__os_failed() : 0;
}
