/* Threads, and how many are worth while. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <sched.h>

/* What runs in our threads needs little; a default stack is a great part of a small address space. */
#define STACK ((size_t)512 << 10)

void tome__os_condition_init(os_condition *condition) {
  pthread_cond_init(condition, NULL); /* cannot fail with default attributes */
}

void tome__os_condition_destroy(os_condition *condition) {
  pthread_cond_destroy(condition);
}

void tome__os_condition_wait(os_condition *condition, os_mutex *mutex) {
  pthread_cond_wait(condition, mutex);
}

void tome__os_condition_tell(os_condition *condition) {
  pthread_cond_broadcast(condition);
}

typedef struct task {
  void (*body)(void *context);
  void *context;
} task;

static void *run(void *given) {
  task mine = *(task *)given;
  tome__os_free(given);
  mine.body(mine.context);
  return NULL;
}

/* All but those by which a thread hears of its own faults: blocked, they would kill. */
static void block_signals(sigset_t *ret_before) {
  static const int faults[] = {SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};
  sigset_t most;
  sigfillset(&most);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    sigdelset(&most, faults[i]);
  pthread_sigmask(SIG_SETMASK, &most, ret_before);
}

/* A thread begins with the signal mask of the one that starts it. */
static int create(os_thread *ret_thread, task *given) {
  pthread_attr_t how;
  sigset_t before;
  int system = pthread_attr_init(&how);
  if (system)
    return system;
  pthread_attr_setstacksize(&how, STACK);
  block_signals(&before);
  system = tome__os_calls.pthread_create(ret_thread, &how, run, given);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&how);
  return system;
}

int tome__os_thread_start(os_thread *ret_thread, void (*body)(void *context), void *context) {
  task *given = tome__os_new(1, sizeof *given);
  if (!given)
    return TOME_ENOMEM;
  *given = (task){body, context};
  int system = create(ret_thread, given);
  if (system == 0)
    return 0;
  tome__os_free(given);
  errno = system;
  return tome__os_failed();
}

void tome__os_thread_join(os_thread thread) {
  pthread_join(thread, NULL);
}

void tome__os_yield(void) {
  sched_yield();
}
