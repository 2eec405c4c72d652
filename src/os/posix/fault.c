/* The process's handler of SIGBUS.
 *
 * Ours sits on top of what was there before. A fault that is not ours is passed on just as if we did not exist.
 * When someone installs a handler after us, tome__os_fault_install() puts ours on top again; theirs may well call
 * ours in turn, so the handlers we found form a stack, and a thread that comes round again goes one deeper. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_HANDLERS 16

static os_fault_handler *deal_with;
static struct sigaction found[MOST_HANDLERS];
static atomic_int found_count;

/* How many of the found handlers are running in this thread. Allocated with the thread, not by the first touch:
 * that may be in the signal handler. */
static _Thread_local int depth __attribute__((tls_model("initial-exec")));

static void on_fault(int number, siginfo_t *info, void *context);

/* Die of the signal, or let it be ignored, as the system would have done it. */
static void as_the_system(int number, siginfo_t *info, const struct sigaction *action) {
  if (info->si_code <= 0 && action->sa_handler == SIG_IGN)
    return;
  struct sigaction standard = {.sa_handler = SIG_DFL};
  tome__os_calls.sigaction(number, &standard, NULL);
  /* A fault strikes again on return, with everything a core dump wants to know. A signal that was sent is sent
   * again: it is blocked until we return. */
  if (info->si_code <= 0)
    syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), number, info);
}

static void call(const struct sigaction *action, int number, siginfo_t *info, void *context) {
  sigset_t mask;
  memcpy(&mask, &((ucontext_t *)context)->uc_sigmask, sizeof mask);
  for (int i = 1; i < NSIG; i++)
    if (sigismember(&action->sa_mask, i) == 1)
      sigaddset(&mask, i);
  if (!(action->sa_flags & SA_NODEFER))
    sigaddset(&mask, number);
  sigset_t ours;
  pthread_sigmask(SIG_SETMASK, &mask, &ours);
  if (action->sa_flags & SA_SIGINFO)
    action->sa_sigaction(number, info, context);
  else
    action->sa_handler(number);
  pthread_sigmask(SIG_SETMASK, &ours, NULL);
}

static void pass_on(int number, siginfo_t *info, void *context) {
  int which = atomic_load(&found_count) - 1 - depth;
  static const struct sigaction nobody = {.sa_handler = SIG_DFL};
  const struct sigaction *action = which >= 0 ? &found[which] : &nobody;
  if (!(action->sa_flags & SA_SIGINFO) &&
      (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN)) {
    as_the_system(number, info, action);
    return;
  }
  depth++;
  call(action, number, info, context);
  depth--;
}

static void on_fault(int number, siginfo_t *info, void *context) {
  int system = errno;
  /* si_code <= 0: sent by a process, not raised by an access. */
  if (info->si_code <= 0 || !deal_with((uintptr_t)info->si_addr))
    pass_on(number, info, context);
  errno = system;
}

static int is_ours(const struct sigaction *action) {
  return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_fault;
}

int tome__os_fault_install(os_fault_handler *handler) {
  struct sigaction now;
  if (tome__os_calls.sigaction(SIGBUS, NULL, &now) < 0)
    return tome__os_failed();
  if (is_ours(&now))
    return 0;
  int count = atomic_load(&found_count);
  if (count == MOST_HANDLERS)
    return 0; /* a program that installs its own again and again: the newest ones chain among themselves */
  deal_with = handler;
  found[count] = now;
  atomic_store(&found_count, count + 1);
  struct sigaction ours = {.sa_sigaction = on_fault,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
  sigfillset(&ours.sa_mask);
  if (tome__os_calls.sigaction(SIGBUS, &ours, NULL) < 0) {
    atomic_store(&found_count, count);
    return tome__os_failed();
  }
  return 0;
}

void tome__os_fault_remove(void) {
  struct sigaction now;
  int count = atomic_load(&found_count);
  if (count == 0 || tome__os_calls.sigaction(SIGBUS, NULL, &now) < 0 || !is_ours(&now))
    return;
  if (tome__os_calls.sigaction(SIGBUS, &found[count - 1], NULL) == 0)
    atomic_store(&found_count, count - 1);
}
