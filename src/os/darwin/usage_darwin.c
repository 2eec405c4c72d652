/* What the process has cost so far. */
#include "calls.h"
#include "os.h"

void tome__os_usage(os_usage *ret_usage) {
  struct rusage usage;
  struct rusage_info_v2 more;
  *ret_usage = (os_usage){TOME_UNKNOWN, TOME_UNKNOWN, TOME_UNKNOWN};
  if (tome__os_calls.getrusage(RUSAGE_SELF, &usage) == 0) {
    ret_usage->minor_faults = (uint64_t)usage.ru_minflt;
    ret_usage->major_faults = (uint64_t)usage.ru_majflt;
  }
  if (tome__os_calls.proc_pid_rusage(getpid(), RUSAGE_INFO_V2, (rusage_info_t *)&more) == 0)
    ret_usage->disk = more.ri_diskio_bytesread;
}

uint64_t tome__os_mapped(const void *address, size_t length) {
  (void)address, (void)length;
  return TOME_UNKNOWN;
}
