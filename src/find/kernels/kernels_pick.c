/* Which kernels this processor can run. */
#include "kernels.h"

#include <stdatomic.h>
#include <string.h>

static int always(void) {
  return 1;
}

#if defined(__x86_64__) || defined(__i386__)
/* These ask the system too, whether it keeps the wide registers of a thread. */
static int has_sse2(void) {
  return __builtin_cpu_supports("sse2") != 0;
}

static int has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("popcnt");
}

static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}
#endif

/* The fastest first. */
static const struct candidate {
  const kernels *set;
  int (*is_here)(void);
} candidates[] = {
#if defined(__x86_64__) || defined(__i386__)
    {&tome__kernels_avx512, has_avx512},
    {&tome__kernels_avx2, has_avx2},
    {&tome__kernels_sse2, has_sse2},
#elif defined(__aarch64__)
    {&tome__kernels_neon, always},
#endif
    {&tome__kernels_scalar, always},
};

static _Atomic(const kernels *) in_use;

static const kernels *pick(const char *name) {
  for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++)
    if ((!name || strcmp(name, candidates[i].set->name) == 0) && candidates[i].is_here())
      return candidates[i].set;
  return NULL;
}

/* Two threads that both come first pick the same. */
const kernels *tome__kernels(void) {
  const kernels *set = atomic_load_explicit(&in_use, memory_order_acquire);
  if (!set) {
    set = pick(NULL);
    atomic_store_explicit(&in_use, set, memory_order_release);
  }
  return set;
}

const char *tome__kernels_name(void) {
  return tome__kernels()->name;
}

int tome__kernels_force(const char *name) {
  const kernels *set = pick(name);
  if (set)
    atomic_store_explicit(&in_use, set, memory_order_release);
  return set != NULL;
}
