/* The process's handler of SIGBUS.
 *
 * Ours sits on top of what was there before. A fault that is not ours is passed on just as if we did not exist.
 * When someone installs a handler after us, tome__os_fault_install() puts ours on top again; theirs may well call
 * ours in turn, so the handlers we found form a stack, and a signal that comes round again goes one deeper. How deep it
 * is is written on the signal itself, in bytes of its description that the system leaves zero: handlers may leave by
 * longjmp, so nothing that has to be taken back will do. */
#include "calls.h"
#include "fault_signal.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define MOST_HANDLERS 16

static os_fault_handler *_Atomic deal_with;
static struct sigaction found[MOST_HANDLERS]; /* the newest last; under the lock, like the count */
static int found_count;
static struct sigaction given_back; /* last, to the program; under the lock */
static atomic_flag lock_taken = ATOMIC_FLAG_INIT;

/* Pre: all signals blocked. */
static void lock(void) {
  while (atomic_flag_test_and_set_explicit(&lock_taken, memory_order_acquire))
    sched_yield();
}

static void unlock(void) {
  atomic_flag_clear_explicit(&lock_taken, memory_order_release);
}

static void on_fault(int number, siginfo_t *info, void *context);

/* The last bytes of a signal's description, which no system uses for this signal: how many of the handlers that we found it has been
 * through. Another copy of this library in the process counts its own.
 *
 * Linux before 4.17 and emulators leave there what was on the stack; that may be the count of an earlier signal, whose handler left
 * by longjmp. The system calls our handler at the same place as it did then; whoever was given this signal by us calls it from
 * further down. */
typedef struct passage {
  uintptr_t mark; /* whose */
  uint32_t depth; /* with the tag; without it nobody's */
  uint32_t frame; /* where on the stack our handler ran, as far as it fits */
} passage;

#define TAG ((uint32_t)0x6F6D6500)
#define DEPTH_BITS ((uint32_t)0xFF)
#define SAME_STACK ((uint32_t)16 << 10) /* further apart, two handlers' frames lie on two stacks */

/* Systems leave 32 bytes at least of what fits 64 and more, and 64 of 128. */
#define MOST_COPIES (sizeof(siginfo_t) >= 128 ? 4 : 2)

static char *passages(siginfo_t *info) {
  return (char *)info + sizeof *info - MOST_COPIES * sizeof(passage);
}

static int is_left_over(const passage *p, uint32_t frame) {
  return frame - p->frame < SAME_STACK; /* stacks grow downwards */
}

/* A signal that went through more copies than can be told apart goes no deeper. */
static int go_deeper(siginfo_t *info, uint32_t frame) {
  for (size_t i = 0; i < MOST_COPIES; i++) {
    char *at = passages(info) + i * sizeof(passage);
    passage p;
    memcpy(&p, at, sizeof p);
    int tagged = (p.depth & ~DEPTH_BITS) == TAG;
    if (tagged && p.mark != (uintptr_t)on_fault)
      continue;
    uint32_t depth = tagged && !is_left_over(&p, frame) ? p.depth & DEPTH_BITS : 0;
    if (depth < MOST_HANDLERS) {
      p = (passage){(uintptr_t)on_fault, TAG | (depth + 1), frame};
      memcpy(at, &p, sizeof p);
    }
    return (int)depth;
  }
  return MOST_HANDLERS;
}

/* Die of the signal, or let it be ignored, as the system would have done it. */
static void as_the_system(int number, siginfo_t *info, const struct sigaction *action) {
  if (!tome__os_was_raised(info) && action->sa_handler == SIG_IGN)
    return;
  struct sigaction standard = {.sa_handler = SIG_DFL};
  tome__os_calls.sigaction(number, &standard, NULL);
  memset(passages(info), 0, MOST_COPIES * sizeof(passage));
  tome__os_strike_again(number, info);
}

/* Whatever the flags say. */
static int is_standard(const struct sigaction *action) {
  return action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN;
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

/* What the signal goes to. A handler that is for one signal only is gone with it. Nothing was found: another thread has just
 * given back what was, and this signal is older. Deeper than there are any, the oldest may be another copy of this
 * library, on its
 * way to what it found. */
static struct sigaction take_found(int depth) {
  struct sigaction none = {.sa_handler = SIG_DFL}, *from = &none;
  lock();
  if (found_count > 0 && depth < MOST_HANDLERS)
    from = &found[depth < found_count ? found_count - 1 - depth : 0];
  else if (depth == 0)
    from = &given_back;
  struct sigaction action = *from;
  if (action.sa_flags & (int)SA_RESETHAND)
    from->sa_handler = SIG_DFL;
  unlock();
  return action;
}

static void pass_on(int number, siginfo_t *info, void *context, uint32_t frame) {
  struct sigaction action = take_found(go_deeper(info, frame));
  if (is_standard(&action))
    as_the_system(number, info, &action);
  else
    call(&action, number, info, context);
}

/* ---- a signal that a handler above ours raises again ----
 *
 * Such a handler gives its place back to us and raises the signal once more, to let the program end; Python's faulthandler does. That
 * looks like any signal that a program sends itself, but for the fault that the thread met before and that we have not seen. */

#define MOST_THREADS 64

/* The last fault of a thread that was dealt with: later signals go on telling of it. Threads may fall on the same place, and what is old then
 * looks new. By the thread's handle, which a forked child keeps. */
static struct { _Atomic uintptr_t thread, address; } dealt_with[MOST_THREADS];

static size_t place_of(uintptr_t thread) {
  return (thread >> 12) * 31 % MOST_THREADS;
}

static void remember(uintptr_t address) {
  uintptr_t thread = (uintptr_t)pthread_self();
  atomic_store(&dealt_with[place_of(thread)].thread, thread);
  atomic_store(&dealt_with[place_of(thread)].address, address);
}

static int is_old(uintptr_t address) {
  uintptr_t thread = (uintptr_t)pthread_self();
  return atomic_load(&dealt_with[place_of(thread)].thread) == thread &&
         atomic_load(&dealt_with[place_of(thread)].address) == address;
}

/* The address that a signal is about; 0: none, or an unaligned access, which is the program's own mistake. */
static uintptr_t address_of(const siginfo_t *info, const void *context, int *ret_access) {
  *ret_access = 0;
  if (tome__os_was_raised(info))
    return tome__os_fault_address(info, context, ret_access);
  if (info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_pid != getpid())
    return 0;
  uintptr_t address = tome__os_last_fault(context);
  return is_old(address) ? 0 : address;
}

static void on_fault(int number, siginfo_t *info, void *context) {
  int system = errno;
  sigset_t all, before;
  sigfillset(&all);
  /* Ours has them blocked already; a handler that chains to us may not have. */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int access;
  uintptr_t address = address_of(info, context, &access);
  if (address != 0 && atomic_load(&deal_with)(address, access))
    remember(address);
  else
    pass_on(number, info, context, (uint32_t)(uintptr_t)__builtin_frame_address(0));
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = system;
}

static int is_ours(const struct sigaction *action) {
  return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_fault;
}

static int same(const struct sigaction *a, const struct sigaction *b) {
  if (a->sa_flags != b->sa_flags)
    return 0;
  return a->sa_flags & SA_SIGINFO ? a->sa_sigaction == b->sa_sigaction
                                  : a->sa_handler == b->sa_handler;
}

/* On top, and nowhere else: a program may install the same handler again and again. Of too many different ones the second
 * goes; the first is the program's own. */
static void push_found(const struct sigaction *now) {
  int at = 0;
  lock();
  while (at < found_count && !same(&found[at], now))
    at++;
  if (at == MOST_HANDLERS)
    at = 1;
  if (at < found_count) {
    memmove(&found[at], &found[at + 1], (size_t)(found_count - at - 1) * sizeof *found);
    found_count--;
  }
  found[found_count++] = *now;
  unlock();
}

static int pop_found(struct sigaction *ret_action) {
  lock();
  int any = found_count > 0;
  if (any)
    *ret_action = given_back = found[--found_count];
  unlock();
  return any;
}

int tome__os_fault_install(os_fault_handler *handler) {
  struct sigaction now, none;
  struct sigaction ours = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigfillset(&ours.sa_mask);
  if (tome__os_calls.sigaction(SIGBUS, NULL, &now) < 0)
    return tome__os_failed();
  if (is_ours(&now))
    return 0;
  atomic_store(&deal_with, handler);
  /* Whether a signal that someone sends interrupts a system call is up to the handler it is for. */
  ours.sa_flags |= is_standard(&now) ? SA_RESTART : now.sa_flags & SA_RESTART;
  push_found(&now);
  if (tome__os_calls.sigaction(SIGBUS, &ours, NULL) == 0)
    return 0;
  pop_found(&none);
  return tome__os_failed();
}

void tome__os_fault_remove(void) {
  struct sigaction now, before;
  if (tome__os_calls.sigaction(SIGBUS, NULL, &now) < 0 || !is_ours(&now))
    return;
  if (pop_found(&before) && tome__os_calls.sigaction(SIGBUS, &before, NULL) < 0)
    push_found(&before);
}

void tome__os_fault_forked(void) {
  unlock();
}
