/* Forking while other threads are in calls: the child is not left with their locks. */
#include "test_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE (64 * PAGE)

static atomic_int over;

/* All that hold a lock of the map, also for as long as the disk takes. */
static void make_all_calls(void *context) {
  tome *map = context;
  tome_residency residency = {.struct_size = sizeof residency};
  char got[100];
  must_succeed(tome_write(map, 5 * PAGE, "some bytes", 10));
  must_succeed(tome_read(map, 7 * PAGE, got, sizeof got));
  tome_view view = begin_view(map, PAGE, 3 * PAGE, TOME_VIEW_WRITE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_append(map, "more", 4, NULL));
  must_succeed(tome_refresh(map));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_evict(map, 0, TOME_END));
  must_succeed(tome_lock(map, 0, 2 * PAGE));
  must_succeed(tome_unlock(map, 0, TOME_END));
  must_succeed(tome_residency_get(map, 0, TOME_END, &residency));
  must_succeed(tome_check(map, NULL));
}

static void make_all_calls_in_time(void *map) {
  alarm(60); /* a child that hangs dies of it */
  make_all_calls(map);
  must_succeed(tome_close(map));
}

/* ---- forking while threads are busy ---- */

typedef struct busy {
  child_function *work;
  void *context;
} busy;

static void *keep_working(void *context) {
  const busy *self = context;
  while (!atomic_load(&over))
    self->work(self->context);
  return NULL;
}

static void skip_with_sanitizers(void) {
  if (SANITIZED)
    skip_because("a sanitizer's own locks do not survive the fork of a process with threads");
}

static void fork_while_threads(child_function *work, child_function *child, void *context,
                               uint64_t times) {
  pthread_t threads[3];
  busy all = {work, context};
  atomic_store(&over, 0);
  for (int i = 0; i < 3; i++)
    must_equal(pthread_create(&threads[i], NULL, keep_working, &all), 0);
  for (uint64_t i = 0; i < times; i++)
    in_child(child, context);
  atomic_store(&over, 1);
  for (int i = 0; i < 3; i++)
    must_equal(pthread_join(threads[i], NULL), 0);
}

static void a_child_forked_in_the_middle_of_calls_makes_all_of_them(void **state) {
  (void)state;
  skip_with_sanitizers();
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_WRITE);
  fork_while_threads(make_all_calls, make_all_calls_in_time, map, how_many(50, 2000));
  must_succeed(tome_close(map));
}

static void a_child_has_nothing_locked_and_may_lock(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_WRITE);
  must_succeed(tome_lock(map, 0, 8 * PAGE));
  in_child(make_all_calls_in_time, map);
  must_succeed(tome_unlock(map, 0, TOME_END));
  must_succeed(tome_close(map));
}

/* ---- expressions ---- */

static void make_expression(void *unused) {
  const tome_needle needle = {"(some|other)[a-z]+ .*[0-9]", 26};
  tome_pattern *pattern = NULL;
  (void)unused;
  must_succeed(tome_pattern_new(&pattern, &needle, 1, TOME_PATTERN_REGEX));
  tome_pattern_free(pattern);
}

static void make_expression_in_time(void *unused) {
  alarm(60);
  make_expression(unused);
}

static void a_child_forked_while_expressions_are_made_makes_one(void **state) {
  (void)state;
  skip_with_sanitizers();
  tome_pattern *none = NULL;
  if (tome_pattern_new(&none, NULL, 0, TOME_PATTERN_REGEX) == TOME_ENOTSUP)
    skip_because("this library was built without regular expressions");
  tome_pattern_free(none);
  fork_while_threads(make_expression, make_expression_in_time, NULL, how_many(200, 5000));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_child_forked_in_the_middle_of_calls_makes_all_of_them),
      TEST(a_child_has_nothing_locked_and_may_lock),
      TEST(a_child_forked_while_expressions_are_made_makes_one),
  };
  return run_matching(tests, count, arguments);
}
