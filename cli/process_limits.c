/* Each limit is raised to the one that only root can raise. The one of locked memory does not bind who has the capability
 * CAP_IPC_LOCK, which the system shows as a bit of the process's status. A system without that gets a file of its own in place
 * of this one. */
#include "process_limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define IPC_LOCK 14

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

/* "CapEff:\t000001ffffffffff" */
static int may_lock_any(void) {
  static const char name[] = "CapEff:";
  FILE *status = fopen("/proc/self/status", "re");
  char line[256];
  unsigned long long capabilities = ~0ULL;
  while (status && fgets(line, sizeof line, status))
    if (strncmp(line, name, sizeof name - 1) == 0)
      capabilities = strtoull(line + sizeof name - 1, NULL, 16);
  if (status)
    fclose(status);
  return (capabilities >> IPC_LOCK & 1) != 0;
}

uint64_t process_limits_raise_locked(void) {
  uint64_t limit = raise_limit(RLIMIT_MEMLOCK);
  return may_lock_any() ? UINT64_MAX : limit;
}
