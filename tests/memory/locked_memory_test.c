/* What is locked stays in memory while the system takes back the rest: in a control group of 64 MiB, through which a larger file
 * is read. */
#include "large_file.h"
#include "page_model.h"
#include "small_memory.h"

#include <stdlib.h>

#define MEBI(n) ((uint64_t)(n) << 20)
#define PART MEBI(24)
#define PRESSURE MEBI(192)

static const memory_limit limit = {.group = MEBI(64)};
static size_t window; /* of the map that locks */

/* Twice, so that what was read once does not simply take its own place again. */
static void press(void) {
  const size_t piece = (size_t)1 << 20;
  unsigned char *bytes = malloc(piece);
  tome *map = open_map(in_dir("pressure"), TOME_READ);
  for (uint64_t at = 0; at < 2 * PRESSURE; at += piece)
    must_succeed(tome_read(map, at % PRESSURE, bytes, piece));
  must_succeed(tome_close(map));
  free(bytes);
}

/* The first half is locked, the second was read by the same means and is not. */
static void lock_and_press(void *context) {
  (void)context;
  const size_t half = PART / 2 / PAGE;
  tome *map = NULL;
  tome_options options = TOME_OPTIONS_INIT;
  options.window = window;
  must_succeed(tome_open(&map, in_dir("file"), TOME_READ, &options));
  must_succeed(tome_warm(map, PART / 2, TOME_END, NULL));
  must_succeed(tome_lock(map, 0, PART / 2));
  must(pages_there(in_dir("file"), half, half) > 0);
  press();
  must_equal(pages_there(in_dir("file"), 0, half), half);
  must(pages_there(in_dir("file"), half, half) < half / 2);
  must_succeed(tome_close(map));
}

static void must_stay(size_t forced) {
  skip_without_disk();
  skip_without(limit);
  window = forced;
  evict_file(make_large_file("file", PART));
  evict_file(make_large_file("pressure", PRESSURE));
  memory_use use = run_limited(limit, lock_and_press, NULL);
  must(use.strikes > 0);
  tell_figure("times a memory limit was met", use.strikes);
}

static void what_is_locked_stays_and_the_rest_goes(void **state) {
  (void)state;
  must_stay(0);
}

static void what_is_locked_through_windows_stays_too(void **state) {
  (void)state;
  must_stay(PAGE);
}

/* More than there is, and it goes on in order: memory is bounded. */
static void warm_a_large_file(void *context) {
  (void)context;
  tome *map = open_map(in_dir("file"), TOME_READ);
  uint64_t before = peak_of_process();
  must_succeed(tome_warm(map, 0, TOME_END, NULL));
  must(peak_of_process() < before + MEBI(8));
  must_succeed(tome_close(map));
}

static void warming_keeps_little_in_the_process(void **state) {
  (void)state;
  skip_without_disk();
  skip_without(limit);
  evict_file(make_large_file("file", PRESSURE));
  must(run_limited(limit, warm_a_large_file, NULL).strikes > 0);
}

#define MEMORY_TEST(function) cmocka_unit_test_setup_teardown(function, begin_test, end_memory_test)

int main(int count, char **arguments) {
  use_a_disk();
  const struct CMUnitTest tests[] = {
      MEMORY_TEST(what_is_locked_stays_and_the_rest_goes),
      MEMORY_TEST(what_is_locked_through_windows_stays_too),
      MEMORY_TEST(warming_keeps_little_in_the_process),
  };
  return run_matching(tests, count, arguments);
}
