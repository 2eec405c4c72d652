/* The tracer itself: every byte that an instruction or a system call puts into the file is in the log, at its offset, in
 * its turn; and so are lengths, names and syncs. The guard works beneath it as ever. */
#include "power_tracer.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { PAGES = 6, SECTOR_BYTES = 512 };

typedef struct traced_view {
  tome *map;
  tome_view view;
  unsigned char *data;
} traced_view;

/* All of a file of zeros, which is traced. */
static traced_view begin(size_t window) {
  traced_view t;
  tome_options options = TOME_OPTIONS_INIT;
  options.window = window;
  const char *path = make_hole("traced", PAGES * PAGE);
  begin_trace(path);
  must_succeed(tome_open(&t.map, path, TOME_WRITE | TOME_GROW, &options));
  t.view = begin_view(t.map, 0, PAGES * PAGE, TOME_VIEW_WRITE);
  t.data = t.view.data;
  return t;
}

static const trace *end(traced_view *t) {
  must_succeed(tome_view_end(&t->view));
  must_succeed(tome_close(t->map));
  return end_trace();
}

static void must_be_event(const trace *log, size_t number, event_kind kind, uint64_t offset,
                          uint64_t length) {
  note("event %zu of %zu", number, log->count);
  must(number < log->count);
  must_equal(log->events[number].kind, kind);
  must_equal(log->events[number].offset, offset);
  must_equal(log->events[number].length, length);
}

static void must_be_store(const trace *log, size_t number, uint64_t offset, const void *bytes,
                          uint64_t length) {
  must_be_event(log, number, STORED, offset, length);
  must_be_bytes(log->events[number].bytes, bytes, length);
}

static void skip_without_tracer(void) {
  if (why_no_tracer() != NULL) {
    print_message("SKIPPED: %s\n", why_no_tracer());
    skip();
  }
}

/* The events are stores that together put these bytes there and touch nothing else. */
static void must_have_stored(const trace *log, size_t from, uint64_t offset,
                             const unsigned char *bytes, size_t length) {
  unsigned char *got = calloc(1, length + 1);
  for (size_t i = from; i < log->count; i++) {
    const event *e = &log->events[i];
    must_equal(e->kind, STORED);
    must(e->offset >= offset && e->offset + e->length <= offset + length);
    memcpy(got + (e->offset - offset), e->bytes, e->length);
  }
  must_be_bytes(got, bytes, length);
  free(got);
}

static void memcpy_is_logged_byte_for_byte(void **state) {
  (void)state;
  skip_without_tracer();
  dice any = dice_from(1);
  for (int i = 0; i < 60; i++) {
    uint64_t offset = roll_near_page(&any, 3 * PAGE), length = 1 + roll_near_page(&any, 700);
    length = i % 20 == 0 ? 2 * PAGE + length : length;
    note("%llu bytes at %llu", (unsigned long long)length, (unsigned long long)offset);
    unsigned char *bytes = new_pattern(offset, length);
    traced_view t = begin(0);
    size_t before = look_at_trace()->count;
    memcpy(t.data + offset, bytes, length);
    must_have_stored(look_at_trace(), before, offset, bytes, length);
    end(&t);
    free(bytes);
  }
  remove_tracer();
}

static void a_store_over_a_border_is_logged_whole(void **state) {
  (void)state;
  skip_without_tracer();
  const unsigned char bytes[] = "\1\2\3\4\5\6\7\10";
  traced_view t = begin(0);
  uint64_t number;
  memcpy(&number, bytes, sizeof number);
  size_t at = look_at_trace()->count;
  *(volatile uint64_t *)(void *)(t.data + SECTOR_BYTES) = number;
  memcpy(&number, bytes, sizeof number);
  __asm__ volatile("" ::: "memory");
  memcpy(t.data + PAGE + SECTOR_BYTES - 3, &number, sizeof number);
  __asm__ volatile("" ::: "memory");
  memcpy(t.data + 2 * PAGE - 3, &number, sizeof number);
  const trace *log = end(&t);
  must_be_store(log, at, SECTOR_BYTES, bytes, 8);
  must_be_store(log, at + 1, PAGE + SECTOR_BYTES - 3, bytes, 8);
  must_be_store(log, at + 2, 2 * PAGE - 3, bytes, 3);
  must_be_store(log, at + 3, 2 * PAGE, bytes + 3, 5);
  must_equal(log->count, at + 4);
  remove_tracer();
}

static void stores_are_logged_in_their_order(void **state) {
  (void)state;
  skip_without_tracer();
  traced_view t = begin(0);
  size_t at = look_at_trace()->count;
  volatile unsigned char *to = t.data;
  to[4 * PAGE] = 1;
  to[0] = 2;
  to[4 * PAGE] = 3;
  to[4 * PAGE] = 3; /* changes nothing */
  to[1] = 4;
  __atomic_fetch_add((int *)(void *)t.data, 1, __ATOMIC_SEQ_CST);
  const trace *log = end(&t);
  must_be_store(log, at, 4 * PAGE, "\1", 1);
  must_be_store(log, at + 1, 0, "\2", 1);
  must_be_store(log, at + 2, 4 * PAGE, "\3", 1);
  must_be_store(log, at + 3, 1, "\4", 1);
  must_be_store(log, at + 4, 0, "\3", 1);
  must_equal(log->count, at + 5);
  remove_tracer();
}

#if defined(__x86_64__)
static void a_repeated_instruction_is_logged_turn_by_turn(void **state) {
  (void)state;
  const size_t length = PAGE + 100;
  unsigned char *bytes = new_pattern(0, length);
  traced_view t = begin(0);
  size_t at = look_at_trace()->count;
  unsigned char *to = t.data + PAGE - 50;
  const unsigned char *from = bytes;
  size_t left = length;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(left) : : "memory");
  t.data[0] = 9; /* stepping is over */
  const trace *log = end(&t);
  for (size_t i = 0; i < length; i++)
    must_be_store(log, at + i, PAGE - 50 + i, bytes + i, 1);
  must_be_store(log, at + length, 0, "\11", 1);
  must_equal(log->count, at + length + 1);
  remove_tracer();
  free(bytes);
}

__attribute__((target("avx2"))) static void store_vector(unsigned char *to,
                                                         const unsigned char *from) {
  _mm256_storeu_si256((__m256i *)(void *)to,
                      _mm256_loadu_si256((const __m256i *)(const void *)from));
}

static void a_vector_over_a_border_is_logged_whole(void **state) {
  (void)state;
  if (!__builtin_cpu_supports("avx2"))
    skip_because("the processor has no AVX2");
  unsigned char *bytes = new_pattern(0, 32);
  traced_view t = begin(0);
  size_t at = look_at_trace()->count;
  store_vector(t.data + SECTOR_BYTES - 7, bytes);
  store_vector(t.data + 3 * PAGE - 31, bytes);
  const trace *log = end(&t);
  must_be_store(log, at, SECTOR_BYTES - 7, bytes, 32);
  must_be_store(log, at + 1, 3 * PAGE - 31, bytes, 31);
  must_be_store(log, at + 2, 3 * PAGE, bytes + 31, 1);
  must_equal(log->count, at + 3);
  remove_tracer();
  free(bytes);
}
#else
static void a_repeated_instruction_is_logged_turn_by_turn(void **state) {
  (void)state;
  skip_without_tracer();
}

static void a_vector_over_a_border_is_logged_whole(void **state) {
  (void)state;
  skip_without_tracer();
}
#endif

static void stores_through_any_window_are_logged(void **state) {
  (void)state;
  skip_without_tracer();
  traced_view t = begin(PAGE);
  unsigned char *bytes = new_pattern(1, 3 * PAGE);
  size_t at = look_at_trace()->count;
  must_succeed(tome_write(t.map, PAGE - 5, bytes, 3 * PAGE));
  t.data[PAGE - 5] = 0xEE; /* the same page by another window */
  const trace *log = look_at_trace();
  must_be_store(log, log->count - 1, PAGE - 5, "\xEE", 1);
  bytes[0] = 0xEE;
  must_have_stored(log, at, PAGE - 5, bytes, 3 * PAGE);
  end(&t);
  remove_tracer();
  free(bytes);
}

/* What the headers and the notes on durability say of each call, as the system sees it. */
static void system_calls_are_logged_in_their_order(void **state) {
  (void)state;
  skip_without_tracer();
  const char *path = in_dir("created");
  tome *map;
  begin_trace(path);
  must_succeed(tome_open(&map, path, TOME_WRITE | TOME_CREATE | TOME_GROW, NULL));
  must_succeed(tome_append(map, "appended", 8, NULL));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_START));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_WRITTEN));
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_write(map, 8, "more", 4));
  must_succeed(tome_flush(map, 0, 1, TOME_FLUSH_DURABLE));
  must_succeed(tome_resize(map, 9000));
  must_succeed(tome_resize(map, 11));
  must_succeed(tome_close(map));
  const trace *log = end_trace();
  must(!log->there_before);
  must_be_event(log, 0, NAMED, 0, 0);
  must_be_store(log, 1, 0, "appended", 8);
  must_be_event(log, 2, SIZED, 0, 0);
  must_equal(log->events[2].size, 8);
  must_be_event(log, 3, FILE_SYNCED, 0, UINT64_MAX);
  must_be_event(log, 4, NAME_SYNCED, 0, 0);
  must_be_store(log, 5, 8, "more", 4);
  must_equal(log->events[6].size, 12);
  must_be_event(log, 7, FILE_SYNCED, 0, UINT64_MAX); /* and the name no more */
  must_equal(log->events[8].size, 9000);
  must_equal(log->events[9].size, 11);
  must_equal(log->count, 10);
  remove_tracer();
}

static void a_file_that_is_removed_again_loses_its_name(void **state) {
  (void)state;
  skip_without_tracer();
  const char *path = in_dir("created");
  tome *map;
  tome_options past = TOME_OPTIONS_INIT;
  past.offset = 1;
  begin_trace(path);
  must_fail(tome_open(&map, path, TOME_WRITE | TOME_CREATE, &past), TOME_ERANGE);
  const trace *log = end_trace();
  must_equal(log->count, 2);
  must_equal(log->events[0].flag, 1);
  must_be_event(log, 1, NAMED, 0, 0);
  must_equal(log->events[1].flag, 0);
  remove_tracer();
}

static void a_lost_page_is_an_error_as_ever(void **state) {
  (void)state;
  skip_without_tracer();
  tome *map;
  const char *path = make_pattern_file("traced", PAGES * PAGE);
  unsigned char byte = 0;
  begin_trace(path);
  must_succeed(tome_open(&map, path, TOME_WRITE, NULL));
  must_succeed(tome_write(map, 4 * PAGE, &byte, 1));
  tome_view view = begin_view(map, 0, PAGES * PAGE, TOME_VIEW_WRITE);
  truncate_elsewhere(path, 2 * PAGE);
  must_fail_at(tome_write(map, 4 * PAGE, "lost", 4), TOME_ELOST, 4 * PAGE, 4);
  *(volatile unsigned char *)((unsigned char *)view.data + 3 * PAGE) = 1;
  must_fail(tome_view_end(&view), TOME_ELOST);
  must_succeed(tome_write(map, PAGE, "kept", 4));
  must_succeed(tome_refresh(map));
  tome_close(map);
  const trace *log = end_trace();
  must_be_bytes(log->events[log->count - 1].bytes, "kept", 4);
  remove_tracer();
}

/* A fault that is not about the traced file is none of the tracer's business. */
static void fault_elsewhere(void *context) {
  (void)context;
  signal(SIGSEGV, SIG_DFL); /* cmocka's own handler is in the way */
  traced_view t = begin(0);
  t.data[0] = 1;
  void *closed = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(closed != MAP_FAILED);
  *(volatile unsigned char *)closed = 1;
}

static void other_faults_kill_as_ever(void **state) {
  (void)state;
  skip_without_tracer();
  must_die_of(SIGSEGV, fault_elsewhere, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(memcpy_is_logged_byte_for_byte),
      TEST(a_store_over_a_border_is_logged_whole),
      TEST(stores_are_logged_in_their_order),
      TEST(a_repeated_instruction_is_logged_turn_by_turn),
      TEST(a_vector_over_a_border_is_logged_whole),
      TEST(stores_through_any_window_are_logged),
      TEST(system_calls_are_logged_in_their_order),
      TEST(a_file_that_is_removed_again_loses_its_name),
      TEST(a_lost_page_is_an_error_as_ever),
      TEST(other_faults_kill_as_ever),
  };
  return run_matching(tests, count, arguments);
}
