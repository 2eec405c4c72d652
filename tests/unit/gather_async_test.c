/* Gathers that go on by themselves, their canceling, and beside growth. */
#include "calls.h"
#include "gather_batch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

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
        usleep(100);
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
    usleep(100);
  tome_gather_cancel(gathering);
  tome_gather_cancel(gathering);
  must_succeed(tome_gather_end(gathering));
  must_hold(&b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

/* A gather that is canceled in a system call of its own: the one that asks for what is in memory, or the one that reads. */
static os_calls real;
static _Atomic(tome_gathering *) canceled;
static atomic_int calls_left;

static void cancel_in_time(void) {
  if (atomic_fetch_sub(&calls_left, 1) != 1)
    return;
  while (atomic_load(&canceled) == NULL)
    usleep(10);
  tome_gather_cancel(atomic_load(&canceled));
}

static int cachestat_that_cancels(int fd, const struct os_cachestat_range *range,
                                  struct os_cachestat *status) {
  cancel_in_time();
  return real.os_cachestat(fd, range, status);
}

static ssize_t pread_that_cancels(int fd, void *to, size_t n, off_t at) {
  cancel_in_time();
  return real.pread(fd, to, n, at);
}

static ssize_t preadv2_that_cancels(int fd, const struct iovec *v, int count, off_t at, int flags) {
  cancel_in_time();
  return real.preadv2(fd, v, count, at, flags);
}

/* Each span is read or canceled, and the call says so; how many were read. */
static size_t must_be_read_or_canceled(const batch *b, const unsigned char *bytes) {
  size_t count = 0;
  for (size_t i = 0; i < b->count; i++) {
    const tome_span *s = &b->spans[i];
    must(s->result == 0 || s->result == TOME_ECANCELED);
    if (s->result == 0)
      must_be_bytes(s->buffer, bytes + s->offset, s->length);
    count += s->result == 0;
  }
  return count;
}

static void cancel_at(int call, const unsigned char *bytes) {
  dice any = dice_from(9);
  tome_gathering *gathering = NULL;
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_READ);
  batch b = new_batch(600, 600);
  for (size_t i = 0; i < 600; i++)
    add_span(&b, roll(&any, SIZE), 1);
  real = tome__os_calls;
  atomic_store(&canceled, NULL);
  atomic_store(&calls_left, call);
  tome__os_calls.os_cachestat = cachestat_that_cancels;
  tome__os_calls.pread = pread_that_cancels;
  tome__os_calls.preadv2 = preadv2_that_cancels;
  must_succeed(tome_gather_start(map, b.spans, b.count, &gathering));
  atomic_store(&canceled, gathering);
  must_fail(tome_gather_end(gathering), TOME_ECANCELED);
  tome__os_calls = real;
  note("canceled at call %d", call);
  must(must_be_read_or_canceled(&b, bytes) < b.count);
  must_gather(map, &b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
}

/* The first calls ask the disk ahead; those that read come after. Windows are read without any. */
static void a_canceled_gather_says_of_each_span_whether_it_was_read(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE);
  cancel_at(1, bytes);
  if (!forced_window())
    for (int call = 2; call < 40; call += 7)
      cancel_at(call, bytes);
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
      TEST(a_canceled_gather_says_of_each_span_whether_it_was_read),
      TEST(gathers_beside_growth_read_what_was_there),
  };
  return run_matching(tests, count, arguments);
}
