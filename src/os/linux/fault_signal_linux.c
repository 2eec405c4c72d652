#include "fault_signal.h"

#include <errno.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

int tome__os_was_raised(const siginfo_t *info) {
  return info->si_code > 0;
}

/* A store that the mapping does not allow raises another signal. */
uintptr_t tome__os_fault_address(const siginfo_t *info, const void *context, int *ret_access) {
  (void)context;
  *ret_access = 0;
  return info->si_code != BUS_ADRALN ? (uintptr_t)info->si_addr : 0;
}

/* A fault does so anyway, with everything a core dump wants to know. A signal that was sent is blocked until the handler
 * returns. */
void tome__os_strike_again(int number, siginfo_t *info) {
  if (!tome__os_was_raised(info))
    syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), number, info);
}

/* The processor's own note, which Linux keeps for each thread and puts into every signal frame. */
static uintptr_t noted(const ucontext_t *interrupted) {
#if defined(__x86_64__)
  return (uintptr_t)interrupted->uc_mcontext.gregs[REG_CR2];
#elif defined(__i386__)
  return (uintptr_t)interrupted->uc_mcontext.cr2;
#elif defined(__aarch64__)
  return (uintptr_t)interrupted->uc_mcontext.fault_address;
#else
  (void)interrupted;
  return 0;
#endif
}

/* Asked by a call that reads a set of signals there, and then refuses: there is no way -1 to change a mask. */
static int is_readable(uintptr_t address) {
  const size_t set = 8;
  errno = 0;
  syscall(SYS_rt_sigprocmask, -1, address & ~(uintptr_t)(set - 1), NULL, set);
  return errno != EFAULT;
}

uintptr_t tome__os_last_fault(const void *context) {
  uintptr_t address = noted(context);
  return address != 0 && !is_readable(address) ? address : 0;
}
