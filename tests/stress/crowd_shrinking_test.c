/* The same with others that cut the file and make it longer again: what lies below the cuts stays exactly right, what lies above
 * is right, zero for a moment, or told to be lost. */
#include "calls.h"
#include "crowd_crew.h"
#include "planted_bug.h"

#include <stdlib.h>

static crew_role *const shrinker_within[] = {shrink_and_grow, hold_view,   read_above, write_above,
                                             find_above,      flush_above, view_above, read_above};
static crew_role *const shrinker_outside[] = {cut_from_outside, read_above, write_above,
                                              view_above,       find_above, flush_above,
                                              view_above,       write_above};
static crew_role *const copying_only[] = {cut_from_outside, read_above,  write_above, read_above,
                                          find_in_pattern,  flush_above, write_above, read_above};

static void hold_what_is_below(crew_board *board, const char *path) {
  size_t length;
  unsigned char *bytes = read_file(path, &length);
  must(length >= SHRINKS_AT);
  must_be_pattern(bytes, 0, PATTERN_END);
  for (unsigned i = 0; i < MOST_WORKERS; i++)
    must_be_bytes(bytes + REGION_AT(i), board->regions[i], REGION_BYTES);
  free(bytes);
  must(atomic_load(&board->cuts) > 0);
  tell_figure("concurrent operations", atomic_load(&board->operations));
  tell_figure("cuts under others", atomic_load(&board->cuts));
}

static void also_lost(crew_board *board, const char *path) {
  hold_what_is_below(board, path);
  must(atomic_load(&board->lost) > 0);
  tell_figure("calls that met a cut", atomic_load(&board->lost));
}

static void also_refused(crew_board *board, const char *path) {
  hold_what_is_below(board, path);
  must(atomic_load(&board->refused) > 0);
  tell_figure("cuts that a view held off", atomic_load(&board->refused));
}

/* Threads store the same bytes there at the same time, which is their business; and ThreadSanitizer takes what the guard maps under a
 * lost page for a store into it. */
static void skip_under_tsan(void) {
  if (UNDER_TSAN)
    skip_because("ThreadSanitizer takes the guard's work for a data race");
}

static crew of_crew(crew_role *const *roles, unsigned processes) {
  uint64_t rounds = SANITIZED ? how_many(2000, 20000) : how_many(4000, 200000);
  return (crew){.roles = roles,
                .workers = MOST_WORKERS,
                .processes = processes,
                .flags = TOME_WRITE,
                .rounds = rounds,
                .at_the_end = also_lost};
}

static void one_map_that_shrinks_under_its_own_threads(void **state) {
  (void)state;
  skip_under_tsan();
  crew all = of_crew(shrinker_within, 1);
  all.at_the_end = also_refused;
  run_crew(&all);
}

static void threads_under_cuts_from_outside(void **state) {
  (void)state;
  skip_under_tsan();
  crew all = of_crew(shrinker_outside, 1);
  run_crew(&all);
}

static void processes_under_cuts_from_outside(void **state) {
  (void)state;
  skip_under_tsan();
  crew all = of_crew(shrinker_outside, 4);
  run_crew(&all);
}

static void copying_threads_under_cuts_from_outside(void **state) {
  (void)state;
  skip_under_tsan();
  crew all = of_crew(copying_only, 1);
  run_crew(&all);
}

static os_calls real;
static tome *resized;
static int result;

static int fstat_while_another_resizes(int fd, struct stat *status) {
  tome *map = resized;
  resized = NULL;
  if (map)
    result = tome_resize(map, PAGE);
  return real.fstat(fd, status);
}

/* Its last bytes are zeros, so its end asks how long the file is; another thread resizes the map just before. */
static void a_view_holds_off_resizes_until_its_end_has_looked(void **state) {
  (void)state;
  tome *map = open_map(make_hole("file", 3 * PAGE), TOME_WRITE);
  tome_view view = begin_view(map, PAGE, 2 * PAGE, TOME_VIEW_READ);
  real = tome__os_calls;
  resized = map;
  tome__os_calls.fstat = fstat_while_another_resizes;
  int r = tome_view_end(&view);
  tome__os_calls = real;
  must(resized == NULL);
  must_equal(result, TOME_EBUSY);
  must_equal(r, 0);
  must_succeed(tome_resize(map, PAGE));
  must_succeed(tome_close(map));
}

static void planted_bugs_are_found(void **state) {
  (void)state;
  skip_under_tsan();
  crew all = of_crew(shrinker_outside, 1);
  must_find_bug("the guard is off", plant_no_guard, run_crew, &all);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(one_map_that_shrinks_under_its_own_threads),
      TEST(threads_under_cuts_from_outside),
      TEST(processes_under_cuts_from_outside),
      TEST(a_view_holds_off_resizes_until_its_end_has_looked),
      TEST(copying_threads_under_cuts_from_outside),
      TEST(planted_bugs_are_found),
  };
  return run_matching(tests, count, arguments);
}
