/* The storm: one process cuts a file and grows it back, again and again, while others read, search, write, fill, move,
 * view, flush and refresh it in many threads at once. Every call must end in the right bytes or in TOME_ELOST.
 *
 * Even pages hold the pattern, always: readers know what they must see. Odd pages belong each to one worker, who stores what
 * it likes, and looks by pread(2) whether that is in the file.
 *
 * What is certain of a call follows from the phases before and after it (cut_weather.h):
 *  - whole all along: it must succeed;
 *  - cut all along: it must be told of the bytes behind the cut, and of all of these;
 *  - else it may be told of a loss or not, but what it took for good must be right;
 *  - a store that succeeded is in the file, unless a cut was under way when it began or began since.
 * With threads beside it, a call may meet a patch that another one has not taken away yet: TOME_ELOST then, though the
 * file is whole again. A worker alone in its process must not. */
#include "cut_judge.h"
#include "cut_ways.h"
#include "emulator_limits.h"
#include "planted_bug.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES = 40, THREADS = 8, MOST_BYTES = 3 };
#define SIZE ((size_t)PAGES * PAGE + 100)
#define MOST (MOST_BYTES * PAGE)

typedef struct storm {
  weather *sky;
  char path[512];
  size_t window; /* 0: the base mapping */
} storm;

/* A process with its map. */
typedef struct crew {
  const storm *all;
  tome *map;
  uint32_t flags;
  unsigned threads, first_page; /* the odd pages of its workers begin there */
} crew;

typedef struct worker {
  const crew *crew;
  observer sees;
  tome *map;
  uint64_t own; /* offset of its page */
  dice any;
  int scratch; /* a file in memory, for system calls */
  unsigned char *bytes, *found;
  pthread_t thread;
} worker;

/* ---- reading ---- */

static asked ask_somewhere(worker *self, const char *what) {
  uint64_t offset = roll_near_page(&self->any, SIZE - 1);
  uint64_t length = 1 + roll_near_page(&self->any, MOST - 1);
  if (roll(&self->any, 3) == 0)
    length = 1 + length % 64;
  return ask(&self->sees, what, offset, length < SIZE - offset ? length : SIZE - offset);
}

static void read_somewhere(worker *self) {
  asked call = ask_somewhere(self, "tome_read");
  int result = tome_read(self->map, call.offset, self->found, call.length);
  if (!judge(&self->sees, &call, result))
    return;
  judge_found(&self->sees, &call);
  judge_bytes(&self->sees, &call, self->found, (tome_range){0, 0});
}

enum { NEEDLE = 12 };

static int hidden(const worker *self, const asked *call, uint64_t at) {
  for (uint64_t i = 0; i < NEEDLE; i++)
    if (may_be_zero(self->sees.sky, call->before, call->after, at + i))
      return 1;
  return 0;
}

static asked stopped_at(asked call, tome_range lost, int backward) {
  uint64_t end = call.offset + call.length;
  if (backward)
    call.offset = lost.offset;
  else
    end = lost.offset + lost.length;
  call.length = end - call.offset;
  return call;
}

static void find_somewhere(worker *self) {
  unsigned char needle[NEEDLE];
  uint64_t page = roll(&self->any, PAGES / 2) * 2 * PAGE, found = 0;
  uint64_t at = page + roll(&self->any, PAGE - sizeof needle);
  int backward = (int)roll(&self->any, 2);
  uint64_t from = at - roll(&self->any, at < 5 * PAGE ? at + 1 : 5 * PAGE);
  uint64_t to = at + sizeof needle + roll(&self->any, SIZE - at - sizeof needle);
  fill_pattern(needle, at, sizeof needle);
  asked call = ask(&self->sees, backward ? "tome_rfind" : "tome_find", from, to - from);
  int result = backward ? tome_rfind(self->map, needle, sizeof needle, from, to, &found)
                        : tome_find(self->map, needle, sizeof needle, from, to, &found);
  if (result == TOME_ELOST) /* what was not looked at any more is not known to be lost */
    call = stopped_at(call, lost_range(), backward);
  if (!judge(&self->sees, &call, result))
    return;
  int is_copy = found == at + PAGE; /* tome_move() made it */
  if (result == 1 && found != at && !(is_copy && (backward || hidden(self, &call, at))))
    wrong(&self->sees, &call, "found at %llu, not %llu", (unsigned long long)found,
          (unsigned long long)at);
  if (result == 0 && !hidden(self, &call, at))
    wrong(&self->sees, &call, "nothing found, though it is at %llu", (unsigned long long)at);
  if (backward || at + sizeof needle > cut_in(self->sees.sky, call.before))
    judge_found(&self->sees, &call);
}

/* Begin a view, or not, if the map is as small as the file was. */
static int try_view(worker *self, asked *call, uint32_t intent, tome_view *ret_view) {
  int result = tome_view_begin(self->map, call->offset, call->length, intent, ret_view);
  if (result < 0)
    judge(&self->sees, call, result);
  return result == 0;
}

static void view_somewhere(worker *self) {
  const way *by = way_at((unsigned)roll(&self->any, count_ways()));
  tome_view view;
  if (by->stores_to_load && !(self->crew->flags & TOME_WRITE))
    return;
  asked call = ask_somewhere(self, by->name);
  if (by->stores_to_load) /* adding nothing to a byte of someone else's might still undo his store into a lost page */
    call = ask(&self->sees, by->name, call.offset / (2 * PAGE) * 2 * PAGE, 1 + call.length % PAGE);
  if (call.length > SIZE - call.offset)
    call.length = SIZE - call.offset;
  if (!try_view(self, &call, by->stores_to_load ? TOME_VIEW_WRITE : TOME_VIEW_READ, &view))
    return;
  by->load(self->found, view.data, call.length);
  int good = judge(&self->sees, &call, tome_view_end(&view));
  judge_bytes(&self->sees, &call, self->found, good ? (tome_range){0, 0} : lost_range());
  if (good)
    judge_found(&self->sees, &call);
}

/* The kernel gives EFAULT, or fewer bytes, where it meets a lost page: that is not for the view to tell, which may have met others
 * that were lost in an earlier cut. */
static void write_from_a_view(worker *self) {
  tome_view view;
  asked call = ask_somewhere(self, "pwrite(2) from a view");
  if (!try_view(self, &call, TOME_VIEW_READ, &view))
    return;
  ssize_t n = pwrite(self->scratch, view.data, call.length, 0);
  if (n < 0 && errno != EFAULT)
    wrong(&self->sees, &call, "pwrite(2): errno %d", errno);
  call.in_part = n < (ssize_t)call.length;
  int good = judge(&self->sees, &call, tome_view_end(&view));
  asked got = call;
  got.length = n > 0 ? (uint64_t)n : 0;
  if (pread(self->scratch, self->found, got.length, 0) != (ssize_t)got.length)
    wrong(&self->sees, &call, "cannot read %llu bytes of scratch", (unsigned long long)got.length);
  judge_bytes(&self->sees, &got, self->found, good ? (tome_range){0, 0} : lost_range());
  if (good && whole_all_along(call.before, call.after) && got.length != call.length)
    wrong(&self->sees, &call, "only %lld bytes while all was whole", (long long)n);
}

/* ---- storing ---- */

/* The first `length` bytes of what was asked were stored, says the call: look whether they are in the file. */
static void judge_stored(const worker *self, const asked *call, uint64_t length) {
  unsigned char *got = self->found;
  int fd = open(self->crew->all->path, O_RDONLY | O_CLOEXEC);
  ssize_t n = pread(fd, got, length, (off_t)call->offset);
  uint64_t last = phase_now(self->sees.sky);
  close(fd);
  if (!no_cut_between(call->before, last))
    return;
  /* Behind a cut a store may be silent, and growing writes over it. */
  for (uint64_t i = 0; i < length && call->before % 4 != 0; i++)
    if (is_silent(self->sees.sky, cut_in(self->sees.sky, call->before), call->offset + i))
      length = i;
  if (length == 0)
    return;
  if (n < (ssize_t)length)
    wrong(&self->sees, call, "the file ends after %lld of the bytes stored", (long long)n);
  for (uint64_t i = 0; i < length; i++)
    if (got[i] != self->bytes[i])
      wrong(&self->sees, call, "byte %llu is 0x%02x in the file, stored was 0x%02x",
            (unsigned long long)(call->offset + i), got[i], self->bytes[i]);
  atomic_fetch_add(&self->sees.sky->certain, 1);
}

/* A store behind the cut that its call told nothing of: tome_check() must, if the file is still as short. */
static void judge_silent(const worker *self, const asked *call) {
  tome_range missing = missing_of(&self->sees, call), told = {0, 0};
  if (!self->sees.alone || !cut_all_along(call->before, call->after) || missing.length == 0)
    return;
  int result = tome_check(self->map, &told);
  if (!cut_all_along(call->before, phase_now(self->sees.sky)))
    return;
  if (result != TOME_ELOST || told.offset > missing.offset ||
      told.offset + told.length < missing.offset + missing.length)
    wrong(&self->sees, call,
          "nobody tells of the lost store: tome_check() returned %d and [%llu, +%llu)", result,
          (unsigned long long)told.offset, (unsigned long long)told.length);
  atomic_fetch_add(&self->sees.sky->silent, 1);
}

/* As for a copying call: what lies before the lost bytes was stored. */
static void judge_store(const worker *self, asked *call, int result) {
  tome_range lost = lost_range();
  if (judge(&self->sees, call, result)) {
    judge_stored(self, call, call->length);
    judge_silent(self, call);
  } else if (result == TOME_ELOST) {
    judge_stored(self, call, lost.offset - call->offset);
  }
}

static asked ask_own(worker *self, const char *what) {
  uint64_t start = roll(&self->any, 2) ? 0 : roll(&self->any, PAGE);
  uint64_t length = 1 + roll(&self->any, PAGE - start);
  int first = 1 + (int)roll(&self->any, 255);
  for (uint64_t i = 0; i < length; i++)
    self->bytes[i] = (unsigned char)(first + (int)i * 7);
  return ask(&self->sees, what, self->own + start, length);
}

static void write_own(worker *self) {
  asked call = ask_own(self, "tome_write");
  judge_store(self, &call, tome_write(self->map, call.offset, self->bytes, call.length));
}

static void fill_own(worker *self) {
  asked call = ask_own(self, "tome_fill");
  memset(self->bytes, self->bytes[0], call.length);
  judge_store(self, &call, tome_fill(self->map, call.offset, call.length, self->bytes[0]));
}

/* A move stops at the first piece of it that is lost, and tells of that piece. */
#define MOST_MOVED ((uint64_t)16 << 10)

/* From the page before, which holds the pattern. A loss may be told of either range. */
static void move_to_own(worker *self) {
  asked call = ask_own(self, "tome_move");
  call.length = call.length < MOST_MOVED ? call.length : MOST_MOVED;
  uint64_t from = call.offset - PAGE;
  fill_pattern(self->bytes, from, call.length);
  int result = tome_move(self->map, call.offset, from, call.length);
  asked source = call;
  source.offset = from;
  if (result == TOME_ELOST && lost_range().offset < self->own) {
    judge(&self->sees, &source, result);
    return;
  }
  call.after = source.after = phase_now(self->sees.sky);
  for (uint64_t i = 0; i < call.length; i++)
    if (may_be_zero(self->sees.sky, source.before, source.after, from + i)) {
      judge(&self->sees, &call, result); /* zeros of the moment may have been moved as they are */
      return;
    }
  judge_store(self, &call, result);
}

static void store_in_view(worker *self) {
  tome_view view;
  const way *by = way_at((unsigned)roll(&self->any, count_ways()));
  asked call = ask_own(self, by->name);
  if (!try_view(self, &call, TOME_VIEW_WRITE, &view))
    return;
  by->store(view.data, self->bytes, call.length);
  judge_store(self, &call, tome_view_end(&view));
}

static void read_into_a_view(worker *self) {
  tome_view view;
  asked call = ask_own(self, "pread(2) into a view");
  if (pwrite(self->scratch, self->bytes, call.length, 0) != (ssize_t)call.length)
    wrong(&self->sees, &call, "pwrite(2): errno %d", errno);
  call.before = phase_now(self->sees.sky);
  if (!try_view(self, &call, TOME_VIEW_WRITE, &view))
    return;
  ssize_t n = pread(self->scratch, view.data, call.length, 0);
  if (n < 0 && errno != EFAULT)
    wrong(&self->sees, &call, "pread(2): errno %d", errno);
  if (judge(&self->sees, &call, tome_view_end(&view)) && n > 0)
    judge_stored(self, &call, (uint64_t)n);
}

/* ---- the rest ---- */

static void check_all(worker *self) {
  tome_range lost = {0, 0};
  int result = tome_check(self->map, &lost);
  must(result == 0 || result == TOME_ELOST);
  must(result == 0 || (lost.length && lost.offset + lost.length <= SIZE));
  atomic_fetch_add(&self->sees.sky->calls, 1);
}

/* What it tells was stored before; so the phases say nothing. */
static void flush_own(worker *self) {
  asked call = ask(&self->sees, "tome_flush", self->own, PAGE);
  int level = (int)roll(&self->any, roll(&self->any, 20) ? 1 : 3);
  int result = tome_flush(self->map, self->own, PAGE, level);
  call.before = 0;
  call.after = 1;
  judge(&self->sees, &call, result == TOME_ERANGE ? 0 : result);
}

static void refresh(worker *self) {
  must_succeed(tome_refresh(self->map));
  atomic_fetch_add(&self->sees.sky->calls, 1);
}

typedef void operation(worker *self);

static void do_anything(worker *self) {
  static operation *const loads[] = {read_somewhere, read_somewhere,    find_somewhere,
                                     view_somewhere, write_from_a_view, check_all};
  static operation *const stores[] = {write_own,     write_own,        fill_own,  move_to_own,
                                      store_in_view, read_into_a_view, flush_own, store_in_view};
  int writable = (self->crew->flags & TOME_WRITE) != 0;
  if (roll(&self->any, 2000) == 0)
    refresh(self);
  else if (writable && roll(&self->any, 2))
    stores[roll(&self->any, sizeof stores / sizeof stores[0])](self);
  else
    loads[roll(&self->any, sizeof loads / sizeof loads[0])](self);
}

static void *work(void *context) {
  worker *self = context;
  while (!atomic_load(&self->sees.sky->over))
    do_anything(self);
  return NULL;
}

/* ---- a process ---- */

static int open_scratch(unsigned number) {
  char name[32];
  snprintf(name, sizeof name, "scratch%u", number);
  int fd = open(in_dir(name), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  must(fd >= 0 && unlink(in_dir(name)) == 0);
  return fd;
}

static void begin_worker(worker *self, const crew *of, unsigned number) {
  *self = (worker){.crew = of, .sees = {of->all->sky, of->threads == 1}, .map = of->map};
  self->own = (2 * (uint64_t)(of->first_page + number) + 1) * PAGE;
  self->any = dice_from(100 + of->first_page + number);
  self->scratch = open_scratch(of->first_page + number);
  self->bytes = malloc(MOST);
  self->found = malloc(MOST);
  must(self->bytes != NULL && self->found != NULL);
}

static void end_worker(worker *self) {
  close(self->scratch);
  free(self->bytes);
  free(self->found);
}

static void run_workers(const crew *of) {
  worker workers[THREADS];
  for (unsigned i = 0; i < of->threads; i++)
    begin_worker(&workers[i], of, i);
  for (unsigned i = 0; i < of->threads; i++)
    must_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  for (unsigned i = 0; i < of->threads; i++) {
    must_equal(pthread_join(workers[i].thread, NULL), 0);
    end_worker(&workers[i]);
  }
}

/* Even pages hold the pattern; the others may still be stored into. */
static void must_be_pattern_pages(const unsigned char *bytes) {
  for (uint64_t at = 0; at < SIZE; at += 2 * PAGE)
    must_be_pattern(bytes + at, at, SIZE - at < PAGE ? SIZE - at : PAGE);
}

/* The file is whole: one call puts everything back, and then nothing is lost any more. */
static void must_have_healed(tome *map) {
  must_succeed(tome_refresh(map));
  must_equal(tome_size(map), SIZE);
  tome_view view = begin_view(map, 0, SIZE, TOME_VIEW_READ);
  must_equal(count_anonymous(view.data, SIZE), 0);
  must_be_pattern_pages(view.data);
  must_succeed(tome_view_end(&view));
}

/* What was lost is told by a flush at last, once. */
static void must_close_well(tome *map) {
  int told = tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE);
  must(told == 0 || told == TOME_ELOST);
  must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_close(map));
}

static void run_crew(void *context) {
  crew self = *(const crew *)context;
  die_of_faults();
  count_patches(self.all->sky);
  self.map = open_windowed(self.all->path, self.flags, self.all->window);
  run_workers(&self);
  await_calm(self.all->sky);
  must_have_healed(self.map);
  must_close_well(self.map);
}

/* ---- the storm ---- */

/* Nobody is left running when it ends, whatever came of it. */
static void run_storm(const storm *all, uint64_t cuts) {
  cutter cutting = {.sky = all->sky, .path = all->path, .size = SIZE, .cuts = cuts, .grows = 1};
  crew crews[] = {{.all = all, .flags = TOME_WRITE, .threads = THREADS, .first_page = 0},
                  {.all = all, .flags = TOME_WRITE, .threads = 1, .first_page = THREADS},
                  {.all = all, .flags = TOME_READ, .threads = 1, .first_page = THREADS + 1}};
  enum { CREWS = sizeof crews / sizeof crews[0] };
  pid_t processes[CREWS + 1];
  int statuses[CREWS + 1];
  for (int i = 0; i < CREWS; i++)
    processes[i] = start_child(run_crew, &crews[i]);
  processes[CREWS] = start_child(cut_and_grow, &cutting);
  for (int i = 0; i <= CREWS; i++)
    statuses[i] = wait_for_worker(all->sky, processes[i]);
  for (int i = 0; i <= CREWS; i++)
    must_end_well(statuses[i]);
}

static void must_be_whole(const char *path) {
  size_t length;
  unsigned char *bytes = read_file(path, &length);
  must_equal(length, SIZE);
  must_be_pattern_pages(bytes);
  free(bytes);
}

static void storm_over(const char *path, size_t window, int wide, uint64_t cuts) {
  storm all = {.sky = begin_weather(wide), .window = window};
  snprintf(all.path, sizeof all.path, "%s", path);
  count_ways();
  run_storm(&all, cuts);
  must_be_whole(path);
  must_equal(all.sky->phase, 4 * cuts);
  must(all.sky->lost > 0 && all.sky->patches > 0 && all.sky->heals > 0 && all.sky->certain > 0);
  end_weather(all.sky);
}

#define CUTS_HERE how_many(250, 5000)

static void the_base_in_a_storm_of_cuts_gives_right_bytes_or_tells_of_the_loss(void **state) {
  (void)state;
  storm_over(make_pattern_file("file", SIZE), 0, 1, CUTS_HERE);
}

static void
windows_of_a_page_in_a_storm_of_cuts_give_right_bytes_or_tell_of_the_loss(void **state) {
  (void)state;
  storm_over(make_pattern_file("file", SIZE), PAGE, 1, CUTS_HERE);
}

static void storm_on_disk(void) {
  storm_over(make_pattern_file("disk/file", SIZE), 0, 0, CUTS_HERE);
}

static void the_base_in_a_storm_of_cuts_on_a_tmpfs_gives_right_bytes_or_tells(void **state) {
  (void)state;
  needs_whole_last_pages();
  on_disk(DISK_SMALL, storm_on_disk);
}

static void storm_on_disk_through_windows(void) {
  storm_over(make_pattern_file("disk/file", SIZE), PAGE, 0, CUTS_HERE);
}

static void windows_in_a_storm_of_cuts_on_a_tmpfs_give_right_bytes_or_tell(void **state) {
  (void)state;
  needs_whole_last_pages();
  on_disk(DISK_SMALL, storm_on_disk_through_windows);
}

/* ---- planted bugs ---- */

static void small_storm(void *path) {
  storm_over(path, 0, 0, 60);
}

static void storm_without_guard(void) {
  must_find_bug("the guard is off in a storm", plant_no_guard, small_storm,
                (void *)(uintptr_t)make_pattern_file("disk/file", SIZE));
}

static void storm_without_healing(void) {
  must_find_bug("patches that stay", plant_no_healing, small_storm,
                (void *)(uintptr_t)make_pattern_file("disk/file", SIZE));
}

static void storm_with_old_size(void) {
  must_find_bug("a size that is believed for ever", plant_old_size, small_storm,
                (void *)(uintptr_t)make_pattern_file("disk/file", SIZE));
}

static void a_storm_shows_that_the_guard_is_off(void **state) {
  (void)state;
  on_disk(DISK_SMALL, storm_without_guard);
}

static void a_storm_shows_patches_that_stay(void **state) {
  (void)state;
  on_disk(DISK_SMALL, storm_without_healing);
}

static void a_storm_shows_that_the_old_size_is_believed(void **state) {
  (void)state;
  on_disk(DISK_SMALL, storm_with_old_size);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(the_base_in_a_storm_of_cuts_gives_right_bytes_or_tells_of_the_loss),
      TEST(windows_of_a_page_in_a_storm_of_cuts_give_right_bytes_or_tell_of_the_loss),
      TEST(the_base_in_a_storm_of_cuts_on_a_tmpfs_gives_right_bytes_or_tells),
      TEST(windows_in_a_storm_of_cuts_on_a_tmpfs_give_right_bytes_or_tell),
      TEST(a_storm_shows_that_the_guard_is_off),
      TEST(a_storm_shows_patches_that_stay),
      TEST(a_storm_shows_that_the_old_size_is_believed),
  };
  return run_matching(tests, count, arguments);
}
