/* Locks and signal masks. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>

void tome__os_mutex_init(os_mutex *mutex) {
  pthread_mutex_init(mutex, NULL); /* cannot fail with default attributes */
}

void tome__os_mutex_destroy(os_mutex *mutex) {
  pthread_mutex_destroy(mutex);
}

void tome__os_mutex_lock(os_mutex *mutex) {
  pthread_mutex_lock(mutex);
}

void tome__os_mutex_unlock(os_mutex *mutex) {
  pthread_mutex_unlock(mutex);
}

void tome__os_signals_block(os_signals *ret_before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, ret_before);
}

void tome__os_signals_restore(const os_signals *before) {
  pthread_sigmask(SIG_SETMASK, before, NULL);
}

int tome__os_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void)) {
  int system = tome__os_calls.pthread_atfork(before, in_parent, in_child);
  errno = system;
  return system ? tome__os_code(system) : 0;
}
