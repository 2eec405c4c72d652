/* Gathers that are canceled in each of their system calls. */
#include "calls.h"
#include "gather_batch.h"

#include <stdatomic.h>
#include <stdlib.h>

#define SIZE (40 * PAGE + 1234)

/* A gather that is canceled in a system call of its own: the one that asks for what is in memory, or the one that reads. */
static os_calls real;
static _Atomic(tome_gathering *) canceled;
static atomic_int calls_left;

static void cancel_in_time(void) {
  if (atomic_fetch_sub(&calls_left, 1) != 1)
    return;
  while (atomic_load(&canceled) == NULL)
    pause_for(10);
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

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_canceled_gather_says_of_each_span_whether_it_was_read),
  };
  return run_matching(tests, count, arguments);
}
