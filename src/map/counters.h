/* What reading costs is counted where it costs a system call anyway, for the map and for the process. */
#ifndef TOME_COUNTERS_H
#define TOME_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/** As in tome_stats. */
typedef struct counters {
  _Atomic uint64_t calls;
  _Atomic uint64_t called;
  _Atomic uint64_t waits;
  _Atomic uint64_t disk;
  _Atomic uint64_t lost_faults;
} counters;

/** Of all maps there have been. */
extern counters tome__counters;

static inline void tome__count(_Atomic uint64_t *of_map, _Atomic uint64_t *of_process, uint64_t n) {
  atomic_fetch_add_explicit(of_map, n, memory_order_relaxed);
  atomic_fetch_add_explicit(of_process, n, memory_order_relaxed);
}

/** A system call copied so many bytes. */
static inline void tome__count_call(counters *c, uint64_t bytes) {
  tome__count(&c->calls, &tome__counters.calls, 1);
  tome__count(&c->called, &tome__counters.called, bytes);
}

/** It had to wait for the disk, for so many bytes in whole pages. */
static inline void tome__count_wait(counters *c, uint64_t bytes) {
  tome__count(&c->waits, &tome__counters.waits, 1);
  tome__count(&c->disk, &tome__counters.disk, bytes);
}

/** The disk was asked ahead for bytes that were not in memory, in whole pages. */
static inline void tome__count_asked(counters *c, uint64_t bytes) {
  tome__count(&c->disk, &tome__counters.disk, bytes);
}

/** The guard dealt with a fault. Callable in a signal handler. */
static inline void tome__count_lost(counters *c) {
  tome__count(&c->lost_faults, &tome__counters.lost_faults, 1);
}

#endif
