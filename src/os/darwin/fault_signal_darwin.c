/* What macOS says in SIGBUS: the address, and always the same code, BUS_ADRALN; even where a process sent it. It is raised for a
 * store that the mapping does not allow, too. Only the processor's own words, in the context, say whether it was a store. */
#include "fault_signal.h"

#include "os.h"

#include <sys/ucontext.h>

int tome__os_was_raised(const siginfo_t *info) {
  (void)info;
  return 1;
}

#if defined(__x86_64__)
/* The error code of a page fault. */
static int is_store(const ucontext_t *interrupted) {
  return (interrupted->uc_mcontext->__es.__err & 2) != 0;
}

/* Of the alignment check, if the program has switched it on. */
static int is_misaligned(const ucontext_t *interrupted) {
  return interrupted->uc_mcontext->__es.__trapno == 17;
}
#elif defined(__aarch64__)
/* The syndrome of a data abort: "write, not read", but for cache maintenance. */
static int is_store(const ucontext_t *interrupted) {
  uint32_t syndrome = interrupted->uc_mcontext->__es.__esr;
  return (syndrome >> 6 & 1) != 0 && (syndrome >> 8 & 1) == 0;
}

/* Its fault status code, as exclusive accesses and atomic ones raise it. */
static int is_misaligned(const ucontext_t *interrupted) {
  return (interrupted->uc_mcontext->__es.__esr & 0x3f) == 0x21;
}
#endif

uintptr_t tome__os_fault_address(const siginfo_t *info, const void *context, int *ret_access) {
  *ret_access = is_store(context) ? OS_WRITE : 0;
  return is_misaligned(context) ? 0 : (uintptr_t)info->si_addr;
}

uintptr_t tome__os_last_fault(const void *context) {
  (void)context;
  return 0;
}

/* Nobody knows whether it would come again by itself. It is blocked until the handler returns. */
void tome__os_strike_again(int number, siginfo_t *info) {
  (void)info;
  raise(number);
}
