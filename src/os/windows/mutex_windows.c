/* Locks. There are no signals that a thread could be interrupted by, and no fork. */
#include "os.h"
#include "windows_headers.h"

_Static_assert(sizeof(os_mutex) == sizeof(SRWLOCK), "an os_mutex is one");
_Static_assert(sizeof(os_condition) == sizeof(CONDITION_VARIABLE), "an os_condition is one");

static SRWLOCK *lock_of(os_mutex *mutex) {
  return (SRWLOCK *)(void *)mutex;
}

static CONDITION_VARIABLE *condition_of(os_condition *condition) {
  return (CONDITION_VARIABLE *)(void *)condition;
}

void tome__os_mutex_init(os_mutex *mutex) {
  InitializeSRWLock(lock_of(mutex));
}

void tome__os_mutex_destroy(os_mutex *mutex) {
  (void)mutex;
}

void tome__os_mutex_lock(os_mutex *mutex) {
  AcquireSRWLockExclusive(lock_of(mutex));
}

void tome__os_mutex_unlock(os_mutex *mutex) {
  ReleaseSRWLockExclusive(lock_of(mutex));
}

void tome__os_condition_init(os_condition *condition) {
  InitializeConditionVariable(condition_of(condition));
}

void tome__os_condition_destroy(os_condition *condition) {
  (void)condition;
}

void tome__os_condition_wait(os_condition *condition, os_mutex *mutex) {
  SleepConditionVariableSRW(condition_of(condition), lock_of(mutex), INFINITE, 0);
}

void tome__os_condition_tell(os_condition *condition) {
  WakeAllConditionVariable(condition_of(condition));
}

void tome__os_signals_block(os_signals *ret_before) {
  *ret_before = 0;
}

void tome__os_signals_restore(const os_signals *before) {
  (void)before;
}

int tome__os_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void)) {
  (void)before, (void)in_parent, (void)in_child;
  return 0;
}

void tome__os_fault_forked(void) {
}
