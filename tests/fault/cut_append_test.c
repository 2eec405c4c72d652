/* Appending, resizing, refreshing and writing past the end while another process cuts the file. Nobody grows it back but these
 * calls themselves.
 *
 * A call during which no cut was under way nor began must do exactly what it says, and what it did is in the file until the
 * next cut begins (cut_weather.h). Of a call that a cut came into, only the result is looked at. */
#include "cut_weather.h"
#include "planted_bug.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { THREADS = 8, MOST = 3000 };

typedef struct crew {
  weather *sky;
  char path[512];
  size_t window;
  tome *map;
  unsigned first;
} crew;

typedef struct appender {
  const crew *crew;
  unsigned number;
  pthread_t thread;
} appender;

static void count_call(weather *sky) {
  atomic_fetch_add(&sky->calls, 1);
}

static int is_calm(weather *sky, uint64_t before) {
  return no_cut_between(before, phase_now(sky));
}

/* The bytes of a record: nobody else's are like them. */
static void make_record(unsigned who, uint64_t number, unsigned char *ret_bytes, size_t length) {
  fill_pattern(ret_bytes, ((uint64_t)who << 40) + number * MOST, length);
}

static void must_hold_record(const crew *self, uint64_t before, uint64_t at,
                             const unsigned char *record, size_t length) {
  unsigned char got[MOST];
  int fd = open(self->path, O_RDONLY | O_CLOEXEC);
  ssize_t n = pread(fd, got, length, (off_t)at);
  close(fd);
  if (!is_calm(self->sky, before))
    return;
  must_equal(n, length);
  must_be_bytes(got, record, length);
  int result = tome_read(self->map, at, got, length);
  if (!is_calm(self->sky, before))
    return;
  if (result == TOME_ELOST) { /* a patch that another thread has not taken away yet */
    atomic_fetch_add(&self->sky->late, 1);
    return;
  }
  must_equal(result, 0);
  must_be_bytes(got, record, length);
  atomic_fetch_add(&self->sky->certain, 1);
}

/* The map may be told of what was lost earlier; it is not looked at here. */
static void flush_somehow(tome *map, dice *any) {
  int result = tome_flush(map, 0, TOME_END, roll(any, 50) ? TOME_FLUSH_START : TOME_FLUSH_DURABLE);
  must(result == 0 || result == TOME_ELOST);
}

static void *append_records(void *context) {
  const appender *self = context;
  const crew *of = self->crew;
  dice any = dice_from(self->number + 1);
  unsigned char record[MOST];
  for (uint64_t i = 0; !atomic_load(&of->sky->over); i++) {
    uint64_t at = 0, before = phase_now(of->sky);
    size_t length = 1 + roll(&any, MOST);
    make_record(self->number, i, record, length);
    must_succeed(tome_append(of->map, record, length, &at));
    count_call(of->sky);
    if (before % 4 != 1)
      must_hold_record(of, before, at, record, length);
    if (roll(&any, 20) == 0)
      must_succeed(tome_refresh(of->map));
    if (roll(&any, 100) == 0)
      flush_somehow(of->map, &any);
  }
  return NULL;
}

static void close_after_storm(tome *map, const char *path) {
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), file_length(path));
  int told = tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE);
  must(told == 0 || told == TOME_ELOST);
  int result = tome_close(map);
  must(result == 0 || result == TOME_ELOST);
}

static void run_appenders(void *context) {
  crew self = *(const crew *)context;
  appender all[THREADS];
  die_of_faults();
  count_patches(self.sky);
  self.map = open_windowed(self.path, TOME_WRITE, self.window);
  for (unsigned i = 0; i < THREADS; i++) {
    all[i] = (appender){.crew = &self, .number = self.first + i};
    must_equal(pthread_create(&all[i].thread, NULL, append_records, &all[i]), 0);
  }
  for (unsigned i = 0; i < THREADS; i++)
    must_equal(pthread_join(all[i].thread, NULL), 0);
  await_calm(self.sky);
  int result = tome_close(self.map);
  must(result == 0 || result == TOME_ELOST);
}

/* ---- one alone, with everything that changes the size ---- */

/* What the file holds, as long as nobody cuts it. */
typedef struct model {
  unsigned char *bytes;
  uint64_t size;
} model;

#define LARGEST (256 * PAGE)

static void reload(const crew *self, model *m) {
  uint64_t before;
  int fd = open(self->path, O_RDONLY | O_CLOEXEC);
  do {
    while ((before = phase_now(self->sky)) % 4 == 1)
      usleep(10);
    ssize_t n = pread(fd, m->bytes, LARGEST, 0);
    must(n >= 0);
    m->size = (uint64_t)n;
  } while (!is_calm(self->sky, before));
  close(fd);
}

/* Does one thing to the map and to the model; the result of the call. */
static int change_size(tome *map, model *m, dice *any) {
  uint64_t at = m->size, size = roll_near_page(any, 60 * PAGE);
  size_t length = 1 + roll(any, 3 * PAGE);
  unsigned char *bytes = new_pattern(roll(any, 1 << 20), length);
  int r, kind = (int)roll(any, 3);
  if (kind == 0) {
    r = tome_append(map, bytes, length, NULL);
  } else if (kind == 1) {
    at = roll_near_page(any, 60 * PAGE);
    r = tome_write(map, at, bytes, length);
  } else {
    r = tome_resize(map, size);
  }
  if (kind < 2) {
    if (at > m->size)
      memset(m->bytes + m->size, 0, at - m->size);
    memcpy(m->bytes + at, bytes, length);
    m->size = at + length > m->size ? at + length : m->size;
  } else {
    if (size > m->size)
      memset(m->bytes + m->size, 0, size - m->size);
    m->size = size;
  }
  free(bytes);
  return r;
}

static void must_agree(const crew *self, const model *m, uint64_t before) {
  unsigned char *got = malloc(LARGEST);
  int fd = open(self->path, O_RDONLY | O_CLOEXEC);
  ssize_t n = pread(fd, got, LARGEST, 0);
  uint64_t known = tome_size(self->map);
  close(fd);
  if (is_calm(self->sky, before)) {
    must_equal(n, m->size);
    must_equal(known, m->size);
    must_be_bytes(got, m->bytes, m->size);
    atomic_fetch_add(&self->sky->certain, 1);
  }
  free(got);
}

static void run_alone(void *context) {
  crew self = *(const crew *)context;
  model m = {.bytes = malloc(2 * LARGEST)};
  dice any = dice_from(4711);
  die_of_faults();
  count_patches(self.sky);
  self.map = open_windowed(self.path, TOME_WRITE | TOME_GROW, self.window);
  while (!atomic_load(&self.sky->over)) {
    uint64_t before = phase_now(self.sky);
    reload(&self, &m);
    if (before % 4 == 1 || !is_calm(self.sky, before))
      continue;
    must_succeed(tome_refresh(self.map));
    int result = change_size(self.map, &m, &any);
    count_call(self.sky);
    if (result == TOME_ELOST && !is_calm(self.sky, before)) {
      atomic_fetch_add(&self.sky->lost, 1);
      continue;
    }
    must_equal(result, 0);
    must_agree(&self, &m, before);
  }
  await_calm(self.sky);
  close_after_storm(self.map, self.path);
  free(m.bytes);
}

/* ---- the storms ---- */

static void storm_over(const char *path, size_t window, child_function *work, int processes) {
  weather *sky = begin_weather(1);
  cutter cutting = {.sky = sky, .path = path, .cuts = how_many(200, 4000)};
  crew crews[2] = {{.sky = sky, .window = window},
                   {.sky = sky, .window = window, .first = THREADS}};
  pid_t children[3];
  int statuses[3];
  for (int i = 0; i < processes; i++) {
    snprintf(crews[i].path, sizeof crews[i].path, "%s", path);
    children[i] = start_child(work, &crews[i]);
  }
  children[processes] = start_child(cut_and_grow, &cutting);
  for (int i = 0; i <= processes; i++)
    statuses[i] = wait_for_worker(sky, children[i]);
  for (int i = 0; i <= processes; i++)
    must_end_well(statuses[i]);
  must_equal(sky->phase, 4 * cutting.cuts);
  must(sky->certain > 0);
  tell_figure("cuts under running calls", sky->phase / 4);
  tell_figure("changes of size certain to be in the file", sky->certain);
  munmap(sky, sizeof *sky);
}

static void appends_of_many_threads_and_processes_beside_cuts_are_whole(void **state) {
  (void)state;
  storm_over(make_file("file", "", 0), 0, run_appenders, 2);
  storm_over(make_file("file", "", 0), PAGE, run_appenders, 2);
}

static void appends_resizes_and_writes_past_the_end_beside_cuts_do_what_they_say(void **state) {
  (void)state;
  storm_over(make_file("file", "", 0), 0, run_alone, 1);
  storm_over(make_file("file", "", 0), PAGE, run_alone, 1);
}

static void storms_on_disk(void) {
  storm_over(make_file("disk/file", "", 0), 0, run_alone, 1);
  storm_over(make_file("disk/file", "", 0), PAGE, run_alone, 1);
}

static void they_do_so_on_a_tmpfs_too(void **state) {
  (void)state;
  on_disk(DISK_SMALL, storms_on_disk);
}

/* ---- a planted bug ---- */

static void alone_on_file(void *path) {
  storm_over(path, 0, run_alone, 1);
}

static void a_storm_of_growing_shows_that_the_old_size_is_believed(void **state) {
  (void)state;
  must_find_bug("growing that believes the old size", plant_old_size, alone_on_file,
                (void *)(uintptr_t)make_file("file", "", 0));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(appends_of_many_threads_and_processes_beside_cuts_are_whole),
      TEST(appends_resizes_and_writes_past_the_end_beside_cuts_do_what_they_say),
      TEST(they_do_so_on_a_tmpfs_too),
      TEST(a_storm_of_growing_shows_that_the_old_size_is_believed),
  };
  return run_matching(tests, count, arguments);
}
