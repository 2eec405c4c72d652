/* The limit of locked memory does not bind who has the capability CAP_IPC_LOCK, which the system shows as a bit of the process's
 * status. */
#include "lock_privilege.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IPC_LOCK 14

/* "CapEff:\t000001ffffffffff" */
int lock_privilege(void) {
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
