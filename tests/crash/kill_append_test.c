/* kill -9 inside appends of several mebibytes, and inside one of two processes that append to the same file.
 *
 * What was appended is there, where it was said to be. Of the append in flight a beginning may be there: bytes that were
 * appended, at the end of what was there then. The process that lives on is not disturbed. */
#include "kill_model.h"
#include "planted_bug.h"

#include "calls.h"
#include "emulator_limits.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEBI = 1024 * 1024, PERIOD = 4 * MEBI + 4099 };

static void *share(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(memory != MAP_FAILED);
  return memory;
}

static void must_be_killed(pid_t child) {
  int status;
  must_equal(waitpid(child, &status, 0), child);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
    fail_at(__FILE__, __LINE__, "not killed, but ended with status 0x%x", status);
}

/* A new length is as good as an old one for the next open, and what it reads. */
static void must_open_with(const char *path, const unsigned char *bytes, uint64_t length) {
  unsigned char got[100];
  size_t tail = length < sizeof got ? (size_t)length : sizeof got;
  tome *map = open_map(path, TOME_WRITE);
  must_equal(tome_size(map), length);
  must_succeed(tome_read(map, length - tail, got, tail));
  must_be_bytes(got, bytes + length - tail, tail);
  must_succeed(tome_close(map));
}

/* ---- large appends ---- */

/* The file is always a beginning of one endless text, so that whatever is left of an append can be told. */
typedef struct large {
  _Atomic uint64_t mark; /* odd while an append is in flight */
  uint64_t before, after;
  uint64_t typical;
  const char *path;
  const unsigned char *text; /* two periods of it */
  dice any;
} large;

static void append_large(large *self, tome *map) {
  uint64_t at, length = MEBI + roll(&self->any, 3 * MEBI);
  self->before = tome_size(map);
  self->after = self->before + length;
  uint64_t began = nanoseconds_now();
  atomic_fetch_add(&self->mark, 1);
  must_succeed(tome_append(map, self->text + self->before % PERIOD, length, &at));
  self->before = self->after;
  atomic_fetch_add(&self->mark, 1);
  must_equal(at + length, self->after);
  self->typical = nanoseconds_now() - began;
}

static void append_large_until_killed(void *context) {
  large *self = context;
  tome *map = open_map(self->path, TOME_WRITE);
  if (self->typical == 0)
    append_large(self, map);
  die_in(roll(&self->any, self->typical * 3 / 2));
  for (;;)
    append_large(self, map);
}

/* Returns whether a beginning was met. */
static int must_be_beginning(large *self) {
  int struck = (int)(atomic_load(&self->mark) % 2);
  size_t length;
  unsigned char *bytes = read_file(self->path, &length);
  must(length >= self->before && length <= self->after);
  must(struck || length == self->before);
  for (size_t at = 0; at < length; at += PERIOD)
    must_be_bytes(bytes + at, self->text, length - at < PERIOD ? length - at : PERIOD);
  must_open_with(self->path, bytes, length);
  free(bytes);
  atomic_store(&self->mark, 0);
  int part = length != self->before && length != self->after;
  if (length > 16 * MEBI) {
    must_equal(truncate(self->path, 0), 0);
    length = 0;
  }
  self->before = self->after = length;
  return part;
}

static large *new_large(const char *path) {
  large *self = share(sizeof *self);
  unsigned char *text = new_pattern(0, 2 * (size_t)PERIOD);
  memcpy(text + PERIOD, text, PERIOD);
  self->path = path;
  self->text = text;
  self->any = dice_from(11);
  return self;
}

static void a_kill_inside_a_large_append_leaves_a_beginning_of_it(void **state) {
  (void)state;
  char path[512];
  strcpy(path, make_file("file", "", 0));
  large *self = new_large(path);
  const uint64_t quota = how_many(60, 600);
  uint64_t kills = 0, struck = 0, parts = 0;
  while (struck < quota || parts == 0) {
    must(kills < 100 * quota);
    note("kill %llu", (unsigned long long)kills++);
    must_be_killed(start_child(append_large_until_killed, self));
    struck += atomic_load(&self->mark) % 2;
    parts += (uint64_t)must_be_beginning(self);
  }
  tell_figure("kills", kills);
  tell_figure("kills inside large append", struck);
  tell_figure("operations found half done", parts);
  free((void *)(uintptr_t)self->text);
  must_equal(munmap(self, sizeof *self), 0);
}

/* ---- two processes ---- */

enum { RECORDS = 3000, LAST = 8, LONGEST = 64 * 1024 };

typedef struct author {
  _Atomic uint64_t mark; /* odd while an append is in flight; half of it: how many are finished */
  uint64_t offsets[RECORDS];
} author;

enum { VICTIM, SURVIVOR };

typedef struct pair {
  author authors[2];
  _Atomic int dead; /* the victim is */
  uint64_t typical;
  const char *path;
  dice any;
} pair;

/* Record `number` of an author: bytes that no other record has. */
static const unsigned char *record(int who, uint64_t number, uint64_t *ret_length) {
  dice own = dice_from(2 * number + (uint64_t)who + 1);
  *ret_length = 1 + roll(&own, number % 16 == 5 ? LONGEST : 300);
  return some_noise(&own, *ret_length);
}

static void append_record(pair *both, tome *map, int who) {
  author *self = &both->authors[who];
  uint64_t length, number = atomic_load(&self->mark) / 2;
  const unsigned char *bytes = record(who, number, &length);
  must(number < RECORDS);
  uint64_t began = nanoseconds_now();
  atomic_fetch_add(&self->mark, 1);
  must_succeed(tome_append(map, bytes, length, &self->offsets[number]));
  atomic_fetch_add(&self->mark, 1);
  if (who == VICTIM)
    both->typical = (3 * both->typical + nanoseconds_now() - began) / 4;
}

static void append_until_killed(void *context) {
  pair *both = context;
  tome *map = open_map(both->path, TOME_WRITE);
  for (uint64_t some = 1 + roll(&both->any, 40); some > 0; some--)
    append_record(both, map, VICTIM);
  die_in(roll(&both->any, 4 * both->typical));
  while (atomic_load(&both->authors[VICTIM].mark) < 2 * RECORDS)
    append_record(both, map, VICTIM);
  for (;;)
    pause();
}

/* Some of them surely after the other's death. */
static void append_until_alone(void *context) {
  pair *both = context;
  die_with_parent();
  tome *map = open_map(both->path, TOME_WRITE);
  for (int i = 0; i < RECORDS - LAST && !atomic_load(&both->dead); i++)
    append_record(both, map, SURVIVOR);
  while (!atomic_load(&both->dead))
    sched_yield();
  for (int i = 0; i < LAST; i++)
    append_record(both, map, SURVIVOR);
  must_succeed(tome_close(map));
}

typedef struct place {
  uint64_t offset, number;
  int who;
} place;

static int by_offset(const void *a, const void *b) {
  uint64_t x = ((const place *)a)->offset, y = ((const place *)b)->offset;
  return (x > y) - (x < y);
}

static size_t collect(const pair *both, place *ret_places) {
  size_t count = 0;
  for (int who = 0; who < 2; who++)
    for (uint64_t i = 0; i < both->authors[who].mark / 2; i++)
      ret_places[count++] = (place){both->authors[who].offsets[i], i, who};
  qsort(ret_places, count, sizeof *ret_places, by_offset);
  return count;
}

/* Between the records, at one place at most: a beginning of what the victim was about to append. */
static void must_be_left_over(pair *both, const unsigned char *bytes, uint64_t from, uint64_t to) {
  uint64_t length, mark = atomic_load(&both->authors[VICTIM].mark);
  note("bytes %llu to %llu, after %llu records of the victim", (unsigned long long)from,
       (unsigned long long)to, (unsigned long long)mark / 2);
  must(mark % 2 == 1);
  const unsigned char *want = record(VICTIM, mark / 2, &length);
  must(to - from <= length);
  must_be_bytes(bytes + from, want, to - from);
  must(to - from == length || from / page_of_files() != (from + length - 1) / page_of_files());
}

/* Returns how many bytes of the append in flight are there. */
static uint64_t must_hold_all_records(pair *both) {
  static place places[2 * RECORDS + 1];
  size_t length, count = collect(both, places);
  unsigned char *bytes = read_file(both->path, &length);
  uint64_t at = 0, left_over = 0, size = 0;
  places[count].offset = length;
  for (size_t i = 0; i <= count; at = places[i++].offset + size) {
    if (places[i].offset != at) {
      must(left_over == 0 && places[i].offset > at);
      left_over = places[i].offset - at;
      must_be_left_over(both, bytes, at, places[i].offset);
    }
    if (i == count)
      break;
    const unsigned char *want = record(places[i].who, places[i].number, &size);
    note("record %llu of process %d", (unsigned long long)places[i].number, places[i].who);
    must(places[i].offset + size <= length);
    must_be_bytes(bytes + places[i].offset, want, size);
  }
  must_open_with(both->path, bytes, length);
  free(bytes);
  return left_over;
}

/* Returns whether the victim was struck while it appended. */
static int kill_one_of_two(pair *both) {
  must_equal(truncate(both->path, 0), 0);
  both->authors[VICTIM].mark = both->authors[SURVIVOR].mark = 0;
  both->dead = 0;
  pid_t survivor = start_child(append_until_alone, both);
  must_be_killed(start_child(append_until_killed, both));
  atomic_store(&both->dead, 1);
  finish_child(survivor);
  must(both->authors[SURVIVOR].mark >= 2 * LAST);
  return (int)(both->authors[VICTIM].mark % 2);
}

static void run_pairs(void *unused) {
  (void)unused;
  char path[512];
  strcpy(path, make_file("file", "", 0));
  pair *both = share(sizeof *both);
  both->path = path;
  both->any = dice_from(3);
  some_noise(&both->any, 1);
  const uint64_t quota = how_many(100, 1000);
  uint64_t kills = 0, struck = 0, left = 0;
  while (struck < quota) {
    must(kills++ < 100 * quota);
    struck += (uint64_t)kill_one_of_two(both);
    left += must_hold_all_records(both) > 0;
  }
  tell_figure("kills", kills);
  tell_figure("kills inside append beside another process", struck);
  tell_figure("appends found done that nobody was told of", left);
  must_equal(munmap(both, sizeof *both), 0);
}

static void a_kill_inside_an_append_leaves_alone_what_another_process_appends(void **state) {
  (void)state;
  run_pairs(NULL);
}

/* ---- planted bugs ---- */

static void an_append_that_is_not_atomic_is_found(void **state) {
  (void)state;
  must_find_bug("an append that is not atomic", split_appends, run_pairs, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_kill_inside_a_large_append_leaves_a_beginning_of_it),
      TEST(a_kill_inside_an_append_leaves_alone_what_another_process_appends),
      TEST(an_append_that_is_not_atomic_is_found),
  };
  return run_matching(tests, count, arguments);
}
