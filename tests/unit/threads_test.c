/* One map, many threads. Runs under ThreadSanitizer as well, so no test here loses a page, and no byte is stored
 * by one thread while another looks at it. */
#include "emulator_limits.h"
#include "test_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8 };

/* What the threads of one test share. */
typedef struct shared {
  tome *map;
  _Atomic uint64_t published; /* bytes of the pattern that may be read */
  atomic_int done;
  pthread_barrier_t start;
  uint64_t offsets[THREADS][500];
} shared;

typedef struct worker {
  shared *all;
  unsigned number;
  void (*work)(struct worker *self);
  pthread_t thread;
} worker;

static void *run_worker(void *context) {
  worker *self = context;
  pthread_barrier_wait(&self->all->start);
  self->work(self);
  return NULL;
}

typedef void work_function(worker *self);

/* The first worker may have another job than the rest. */
static void run_threads(shared *all, work_function *first, work_function *rest) {
  worker workers[THREADS + 1];
  unsigned count = first != NULL ? THREADS + 1 : THREADS;
  must_equal(pthread_barrier_init(&all->start, NULL, count), 0);
  for (unsigned i = 0; i < count; i++) {
    workers[i] = (worker){.all = all, .number = i, .work = i == THREADS ? first : rest};
    must_equal(pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]), 0);
  }
  for (unsigned i = 0; i < count; i++)
    must_equal(pthread_join(workers[i].thread, NULL), 0);
  must_equal(pthread_barrier_destroy(&all->start), 0);
}

static shared *share(tome *map, uint64_t published) {
  shared *all = calloc(1, sizeof *all);
  all->map = map;
  atomic_init(&all->published, published);
  return all;
}

static void unshare_and_close(shared *all) {
  must_succeed(tome_close(all->map));
  free(all);
}

/* ---- readers beside someone who changes the size ---- */

static void read_somewhere(worker *self, dice *any) {
  unsigned char got[3000];
  uint64_t end = atomic_load(&self->all->published);
  uint64_t offset = roll(any, end), length = roll(any, sizeof got);
  length = length < end - offset ? length : end - offset;
  must_succeed(tome_read(self->all->map, offset, got, length));
  must_be_pattern(got, offset, length);
  must(tome_size(self->all->map) >= end);
}

static void look_somewhere(worker *self, dice *any) {
  uint64_t end = atomic_load(&self->all->published);
  uint64_t offset = roll(any, end), length = roll(any, 3000);
  length = length < end - offset ? length : end - offset;
  tome_view view = begin_view(self->all->map, offset, length, TOME_VIEW_READ);
  must_be_pattern(view.data, offset, length);
  must_succeed(tome_view_end(&view));
}

static void find_somewhere(worker *self, dice *any) {
  unsigned char needle[12];
  uint64_t end = atomic_load(&self->all->published), at;
  uint64_t offset = roll(any, end - sizeof needle), from = offset > 5000 ? offset - 5000 : 0;
  fill_pattern(needle, offset, sizeof needle);
  must_return(tome_find(self->all->map, needle, sizeof needle, from, offset + sizeof needle, &at),
              1);
  must_equal(at, offset);
  must_return(tome_rfind(self->all->map, needle, sizeof needle, from, offset + sizeof needle, &at),
              1);
  must_equal(at, offset);
}

static void read_until_done(worker *self) {
  dice any = dice_from(self->number + 1);
  do {
    read_somewhere(self, &any);
    look_somewhere(self, &any);
    find_somewhere(self, &any);
  } while (!atomic_load(&self->all->done));
}

static void append_pattern(worker *self) {
  dice any = dice_from(99);
  uint64_t end = atomic_load(&self->all->published), at;
  for (int i = 0; i < 600; i++) {
    size_t length = 1 + roll(&any, 5000);
    void *bytes = new_pattern(end, length);
    must_succeed(tome_append(self->all->map, bytes, length, &at));
    must_equal(at, end);
    end += length;
    atomic_store(&self->all->published, end);
    free(bytes);
  }
  atomic_store(&self->all->done, 1);
}

static void eight_readers_beside_an_appender_see_every_byte(void **state) {
  (void)state;
  needs_whole_pages();
  needs_views_replaced_at_once();
  const char *path = make_pattern_file("file", PAGE);
  shared *all = share(open_map(path, TOME_WRITE), PAGE);
  run_threads(all, append_pattern, read_until_done);
  uint64_t end = all->published;
  unshare_and_close(all);
  must_be_pattern_file(path, end);
}

static void write_pattern_past_the_end(worker *self) {
  uint64_t end = atomic_load(&self->all->published);
  for (int i = 0; i < 600; i++) {
    void *bytes = new_pattern(end, 1777);
    must_succeed(tome_write(self->all->map, end, bytes, 1777));
    end += 1777;
    atomic_store(&self->all->published, end);
    free(bytes);
  }
  atomic_store(&self->all->done, 1);
}

static void eight_readers_beside_a_growing_writer_see_every_byte(void **state) {
  (void)state;
  needs_whole_pages();
  needs_views_replaced_at_once();
  const char *path = make_pattern_file("file", PAGE);
  shared *all = share(open_map(path, TOME_WRITE | TOME_GROW), PAGE);
  run_threads(all, write_pattern_past_the_end, read_until_done);
  uint64_t end = all->published;
  unshare_and_close(all);
  must_be_pattern_file(path, end);
}

static void resize_above(worker *self) {
  dice any = dice_from(5);
  for (int i = 0; i < 400; i++) {
    uint64_t size = self->all->published + roll_near_page(&any, 400 * PAGE);
    must_succeed(tome_resize(self->all->map, size));
    must_equal(tome_size(self->all->map), size);
  }
  atomic_store(&self->all->done, 1);
}

static void eight_readers_beside_a_resizer_see_every_byte(void **state) {
  (void)state;
  needs_views_replaced_at_once();
  const uint64_t size = 20 * PAGE + 100;
  const char *path = make_pattern_file("file", size);
  shared *all = share(open_map(path, TOME_WRITE | TOME_SPARSE), size);
  run_threads(all, resize_above, read_until_done);
  must_succeed(tome_resize(all->map, size));
  unshare_and_close(all);
  must_be_pattern_file(path, size);
}

/* ---- first touches ---- */

static void read_all_pages(worker *self) {
  const uint64_t pages = tome_size(self->all->map) / PAGE;
  for (uint64_t i = 0; i < pages; i++) {
    unsigned char got[40];
    uint64_t offset = (i * 7 + self->number * (self->number % 2)) % pages * PAGE + 100;
    must_succeed(tome_read(self->all->map, offset, got, sizeof got));
    must_be_pattern(got, offset, sizeof got);
  }
}

static void first_touches_of_the_same_pages_give_the_same_bytes(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 100 * PAGE);
  for (int round = 0; round < 10; round++) {
    shared *all = share(open_map(path, TOME_READ), 100 * PAGE);
    run_threads(all, NULL, read_all_pages);
    unshare_and_close(all);
  }
}

static void store_own_bytes(worker *self) {
  const uint64_t size = tome_size(self->all->map);
  for (uint64_t offset = self->number; offset < size; offset += THREADS * 16) {
    unsigned char byte = pattern_byte(offset), got;
    must_succeed(tome_write(self->all->map, offset, &byte, 1));
    must_succeed(tome_read(self->all->map, offset, &got, 1));
    must_equal(got, byte);
  }
}

/* Neighbours in one page, stored by different threads at its first touch, must not undo each other. */
static void first_stores_into_the_same_page_lose_no_byte(void **state) {
  (void)state;
  const size_t size = 100 * PAGE;
  for (int round = 0; round < 10; round++) {
    const char *path = make_hole("file", size);
    shared *all = share(open_map(path, TOME_WRITE), size);
    run_threads(all, NULL, store_own_bytes);
    unshare_and_close(all);
    size_t length;
    unsigned char *bytes = read_file(path, &length);
    for (size_t i = 0; i < size; i++) {
      note("round %d, byte %zu", round, i);
      must_equal(bytes[i], i % (THREADS * 16) < THREADS ? pattern_byte(i) : 0);
    }
    free(bytes);
  }
}

/* ---- views and appends ---- */

static void begin_and_end_views(worker *self) {
  dice any = dice_from(self->number + 50);
  tome_view held[6] = {{0}};
  for (int i = 0; i < 1500; i++) {
    tome_view *view = &held[roll(&any, 6)];
    must_succeed(tome_view_end(view));
    uint64_t size = self->all->published, offset = roll_near_page(&any, size);
    size_t length = roll_near_page(&any, size - offset < 3 * PAGE ? size - offset : 3 * PAGE);
    *view = begin_view(self->all->map, offset, length, TOME_VIEW_READ);
    for (int j = 0; j < 6; j++)
      if (held[j].length > 0) {
        size_t place = roll(&any, held[j].length);
        must_be_pattern((char *)held[j].data + place, held[j].offset + place, 1);
      }
  }
  for (int i = 0; i < 6; i++)
    must_succeed(tome_view_end(&held[i]));
}

static void views_of_many_threads_hold_their_bytes(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", 64 * PAGE);
  shared *all = share(open_map(path, TOME_WRITE), 64 * PAGE);
  run_threads(all, NULL, begin_and_end_views);
  must_succeed(tome_resize(all->map, 0)); /* no view is left to stop it */
  unshare_and_close(all);
}

static void append_own_records(worker *self) {
  unsigned char record[200];
  for (unsigned i = 0; i < 500; i++) {
    size_t length = 1 + (self->number * 31 + i * 17) % sizeof record;
    memset(record, (int)(self->number * 16 + i % 16 + 1), length);
    must_succeed(tome_append(self->all->map, record, length, &self->all->offsets[self->number][i]));
  }
}

static void must_hold_every_record(const shared *all, const unsigned char *bytes, size_t length) {
  size_t total = 0;
  for (unsigned who = 0; who < THREADS; who++)
    for (unsigned i = 0; i < 500; i++) {
      size_t size = 1 + (who * 31 + i * 17) % 200;
      note("record %u of thread %u", i, who);
      must(all->offsets[who][i] + size <= length);
      for (size_t j = 0; j < size; j++)
        must_equal(bytes[all->offsets[who][i] + j], who * 16 + i % 16 + 1);
      total += size;
    }
  must_equal(total, length);
}

static void appends_of_many_threads_have_each_their_place(void **state) {
  (void)state;
  needs_whole_pages();
  const char *path = make_file("file", "", 0);
  shared *all = share(open_map(path, TOME_WRITE), 0);
  run_threads(all, NULL, append_own_records);
  size_t length;
  unsigned char *bytes = read_file(path, &length);
  must_equal(tome_size(all->map), length);
  must_hold_every_record(all, bytes, length);
  free(bytes);
  unshare_and_close(all);
}

/* ---- different maps ---- */

static void use_own_map(worker *self) {
  char name[] = "own0";
  name[3] = (char)('0' + self->number);
  for (int i = 0; i < 30; i++) {
    tome_options options = test_options(TOME_WRITE);
    tome *map;
    char got[4];
    must_succeed(tome_anonymous(&map, 10 * PAGE, &options));
    must_succeed(tome_write(map, 3 * PAGE - 2, name, 4));
    must_succeed(tome_read(map, 3 * PAGE - 2, got, 4));
    must_be_bytes(got, name, 4);
    must_succeed(tome_append(map, name, 4, NULL));
    must_fail(tome_read(map, 11 * PAGE, got, 4), TOME_ERANGE);
    must_succeed(tome_close(map));
  }
}

static void different_maps_are_independent(void **state) {
  (void)state;
  shared *all = share(open_anonymous(PAGE), 0);
  run_threads(all, NULL, use_own_map);
  unshare_and_close(all);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(eight_readers_beside_an_appender_see_every_byte),
      TEST(eight_readers_beside_a_growing_writer_see_every_byte),
      TEST(eight_readers_beside_a_resizer_see_every_byte),
      TEST(first_touches_of_the_same_pages_give_the_same_bytes),
      TEST(first_stores_into_the_same_page_lose_no_byte),
      TEST(views_of_many_threads_hold_their_bytes),
      TEST(appends_of_many_threads_have_each_their_place),
      TEST(different_maps_are_independent),
  };
  return run_matching(tests, count, arguments);
}
