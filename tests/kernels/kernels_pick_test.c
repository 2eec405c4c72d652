/* Which kernels search: those that were asked for, and otherwise never slower ones than the processor has. */
#include "kernels.h"
#include "test_kernels.h"
#include "test_support.h"

#include <stdlib.h>
#include <string.h>

/* Every processor of its kind has these at least. */
#if defined(__x86_64__)
static const char *const fast[] = {"sse2", "avx2", "avx512"};
#elif defined(__aarch64__)
static const char *const fast[] = {"neon"};
#elif defined(__i386__)
static const char *const fast[] = {"scalar", "sse2", "avx2", "avx512"};
#else
static const char *const fast[] = {"scalar"};
#endif

static void the_kernels_in_use_are_those_asked_for(void **state) {
  (void)state;
  const char *wanted = getenv("TOME_TEST_KERNELS");
  if (!wanted)
    skip_because("none were asked for");
  must(wanted && strcmp(tome__kernels_name(), wanted) == 0);
}

static void the_kernels_picked_are_fast_ones(void **state) {
  (void)state;
  int is_fast = 0;
  must(tome__kernels_force(NULL));
  note("picked: %s", tome__kernels_name());
  for (size_t i = 0; i < sizeof fast / sizeof *fast; i++)
    is_fast |= strcmp(tome__kernels_name(), fast[i]) == 0;
  must(is_fast);
}

static void kernels_of_other_processors_are_not_there(void **state) {
  (void)state;
  must(!tome__kernels_force("vax"));
  must(!(tome__kernels_force("neon") && tome__kernels_force("sse2")));
  must(tome__kernels_force("scalar"));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_kernels_in_use_are_those_asked_for),
      TEST(the_kernels_picked_are_fast_ones),
      TEST(kernels_of_other_processors_are_not_there),
  };
  return run_matching(tests, count, arguments);
}
