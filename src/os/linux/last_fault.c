#include "last_fault.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

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
