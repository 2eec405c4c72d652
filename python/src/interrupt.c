#include "interrupt.h"

#include <time.h>

/* Taking the lock may take as long as another thread likes to keep it: 5 ms, as a rule. */
#define SELDOM_MS 100

static int64_t now_ms(void) {
  struct timespec now;
  timespec_get(&now, TIME_UTC);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void interrupt_begin(interrupt *self) {
  self->next = 0;
  self->thread = PyEval_SaveThread();
}

void interrupt_end(interrupt *self) {
  PyEval_RestoreThread(self->thread);
}

int interrupt_check(void *object, uint64_t done, uint64_t total) {
  interrupt *self = object;
  int64_t now = now_ms();
  (void)done;
  (void)total;
  if (self->next == 0)
    self->next = now + SELDOM_MS;
  if (now < self->next && self->next - now <= SELDOM_MS) /* the clock may have been put back */
    return 0;
  PyEval_RestoreThread(self->thread);
  int raised = PyErr_CheckSignals() < 0;
  self->thread = PyEval_SaveThread();
  self->next = now_ms() + SELDOM_MS;
  return raised;
}
