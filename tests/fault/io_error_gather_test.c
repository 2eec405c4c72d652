/* A disk that cannot read one of its pages: the spans that meet it are spoiled, each by name, and all others are read. The disk is
 * flaky_disk.c. */
#include "calls.h"
#include "flaky_mount.h"
#include "planted_bug.h"
#include "planted_reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGES = 64, BAD = 10, SPANS = 300 };
#define MOST (2 * PAGE + 808)
#define SIZE (PAGES * PAGE)
#define BAD_AT (BAD * PAGE)

static unsigned long struck;

static void break_page(void) {
  drop_pages(flaky_file());
  flaky_fail("read", BAD_AT, BAD_AT + PAGE, EIO);
}

/* The fault did strike, and it is over. */
static void heal_disk(void) {
  unsigned long now = flaky_struck("read");
  must(now > 0);
  struck += now;
  flaky_clear();
}

/* Spans here and there, the first two of those that meet the bad page at known places. */
typedef struct spans {
  tome_span all[SPANS];
  unsigned char *buffers;
} spans;

static spans roll_spans(void) {
  dice any = dice_from(31);
  spans s = {.buffers = malloc((size_t)SPANS * MOST)};
  for (size_t i = 0; i < SPANS; i++) {
    uint64_t offset = roll_near_page(&any, SIZE - MOST);
    size_t length = 1 + (size_t)roll(&any, roll(&any, 3) ? 200 : MOST);
    if (i < 40 && offset < BAD_AT + PAGE)
      offset += BAD_AT + PAGE;
    s.all[i] = (tome_span){offset, length, s.buffers + i * MOST, 77};
  }
  s.all[40] = (tome_span){BAD_AT - 100, PAGE, s.buffers + (size_t)40 * MOST, 77};
  s.all[41] = (tome_span){BAD_AT + 50, 60, s.buffers + (size_t)41 * MOST, 77};
  return s;
}

static int meets(const tome_span *s) {
  return s->offset < BAD_AT + PAGE && s->offset + s->length > BAD_AT;
}

/* How many were spoiled: those that meet the bad page, if there is one. */
static int must_spoil(const spans *s, int bad) {
  int spoiled = 0;
  for (int i = 0; i < SPANS; i++) {
    const tome_span *one = &s->all[i];
    note("span %d: %zu + %zu", i, (size_t)one->offset, one->length);
    must_equal(one->result, bad && meets(one) ? TOME_ELOST : 0);
    if (one->result == 0)
      must_be_pattern(one->buffer, one->offset, one->length);
    spoiled += one->result != 0;
  }
  return spoiled;
}

static void gather_bad_page(tome *map, spans *s) {
  tome_gathering *gathering = NULL;
  break_page();
  must_fail_at(tome_gather(map, s->all, SPANS), TOME_ELOST, BAD_AT, PAGE - 100);
  must(must_spoil(s, 1) > 2);
  must_fail_at(tome_gather(map, s->all + 41, 1), TOME_ELOST, BAD_AT + 50, 60);
  must_succeed(tome_gather_start(map, s->all, SPANS, &gathering));
  must_fail_at(tome_gather_end(gathering), TOME_ELOST, BAD_AT, PAGE - 100);
  must(must_spoil(s, 1) > 2);
  heal_disk();
  must_succeed(tome_gather(map, s->all, SPANS));
  must_equal(must_spoil(s, 0), 0);
}

/* Never read, and read before but gone from memory since; in the base mapping and in windows. */
static void gather_in_map(uint32_t flags, size_t window) {
  spans s = roll_spans();
  for (int known = 0; known < 2; known++) {
    tome *map = NULL;
    tome_options options = TOME_OPTIONS_INIT;
    options.window = window;
    fill_flaky_file(SIZE);
    must_succeed(tome_open(&map, flaky_file(), flags, &options));
    note("flags %u, window %zu, known %d", flags, window, known);
    if (known) {
      must_succeed(tome_gather(map, s.all, SPANS));
      must_equal(must_spoil(&s, 0), 0);
    }
    gather_bad_page(map, &s);
    must_succeed(tome_check(map, NULL));
    must_succeed(tome_close(map));
  }
  free(s.buffers);
}

static void gather_in_all_maps(void) {
  struck = 0;
  gather_in_map(TOME_READ, 0);
  gather_in_map(TOME_READ, 4 * PAGE);
  gather_in_map(TOME_WRITE, 0);
  gather_in_map(TOME_COPY, 0);
  tell_figure("reads of gathers that the disk refused", struck);
}

static void a_bad_page_spoils_the_spans_that_meet_it_and_no_others(void **state) {
  (void)state;
  on_flaky_disk(1, 0, gather_in_all_maps);
}

/* A span that is read in several steps, and spoiled in the first of them. */
static void gather_long_span(void) {
  enum { LONG = 200 };
  unsigned char *bytes = malloc(LONG * PAGE), byte[2];
  const size_t windows[] = {0, 4 * PAGE};
  for (int i = 0; i < 2; i++) {
    tome *map = NULL;
    tome_options options = TOME_OPTIONS_INIT;
    tome_span s[] = {
        {LONG * PAGE - 1, 1, byte, 77}, {100, LONG * PAGE - 100, bytes, 77}, {0, 1, byte + 1, 77}};
    options.window = windows[i];
    fill_flaky_file(LONG * PAGE);
    must_succeed(tome_open(&map, flaky_file(), TOME_READ, &options));
    break_page();
    must_fail_at(tome_gather(map, s, 3), TOME_ELOST, BAD_AT, PAGE);
    must_equal(s[0].result, 0);
    must_equal(s[1].result, TOME_ELOST);
    must_equal(s[2].result, 0);
    must_be_pattern(byte, LONG * PAGE - 1, 1);
    must_be_pattern(byte + 1, 0, 1);
    heal_disk();
    must_succeed(tome_gather(map, s, 3));
    must_be_pattern(bytes, 100, LONG * PAGE - 100);
    must_succeed(tome_close(map));
  }
  free(bytes);
}

static void a_long_span_with_a_bad_page_is_lost_though_its_end_is_read(void **state) {
  (void)state;
  on_flaky_disk(1, 0, gather_long_span);
}

/* Those that are read nevertheless are read while the disk holds one back. */
static void gather_beside_stall(void) {
  fill_flaky_file(SIZE);
  spans s = roll_spans();
  tome *map = NULL;
  tome_gathering *gathering = NULL;
  unsigned char byte;
  must_succeed(tome_open(&map, flaky_file(), TOME_READ, NULL));
  must_succeed(tome_read(map, 0, &byte, 1));
  drop_pages(flaky_file());
  flaky_stall(BAD_AT, BAD_AT + PAGE, 20);
  must_succeed(tome_gather_start(map, s.all, SPANS, &gathering));
  while (flaky_struck("stall") == 0)
    usleep(1000);
  must_equal(tome_gather_is_done(gathering), 0);
  tome_gather_cancel(gathering);
  flaky_clear();
  must_fail(tome_gather_end(gathering), TOME_ECANCELED);
  int read = 0;
  for (int i = 0; i < SPANS; i++) {
    must(s.all[i].result == 0 || s.all[i].result == TOME_ECANCELED);
    if (s.all[i].result == 0)
      must_be_pattern(s.all[i].buffer, s.all[i].offset, s.all[i].length);
    read += s.all[i].result == 0;
  }
  must(read < SPANS);
  must_succeed(tome_close(map));
  free(s.buffers);
}

static void a_gather_that_waits_for_a_disk_can_be_canceled(void **state) {
  (void)state;
  on_flaky_disk(1, 0, gather_beside_stall);
}

/* ---- broken on purpose ---- */

static os_calls real;

static ssize_t pread_that_never_fails(int fd, void *to, size_t n, off_t at) {
  ssize_t got = real.pread(fd, to, n, at);
  return got == (ssize_t)n ? got : (ssize_t)n;
}

static void look_at_no_error(void) {
  real = tome__os_calls;
  plant_reading(pread_that_never_fails);
}

static void strike(void *unused) {
  (void)unused;
  on_flaky_disk(1, 0, gather_in_all_maps);
}

static void a_read_error_that_gathers_do_not_look_at_is_noticed(void **state) {
  (void)state;
  must_find_bug("a read error is not looked at by gathers", look_at_no_error, strike, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_bad_page_spoils_the_spans_that_meet_it_and_no_others),
      TEST(a_long_span_with_a_bad_page_is_lost_though_its_end_is_read),
      TEST(a_gather_that_waits_for_a_disk_can_be_canceled),
      TEST(a_read_error_that_gathers_do_not_look_at_is_noticed),
  };
  return run_matching(tests, count, arguments);
}
