/* Memory that there is, and what the process has cost. */
#include "calls.h"
#include "os.h"

#include <tome/info.h>

/* A job's limits are not looked at: they are of what a process allocates for itself, and the system's copies of files are not. */
void tome__os_memory(os_memory *ret_memory) {
  MEMORYSTATUSEX status = {.dwLength = sizeof status};
  *ret_memory = (os_memory){UINT64_MAX, UINT64_MAX};
  if (tome__os_calls.GlobalMemoryStatusEx(&status))
    *ret_memory = (os_memory){status.ullAvailPhys, status.ullTotalPhys};
}

/* The system counts faults of both kinds together, and the bytes of calls, be they read from the disk or not. */
void tome__os_usage(os_usage *ret_usage) {
  *ret_usage = (os_usage){TOME_UNKNOWN, TOME_UNKNOWN, TOME_UNKNOWN};
}
