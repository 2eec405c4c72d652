/* Each limit is raised to the one that only root can raise. */
#include "process_limits.h"

#include <sys/resource.h>

#include "lock_privilege.h"

static uint64_t raise_limit(int resource) {
  struct rlimit limit;
  if (getrlimit(resource, &limit) < 0)
    return UINT64_MAX;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(resource, &limit);
  return limit.rlim_max == RLIM_INFINITY ? UINT64_MAX : limit.rlim_max;
}

void process_limits_raise_files(void) {
  (void)raise_limit(RLIMIT_NOFILE);
}

uint64_t process_limits_raise_locked(void) {
  uint64_t limit = raise_limit(RLIMIT_MEMLOCK);
  return lock_privilege() ? UINT64_MAX : limit;
}
