/* POSIX has SIGBUS for a page of a file that cannot be had, and these codes for one that an access raised. */
#include "fault_signal.h"

int tome__os_was_raised(const siginfo_t *info) {
  return info->si_code == BUS_ADRALN || info->si_code == BUS_ADRERR || info->si_code == BUS_OBJERR;
}

/* A store that the mapping does not allow is SIGSEGV. */
uintptr_t tome__os_fault_address(const siginfo_t *info, const void *context, int *ret_access) {
  (void)context;
  *ret_access = 0;
  return info->si_code != BUS_ADRALN ? (uintptr_t)info->si_addr : 0;
}

uintptr_t tome__os_last_fault(const void *context) {
  (void)context;
  return 0;
}

/* A fault does so anyway. A signal that was sent is blocked until the handler returns; who sent it is forgotten. */
void tome__os_strike_again(int number, siginfo_t *info) {
  if (!tome__os_was_raised(info))
    raise(number);
}
