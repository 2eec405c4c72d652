/* Ctrl-C in calls of the library that are long: such a call is given `interrupt_check` as its progress.
 *
 *     interrupt in;
 *     interrupt_begin(&in);                   gives the interpreter lock up
 *     options.progress = interrupt_check;     options.context = &in
 *     r = tome_...(...);
 *     interrupt_end(&in);                     takes it again; an exception may be set, if the call was TOME_ECANCELED
 */
#ifndef TOME_PYTHON_INTERRUPT_H
#define TOME_PYTHON_INTERRUPT_H

#include "compat.h"

typedef struct interrupt {
  PyThreadState *thread;
  int64_t next; /* when signals are looked at, in milliseconds */
} interrupt;

void interrupt_begin(interrupt *self);
void interrupt_end(interrupt *self);

/** Look at signals, if that was long ago. 1: an exception was raised. */
int interrupt_check(void *interrupt, uint64_t done, uint64_t total);

#endif
