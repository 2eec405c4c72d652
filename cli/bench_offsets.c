#include <stdlib.h>

#include "array_resize.h"
#include "bench_run.h"

/* The same offsets on every run: a counter through the finaliser of SplitMix64 (Steele, Lea, Flood,
 * 2014). */
static uint64_t scatter(uint64_t i) {
  uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

uint64_t *bench_offsets(const struct bench_plan *plan) {
  uint64_t *offsets = array_resize(NULL, plan->count, sizeof *offsets);
  if (offsets)
    for (size_t i = 0; i < plan->count; i++)
      offsets[i] = scatter(i) % (plan->size - plan->length + 1);
  return offsets;
}
