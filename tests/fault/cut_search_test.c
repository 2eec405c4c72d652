/* Searches over a file in memory, which they look at where it is mapped, while another process cuts it: from the callback, so that
 * what is known to be in memory is gone when it is looked at, and in a storm beside it.
 *
 * Every 1000 bytes of the file a record begins, a line that holds its number and else only letters. So it is known of each hit where
 * it must be and what it holds, and zeros that a cut leaves behind can hide a record, never make one. */
#include "cut_weather.h"
#include "planted_bug.h"
#include "system_abilities.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RECORD = 1000, RECORDS = 13000, KEY = 7 };
#define SIZE ((uint64_t)RECORD * RECORDS)
#define MEBI ((uint64_t)1 << 20)

static unsigned char *text;
static char path[512];
static weather *sky;
static tome_pattern *pattern;

static void make_record(unsigned char *to, unsigned number) {
  fill_pattern(to, (uint64_t)number * RECORD, RECORD);
  for (int i = 0; i < RECORD; i++)
    to[i] = 'a' + to[i] % 26;
  snprintf((char *)to, RECORD, "record %010u", number);
  to[KEY + 10] = ' ';
  to[RECORD - 1] = '\n';
}

static void begin(void) {
  const tome_needle needle = {"record ", KEY};
  text = malloc(SIZE);
  for (unsigned i = 0; i < RECORDS; i++)
    make_record(text + (size_t)i * RECORD, i);
  snprintf(path, sizeof path, "%s", make_file("file", text, SIZE));
  sky = begin_weather(1);
  count_patches(sky);
  must_succeed(tome_pattern_new(&pattern, &needle, 1, TOME_PATTERN_IN_LINES));
}

static void end(void) {
  stop_counting();
  tome_pattern_free(pattern);
  munmap(sky, sizeof *sky);
  free(text);
}

/* ---- what is told ---- */

typedef struct listener {
  uint64_t length;  /* of each hit */
  uint64_t next;    /* the record that is to be told next */
  uint64_t told;    /* hits */
  uint64_t began;   /* the phase when the search did */
  uint64_t strikes; /* 0: the callback cuts nothing; else at the first hit behind here */
  uint64_t cut_to;  /* to so many bytes */
  int stops;        /* and then it ends the search */
  char wrong
      [200]; /* the first thing that was; told in the callback, but failed behind the search, whose threads are running */
} listener;

/* The smallest of the cuts that a search may have met until now; SIZE if there was none. */
static uint64_t smallest_cut(uint64_t began) {
  uint64_t now = phase_now(sky), least = SIZE;
  if (now - began >= 4 * (uint64_t)(CUTS_KEPT - 2))
    return 0;
  for (uint64_t n = began / 4; n < (now + 3) / 4; n++)
    if (atomic_load(&sky->cut_at[n % CUTS_KEPT]) < least)
      least = atomic_load(&sky->cut_at[n % CUTS_KEPT]);
  return least;
}

static void complain(listener *self, const char *what, uint64_t where) {
  if (!self->wrong[0])
    snprintf(self->wrong, sizeof self->wrong, "%s at %llu, record %llu is next", what,
             (unsigned long long)where, (unsigned long long)self->next);
}

/* Records up to there may have been hidden only by a cut. */
static void must_be_hidden(listener *self, uint64_t until) {
  if (self->next < until && self->next * RECORD + self->length <= smallest_cut(self->began))
    complain(self, "a record is missing", until * RECORD);
}

static void hear(listener *self, const tome_hit *hit) {
  if (hit->offset % RECORD != 0 || hit->length != self->length)
    complain(self, "a hit that is none", hit->offset);
  else if (hit->offset / RECORD < self->next)
    complain(self, "a hit out of order", hit->offset);
  else if (memcmp(hit->data, text + hit->offset, hit->length) != 0)
    complain(self, "wrong bytes", hit->offset);
  must_be_hidden(self, hit->offset / RECORD);
  self->next = hit->offset / RECORD + 1;
  self->told++;
}

/* The cut comes before the bytes are looked at: those that are told are the search's own. */
static int found(void *context, const tome_hit *hits, size_t count) {
  listener *self = context;
  if (self->strikes > 0 && hits[count - 1].offset >= self->strikes) {
    atomic_store(&sky->cut_at[0], self->cut_to);
    atomic_store(&sky->phase, 2);
    truncate_elsewhere(path, self->cut_to);
    self->strikes = 0;
    usleep(self->stops ? 20000 : 0); /* let others run into it */
  }
  for (size_t i = 0; i < count; i++)
    hear(self, &hits[i]);
  return self->stops && self->strikes == 0;
}

static int search(tome *map, listener *self, uint32_t flags, uint32_t threads) {
  tome_search_options options = TOME_SEARCH_INIT;
  uint64_t count = 0;
  options.flags = flags;
  options.threads = threads;
  options.found = found;
  options.context = self;
  self->length = flags & TOME_SEARCH_LINES ? RECORD - 1 : KEY;
  self->began = phase_now(sky);
  int result = tome_search(map, pattern, &options, &count);
  if (self->wrong[0])
    fail_at(__FILE__, __LINE__, "%s", self->wrong);
  must_equal(count, self->told);
  return result;
}

/* ---- cuts from the callback ---- */

/* How many hits there are in the file's first bytes. */
static uint64_t hits_before(uint64_t cut, const listener *self) {
  uint64_t last = cut / RECORD, needed = self->length < RECORD - 1 ? KEY : RECORD;
  return last + (cut % RECORD >= needed);
}

/* Some MiB are found to be in memory at once, and looked at one after another. One thread has looked at no more than it has told,
 * so the first bytes that are gone are its loss; others may be ahead of the cut, and perhaps have seen all. */
static void cut_ahead(uint64_t strikes, uint64_t cut_to, uint32_t flags, uint32_t threads) {
  listener self = {.strikes = strikes, .cut_to = cut_to};
  snprintf(path, sizeof path, "%s", make_file("file", text, SIZE));
  atomic_store(&sky->phase, 0);
  tome *map = open_windowed(path, TOME_READ, 0);
  note("cut to %llu at %llu, flags %u, %u threads", (unsigned long long)cut_to,
       (unsigned long long)strikes, flags, threads);
  int result = search(map, &self, flags, threads);
  must_equal(self.strikes, 0);
  if (threads > 1 && result == 1) {
    must_equal(self.told, RECORDS);
  } else {
    must_equal(result, TOME_ELOST);
    uint64_t lost = tome_error_last()->offset;
    must(lost >= cut_to);
    must_equal(lost + tome_error_last()->length, SIZE);
    must(self.told >= hits_before(cut_to, &self));
    must(threads > 1 || strikes > cut_to || lost == cut_to);
    must(threads > 1 || strikes > cut_to || self.told == hits_before(cut_to, &self));
  }
  must_succeed(tome_close(map));
}

static void cut_ahead_of_searches(void *unused) {
  (void)unused;
  static const uint32_t flags[] = {0, TOME_SEARCH_LINES, TOME_SEARCH_LINES | TOME_SEARCH_NUMBERS};
  const uint64_t cuts[] = {3 * MEBI, 3 * MEBI + 1, 4 * MEBI - 2222, 7 * MEBI - 1};
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 3; k++)
      for (uint32_t threads = 1; threads < 4; threads++)
        cut_ahead(MEBI, cuts[i], flags[k], threads);
}

static void a_cut_of_what_is_looked_at_next_is_told_where_it_is(void **state) {
  (void)state;
  if (!system_populates())
    skip_because("this system has no call that makes pages present: nothing is searched in place");
  begin();
  cut_ahead_of_searches(NULL);
  must(sky->patches > 0);
  tell_figure("patches laid under searches in place", sky->patches);
  end();
}

/* Of what lies before the loss nothing is missing, though the file was cut before it, too. */
static void a_cut_behind_the_search_leaves_the_bytes_that_are_told(void **state) {
  (void)state;
  if (!system_populates())
    skip_because("this system has no call that makes pages present: nothing is searched in place");
  begin();
  for (uint32_t threads = 1; threads < 4; threads++) {
    cut_ahead(3 * MEBI, 0, TOME_SEARCH_LINES, threads);
    cut_ahead(6 * MEBI, 2 * MEBI + 77, TOME_SEARCH_LINES, threads);
    cut_ahead(6 * MEBI, 2 * MEBI + 77, 0, threads);
  }
  must(sky->patches > 0);
  end();
}

/* What helpers meet that is not told any more must not be in the way of who comes next. */
static void bytes_that_are_back_after_a_search_are_no_loss_to_the_next_call(void **state) {
  (void)state;
  if (!system_populates())
    skip_because("this system has no call that makes pages present: nothing is searched in place");
  unsigned char *got = malloc(SIZE);
  begin();
  for (int run = 0; run < 20; run++) {
    listener self = {.strikes = MEBI, .cut_to = 3 * MEBI, .stops = run % 4 != 0};
    snprintf(path, sizeof path, "%s", make_file("file", text, SIZE));
    atomic_store(&sky->phase, 0);
    tome *map = open_windowed(path, TOME_READ, 0);
    search(map, &self, 0, 4);
    write_elsewhere(path, 3 * MEBI, text + 3 * MEBI, SIZE - 3 * MEBI);
    note("run %d", run);
    for (uint64_t at = 0; at < SIZE; at += RECORD)
      must_succeed(tome_read(map, at, got + at, RECORD));
    must_be_bytes(got, text, SIZE);
    must_succeed(tome_close(map));
  }
  must(sky->patches > 0);
  free(got);
  end();
}

/* ---- a storm ---- */

enum { MOST_CUTS = 2000, ENOUGH = 30 };

/* What is only read has nothing to patch. */
static int was_patched(void) {
  return sky->patches > 0 || !system_populates();
}

static int is_enough(uint64_t cuts) {
  return atomic_load(&sky->over) || cuts == MOST_CUTS ||
         (cuts >= ENOUGH && sky->lost >= how_many(ENOUGH, 20 * ENOUGH) && was_patched());
}

/* As cut_and_grow(), with the records, when the other process has opened the file. */
static void cut_again_and_again(void *unused) {
  (void)unused;
  dice any = dice_from(99);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  must(fd >= 0);
  while (sky->calls == 0 && !atomic_load(&sky->over))
    usleep(1000);
  for (uint64_t n = 0; !is_enough(n); n++) {
    uint64_t cut = SIZE / 4 + roll(&any, SIZE - SIZE / 4);
    cut = roll(&any, 2) ? cut : cut / PAGE * PAGE;
    usleep((useconds_t)roll(&any, 8000));
    atomic_store(&sky->cut_at[n % CUTS_KEPT], cut);
    atomic_store(&sky->phase, 4 * n + 1);
    must_equal(ftruncate(fd, (off_t)cut), 0);
    atomic_store(&sky->phase, 4 * n + 2);
    usleep((useconds_t)roll(&any, 8000));
    atomic_store(&sky->phase, 4 * n + 3);
    must_equal(pwrite(fd, text + cut, SIZE - cut, (off_t)cut), SIZE - cut);
    atomic_store(&sky->phase, 4 * n + 4);
  }
  atomic_store(&sky->over, 1);
}

static void judge_search(const listener *self, int result, uint64_t before, uint64_t after) {
  uint64_t lost = tome_error_last() ? tome_error_last()->offset : 0, cut = cut_in(sky, before);
  must(result == 1 || result == TOME_ELOST);
  if (whole_all_along(before, after))
    must(result == 1 && self->told == RECORDS);
  if (cut_all_along(before, after))
    must(result == TOME_ELOST && lost == cut && self->told == hits_before(cut, self));
  if (result == 1 && self->next < RECORDS)
    must(smallest_cut(self->began) < SIZE);
  if (result == TOME_ELOST)
    must(lost >= smallest_cut(self->began));
}

static void search_in_the_storm(void *unused) {
  (void)unused;
  dice any = dice_from(5);
  die_of_faults();
  count_patches(sky);
  tome *map = open_windowed(path, TOME_READ, 0);
  while (!atomic_load(&sky->over)) {
    listener self = {0};
    uint32_t threads = (uint32_t)(1 + roll(&any, 3));
    uint64_t before = phase_now(sky);
    int result = search(map, &self, 0, threads);
    uint64_t after = phase_now(sky);
    note("%u threads, phases %llu to %llu, result %d", threads, (unsigned long long)before,
         (unsigned long long)after, result);
    judge_search(&self, result, before, after);
    atomic_fetch_add(&sky->calls, 1);
    atomic_fetch_add(&sky->lost, result == TOME_ELOST);
  }
  must_succeed(tome_close(map));
}

static void ride_out_a_storm(void *unused) {
  (void)unused;
  pid_t storm = start_child(cut_again_and_again, NULL);
  pid_t searcher = start_child(search_in_the_storm, NULL);
  int searched = wait_for_worker(sky, searcher), was_cut = wait_for_worker(sky, storm);
  must_end_well(searched);
  must_end_well(was_cut);
}

static void searches_in_a_storm_of_cuts_tell_true_hits_or_of_the_loss(void **state) {
  (void)state;
  begin();
  stop_counting();
  ride_out_a_storm(NULL);
  must(sky->lost > 0 && was_patched());
  tell_figure("cuts under running searches", sky->phase / 4);
  tell_figure("searches that ended in TOME_ELOST", sky->lost);
  tell_figure("patches laid under searches in a storm", sky->patches);
  count_patches(sky);
  end();
}

/* ---- planted bugs ---- */

static void searches_show_that_the_guard_is_off(void **state) {
  (void)state;
  begin();
  must_find_bug("the guard is off under searches", plant_no_guard, cut_ahead_of_searches, NULL);
  end();
}

static void searches_show_that_the_old_size_is_believed(void **state) {
  (void)state;
  begin();
  must_find_bug("a size that is believed by searches", plant_old_size, cut_ahead_of_searches, NULL);
  end();
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_cut_of_what_is_looked_at_next_is_told_where_it_is),
      TEST(a_cut_behind_the_search_leaves_the_bytes_that_are_told),
      TEST(bytes_that_are_back_after_a_search_are_no_loss_to_the_next_call),
      TEST(searches_in_a_storm_of_cuts_tell_true_hits_or_of_the_loss),
      TEST(searches_show_that_the_guard_is_off),
      TEST(searches_show_that_the_old_size_is_believed),
  };
  return run_matching(tests, count, arguments);
}
