/* os.h, "the system itself": what does not change, error codes and memory. */
#include "os_harness.h"

#include <string.h>

static int is_power_of_two(size_t n) {
  return n != 0 && (n & (n - 1)) == 0;
}

static void sizes_fit_together(void **state) {
  (void)state;
  const os_system *system = tome__os_system();
  must_equal(system->page, page_size());
  must(is_power_of_two(system->page));
  must_equal(system->granularity % system->page, 0);
  must_equal(system->patch % system->page, 0);
  must_equal(system->granularity % system->patch, 0);
  must(system->window >= system->granularity);
  must(system->spare > 0);
  must(tome__os_system() == system);
}

static void an_error_code_is_what_it_was_set_to(void **state) {
  (void)state;
  tome__os_set_error(13);
  must_equal(tome__os_last_error(), 13);
  tome__os_set_error(0);
  must_equal(tome__os_last_error(), 0);
}

static void the_code_of_a_failure_is_known(void **state) {
  (void)state;
  os_file file;
  tome__os_set_error(0);
  must_refuse(tome__os_open(in_dir("missing"), TOME_READ, 0, &file), TOME_ENOENT);
  must(tome__os_last_error() != 0);
}

static void set_and_look(void *context) {
  tome__os_set_error(7);
  *(int *)context = tome__os_last_error();
}

static void each_thread_has_its_own_error_code(void **state) {
  (void)state;
  os_thread thread;
  int seen = 0;
  must_refuse(tome__os_thread_start(&thread, set_and_look, &seen), 0);
  tome__os_set_error(13);
  tome__os_thread_join(thread);
  must_equal(seen, 7);
  tome__os_set_error(13);
  must_equal(tome__os_last_error(), 13);
}

static void memory_is_zeroed_and_its_own(void **state) {
  (void)state;
  unsigned char *some[32];
  for (size_t i = 0; i < 32; i++) {
    some[i] = tome__os_new(i + 1, 301);
    must(some[i] != NULL);
    must_be_zero(some[i], (i + 1) * 301);
    memset(some[i], (int)i + 1, (i + 1) * 301);
  }
  for (size_t i = 0; i < 32; i++) {
    for (size_t k = 0; k < (i + 1) * 301; k++)
      must_equal(some[i][k], i + 1);
    tome__os_free(some[i]);
  }
  tome__os_free(NULL);
}

static void too_much_memory_is_none(void **state) {
  (void)state;
  /* volatile: compilers know sizes that nobody can have, and warn */
  volatile size_t half = SIZE_MAX / 2 + 1;
  must(tome__os_new(half, 2) == NULL); /* their product is 0 */
  must(tome__os_new(half, 4) == NULL);
  must(tome__os_new(1, half / 2 * 3) == NULL);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      TEST(sizes_fit_together),
      TEST(an_error_code_is_what_it_was_set_to),
      TEST(the_code_of_a_failure_is_known),
      TEST(each_thread_has_its_own_error_code),
      TEST(memory_is_zeroed_and_its_own),
      TEST(too_much_memory_is_none),
  };
  return run_matching(tests, argc, argv);
}
