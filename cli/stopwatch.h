/* How long something takes, in nanoseconds. */
#ifndef TOME_CLI_STOPWATCH_H
#define TOME_CLI_STOPWATCH_H

#include <stdint.h>

#include "time_of_day.h"

/* Runs between start and stop; what ran is added up. */
struct stopwatch {
  uint64_t started;
  uint64_t total;
};

static inline void stopwatch_start(struct stopwatch *watch) {
  watch->started = clock_now();
}

static inline void stopwatch_stop(struct stopwatch *watch) {
  watch->total += clock_now() - watch->started;
}

#endif
