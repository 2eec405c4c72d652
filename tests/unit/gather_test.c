/* Many reads at once, against a plain array of bytes: whatever the order, the length and the place of the spans, and whatever of
 * the file is in memory. */
#include "calls.h"
#include "emulator_limits.h"
#include "gather_batch.h"

#include <stdlib.h>
#include <string.h>

#define SIZE (40 * PAGE + 1234)

/* ---- any spans ---- */

static void any_spans_are_read_whatever_is_in_memory(void **state) {
  (void)state;
  const size_t counts[] = {1, 2, 7, 8, 9, 16, 17, 60, 600};
  const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY};
  unsigned char *bytes = new_pattern(0, SIZE);
  const char *path = make_pattern_file("file", SIZE);
  dice any = dice_from(1);
  for (unsigned i = 0; i < 9; i++)
    for (unsigned k = 0; k < 3; k++) {
      batch b = roll_batch(&any, counts[i], SIZE);
      tome *map = open_map(path, flags[k]);
      gather_in_all_states(map, path, &b, bytes);
      must_succeed(tome_close(map));
      free_batch(&b);
    }
  free(bytes);
}

static void a_part_is_read_from_its_own_beginning(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", SIZE);
  uint64_t origin = PAGE + 777, size = 20 * PAGE + 5;
  unsigned char *bytes = new_pattern(origin, size);
  tome *map = open_part(path, TOME_READ, origin, size);
  batch b = new_batch(4, size + 300);
  add_span(&b, size - 100, 100);
  add_span(&b, 0, size);
  add_span(&b, size, 0);
  add_span(&b, PAGE - 777 - 50, 100);
  gather_in_all_states(map, path, &b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

static void nothing_to_read_succeeds(void **state) {
  (void)state;
  needs_whole_pages();
  tome *map = open_map(make_pattern_file("file", 100), TOME_READ);
  tome_span spans[] = {{0, 0, NULL, UNSET}, {100, 0, NULL, UNSET}, {50, 0, spans, UNSET}};
  must_succeed(tome_gather(map, NULL, 0));
  must_succeed(tome_gather(map, spans, 0));
  must_equal(spans[0].result, UNSET);
  must_succeed(tome_gather(map, spans, 3));
  for (int i = 0; i < 3; i++)
    must_equal(spans[i].result, 0);
  must_succeed(tome_close(map));
  map = open_map(make_file("empty", "", 0), TOME_READ);
  must_succeed(tome_gather(map, spans, 1));
  must_succeed(tome_prefetch(map, NULL, 0));
  must_fail_at(tome_gather(map, spans, 2), TOME_ERANGE, 100, 0);
  must_succeed(tome_close(map));
}

/* A span of more than one step, between small ones. */
static void a_long_span_is_read_beside_short_ones(void **state) {
  (void)state;
  const size_t size = 3 << 20;
  unsigned char *bytes = new_pattern(0, size);
  const char *path = make_file("file", bytes, size);
  tome *map = open_map(path, TOME_READ);
  batch b = new_batch(40, size + 40 * 300);
  for (size_t i = 0; i < 39; i++)
    add_span(&b, i * 77777, i * 7);
  add_span(&b, 12345, size - 23456);
  gather_in_all_states(map, path, &b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

/* ---- what is refused ---- */

static void a_span_outside_spoils_the_call_before_anything_is_read(void **state) {
  (void)state;
  const struct {
    uint64_t offset;
    size_t length;
  } wrong[] = {{100, 1},        {0, 101},
               {99, 2},         {101, 0},
               {UINT64_MAX, 1}, {1, SIZE_MAX},
               {0, SIZE_MAX},   {UINT64_MAX - 1, 2},
               {UINT64_MAX, 0}, {(uint64_t)1 << 63, SIZE_MAX / 2}};
  tome *map = open_map(make_pattern_file("file", 100), TOME_READ);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    batch b = new_batch(12, 1000);
    for (int k = 0; k < 12; k++)
      add_span(&b, 0, 50);
    b.spans[11].offset = 1000; /* another one: the first is named */
    b.spans[5].offset = wrong[i].offset;
    b.spans[5].length = wrong[i].length;
    note("case %zu", i);
    must_fail_at(tome_gather(map, b.spans, 12), TOME_ERANGE, wrong[i].offset, wrong[i].length);
    must_be_untouched(&b);
    tome_gathering *none = NULL;
    must_fail(tome_gather_start(map, b.spans, 12, &none), TOME_ERANGE);
    must(none == NULL);
    must_be_untouched(&b);
    free_batch(&b);
  }
  must_succeed(tome_close(map));
}

static void a_span_without_a_buffer_is_refused(void **state) {
  (void)state;
  tome *map = open_map(make_pattern_file("file", 100), TOME_READ);
  batch b = new_batch(3, 60);
  for (int i = 0; i < 3; i++)
    add_span(&b, 0, 20);
  void *buffer = b.spans[1].buffer;
  tome_gathering *none = NULL;
  b.spans[1].buffer = NULL;
  must_fail(tome_gather(map, b.spans, 3), TOME_EINVAL);
  must_fail(tome_gather_start(map, b.spans, 3, &none), TOME_EINVAL);
  b.spans[1].buffer = buffer;
  must_fail(tome_gather(map, NULL, 3), TOME_EINVAL);
  must_fail(tome_gather(map, b.spans, SIZE_MAX), TOME_EINVAL);
  must_fail(tome_gather(map, b.spans, SIZE_MAX / sizeof *b.spans + 1), TOME_EINVAL);
  must_fail(tome_prefetch(map, NULL, 1), TOME_EINVAL);
  must(none == NULL);
  must_be_untouched(&b);
  must_succeed(tome_close(map));
  free_batch(&b);
}

static void bytes_that_another_process_appended_are_read(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE);
  const char *path = make_file("file", bytes, PAGE);
  tome *map = open_map(path, TOME_READ);
  batch b = new_batch(3, SIZE);
  add_span(&b, 0, 100);
  add_span(&b, PAGE - 50, 2 * PAGE);
  add_span(&b, SIZE - 10, 10);
  must_fail_at(tome_gather(map, b.spans, 3), TOME_ERANGE, PAGE - 50, 2 * PAGE);
  append_elsewhere(path, bytes + PAGE, SIZE - PAGE);
  must_gather(map, &b, bytes);
  must_gather(map, &b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

/* ---- holes, stores, private stores ---- */

static void holes_are_zeros(void **state) {
  (void)state;
  const char *path = make_hole("hole", SIZE);
  write_elsewhere(path, 20 * PAGE - 1, "ab", 2);
  unsigned char *bytes = calloc(1, SIZE);
  memcpy(bytes + 20 * PAGE - 1, "ab", 2);
  dice any = dice_from(3);
  batch b = roll_batch(&any, 100, SIZE);
  tome *map = open_map(path, TOME_READ);
  gather_in_all_states(map, path, &b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

/* Stores here and there, some of whole pages, by call and through a view; `bytes` follows. */
static void store_here_and_there(dice *any, tome *map, unsigned char *bytes) {
  for (int i = 0; i < 12; i++) {
    uint64_t offset = roll_near_page(any, SIZE - 1);
    size_t length = 1 + roll_length(any, offset + 1, SIZE);
    memset(bytes + offset, i + 1, length);
    if (i % 2) {
      must_succeed(tome_write(map, offset, bytes + offset, length));
      continue;
    }
    tome_view view = begin_view(map, offset, length, TOME_VIEW_WRITE);
    memset(view.data, i + 1, length);
    must_succeed(tome_view_end(&view));
  }
}

static void stores_are_seen(uint32_t flags) {
  unsigned char *bytes = new_pattern(0, SIZE);
  const char *path = make_pattern_file("file", SIZE);
  dice any = dice_from(flags);
  for (int i = 0; i < 5; i++) {
    tome *map = open_map(path, flags);
    batch b = roll_batch(&any, 200, SIZE);
    store_here_and_there(&any, map, bytes);
    gather_in_all_states(map, path, &b, bytes);
    store_here_and_there(&any, map, bytes);
    must_gather(map, &b, bytes);
    must_succeed(tome_close(map));
    free_batch(&b);
    if (flags == TOME_COPY)
      fill_pattern(bytes, 0, SIZE);
  }
  free(bytes);
}

static void what_was_stored_is_gathered(void **state) {
  (void)state;
  stores_are_seen(TOME_WRITE);
}

static void what_was_stored_in_a_private_map_is_gathered(void **state) {
  (void)state;
  stores_are_seen(TOME_COPY);
}

static void anonymous_memory_is_gathered(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE);
  tome *map = open_anonymous(SIZE);
  dice any = dice_from(8);
  batch b = roll_batch(&any, 100, SIZE);
  must_succeed(tome_write(map, 0, bytes, SIZE));
  must_gather(map, &b, bytes);
  must_gather(map, &b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

static void a_buffer_may_lie_in_a_view_of_the_map(void **state) {
  (void)state;
  unsigned char *bytes = new_pattern(0, SIZE);
  tome *map = open_map(make_pattern_file("file", SIZE), TOME_WRITE);
  tome_view view = begin_view(map, 8 * PAGE, 3 * PAGE, TOME_VIEW_WRITE);
  tome_span spans[] = {{0, PAGE, view.data, UNSET},
                       {20 * PAGE, 2 * PAGE, (char *)view.data + PAGE, UNSET}};
  must_succeed(tome_gather(map, spans, 2));
  must_be_bytes(view.data, bytes, PAGE);
  must_be_bytes((char *)view.data + PAGE, bytes + 20 * PAGE, 2 * PAGE);
  must_succeed(tome_view_end(&view));
  must_succeed(tome_close(map));
  free(bytes);
}

/* No memory for more than a few, and then none for a thread. */
static void *calloc_that_fails(size_t count, size_t size) {
  (void)count, (void)size;
  return NULL;
}

static void without_memory_spans_are_read_all_the_same(void **state) {
  (void)state;
  if (forced_window())
    return; /* windows need memory */
  unsigned char *bytes = new_pattern(0, SIZE);
  const char *path = make_pattern_file("file", SIZE);
  dice any = dice_from(13);
  batch b = roll_batch(&any, 300, SIZE);
  tome *map = open_map(path, TOME_READ);
  tome_gathering *none = NULL;
  tome_range ranges[40];
  os_calls real = tome__os_calls;
  for (int i = 0; i < 40; i++)
    ranges[i] = (tome_range){(uint64_t)i * PAGE, PAGE};
  drop_from_memory(path);
  tome__os_calls.calloc = calloc_that_fails;
  must_succeed(tome_gather(map, b.spans, b.count));
  must_fail(tome_gather_start(map, b.spans, b.count, &none), TOME_ENOMEM);
  must_succeed(tome_prefetch(map, ranges, 40));
  tome__os_calls = real;
  must(none == NULL);
  must_hold(&b, bytes);
  must_succeed(tome_close(map));
  free_batch(&b);
  free(bytes);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(any_spans_are_read_whatever_is_in_memory),
      TEST(a_part_is_read_from_its_own_beginning),
      TEST(nothing_to_read_succeeds),
      TEST(a_long_span_is_read_beside_short_ones),
      TEST(a_span_outside_spoils_the_call_before_anything_is_read),
      TEST(a_span_without_a_buffer_is_refused),
      TEST(bytes_that_another_process_appended_are_read),
      TEST(holes_are_zeros),
      TEST(what_was_stored_is_gathered),
      TEST(what_was_stored_in_a_private_map_is_gathered),
      TEST(anonymous_memory_is_gathered),
      TEST(a_buffer_may_lie_in_a_view_of_the_map),
      TEST(without_memory_spans_are_read_all_the_same),
  };
  return run_matching(tests, count, arguments);
}
