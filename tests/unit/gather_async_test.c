/* Gathers that go on by themselves, and beside growth. */
#include "emulator_limits.h"
#include "gather_batch.h"

#include <pthread.h>
#include <stdlib.h>

#define SIZE (40 * PAGE + 1234)

/* ---- by itself ---- */

static void a_gather_that_goes_on_by_itself_reads_the_same(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE);
  const char *path = make_pattern_file("file", SIZE);
  dice any = dice_from(4);
  tome *map = open_map(path, TOME_READ);
  for (int i = 0; i < 20; i++) {
    tome_gathering *gathering = NULL;
    batch b = roll_batch(&any, roll(&any, 300) + 1, SIZE);
    must_succeed(tome_gather_start(map, b.spans, b.count, &gathering));
    must_read_pattern(map, 0, SIZE); /* beside it */
    if (i % 2)
      while (!tome_gather_is_done(gathering))
        pause_for(100);
    must_succeed(tome_gather_end(gathering));
    must_hold(&b, bytes);
    free_batch(&b);
  }
  must_succeed(tome_gather_end(NULL));
  must_succeed(tome_close(map));
  free(bytes);
}

static void a_gather_of_nothing_goes_on_by_itself(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 10), TOME_READ);
  tome_gathering *gathering = NULL;
  must_succeed(tome_gather_start(map, NULL, 0, &gathering));
  tome_gather_cancel(gathering);
  must_succeed(tome_gather_end(gathering));
  must_succeed(tome_close(map));
}

static void canceling_what_is_done_changes_nothing(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE);
  dice any = dice_from(6);
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  tome_gathering *gathering = NULL;
  batch b = roll_batch(&any, 100, SIZE);
  must_succeed(tome_gather_start(map, b.spans, b.count, &gathering));
  while (!tome_gather_is_done(gathering))
    pause_for(100);
  tome_gather_cancel(gathering);
  tome_gather_cancel(gathering);
  must_succeed(tome_gather_end(gathering));
  must_hold(&b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

/* ---- beside growth ---- */

typedef struct grower {
  tome *map;
  const unsigned char *bytes;
  size_t size;
  pthread_t thread;
} grower;

static void *grow(void *context) {
  grower *g = context;
  for (uint64_t at = PAGE; at < g->size; at += 3001) {
    size_t n = g->size - at < 3001 ? (size_t)(g->size - at) : 3001;
    uint64_t got = 0;
    must_succeed(tome_append(g->map, g->bytes + at, n, &got));
    must_equal(got, at);
  }
  return NULL;
}

/* Spans anywhere in what there is at the moment. */
static batch spans_up_to(dice *any, uint64_t size) {
  batch b = new_batch(64, 64 * PAGE);
  for (size_t i = 0; i < 64; i++) {
    uint64_t offset = roll_near_page(any, size);
    uint64_t most = size - offset < PAGE ? size - offset : PAGE;
    add_span(&b, offset, (size_t)roll(any, most + 1));
  }
  return b;
}

static void gathers_beside_growth_read_what_was_there(void **state) {
  (void)state;
  needs_views_replaced_at_once();
  const size_t size = how_many(2, 40) << 20;
  unsigned char *bytes = new_pattern(0, size);
  tome *map = open_map(make_file("file", bytes, PAGE), TOME_WRITE | TOME_GROW);
  grower g = {.map = map, .bytes = bytes, .size = size};
  dice any = dice_from(12);
  must_equal(pthread_create(&g.thread, NULL, grow, &g), 0);
  while (tome_size(map) < size) {
    tome_gathering *gathering = NULL;
    batch b = spans_up_to(&any, tome_size(map)), c = spans_up_to(&any, tome_size(map));
    must_succeed(tome_gather_start(map, b.spans, b.count, &gathering));
    must_gather(map, &c, bytes);
    must_succeed(tome_gather_end(gathering));
    must_hold(&b, bytes);
    free_batch(&b);
    free_batch(&c);
  }
  must_equal(pthread_join(g.thread, NULL), 0);
  must_succeed(tome_close(map));
  free(bytes);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_gather_that_goes_on_by_itself_reads_the_same),
      TEST(a_gather_of_nothing_goes_on_by_itself),
      TEST(canceling_what_is_done_changes_nothing),
      TEST(gathers_beside_growth_read_what_was_there),
  };
  return run_matching(tests, count, arguments);
}
