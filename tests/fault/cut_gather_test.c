/* Many reads at once of a file that another process cuts: before, in the middle, and in a storm beside them. A span that meets the cut
 * is spoiled, with all others read; the error names the bytes of the first such. */
#include "calls.h"
#include "cut_judge.h"
#include "planted_bug.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGES = 40, SPANS = 60, MOST = 5000 };
#define SIZE ((size_t)PAGES * PAGE + 100)

static char path[512];
static weather *sky;

/* Spans with a buffer each. */
typedef struct spans {
  tome_span all[SPANS];
  unsigned char buffers[SPANS][MOST];
} spans;

static void roll_spans(dice *any, spans *s) {
  for (int i = 0; i < SPANS; i++) {
    uint64_t offset = roll_near_page(any, SIZE - 1);
    uint64_t length = 1 + (roll(any, 3) ? roll(any, 100) : roll(any, MOST));
    length = length < SIZE - offset ? length : SIZE - offset;
    length = length < MOST ? length : MOST;
    s->all[i] = (tome_span){offset, (size_t)length, s->buffers[i], 77};
  }
}

/* ---- cuts before ---- */

/* Those that reach beyond the cut are lost, and only those. */
static void must_be_cut(tome *map, spans *s, uint64_t cut) {
  const tome_span *first = NULL;
  for (int i = 0; i < SPANS && !first; i++)
    first = s->all[i].offset + s->all[i].length > cut ? &s->all[i] : NULL;
  if (first) {
    uint64_t from = first->offset > cut ? first->offset : cut;
    must_fail_at(tome_gather(map, s->all, SPANS), TOME_ELOST, from,
                 first->offset + first->length - from);
  } else
    must_succeed(tome_gather(map, s->all, SPANS));
  for (int i = 0; i < SPANS; i++) {
    const tome_span *one = &s->all[i];
    note("cut to %zu, span %d: %zu + %zu", (size_t)cut, i, (size_t)one->offset, one->length);
    must_equal(one->result, one->offset + one->length > cut ? TOME_ELOST : 0);
    if (one->result == 0)
      must_be_pattern(one->buffer, one->offset, one->length);
  }
}

static void must_be_whole(tome *map, spans *s) {
  must_succeed(tome_gather(map, s->all, SPANS));
  for (int i = 0; i < SPANS; i++)
    must_be_pattern(s->all[i].buffer, s->all[i].offset, s->all[i].length);
}

static void cut_and_gather(dice *any, uint32_t flags, size_t window, int warm) {
  static spans s;
  uint64_t cut = roll_cut(any, SIZE);
  snprintf(path, sizeof path, "%s", make_pattern_file("file", SIZE));
  tome *map = open_windowed(path, flags, flags & TOME_COPY ? 0 : window);
  roll_spans(any, &s);
  if (warm) {
    must_be_whole(map, &s);
    must_be_whole(map, &s); /* now it is mapped */
  }
  truncate_elsewhere(path, cut);
  must_be_cut(map, &s, cut);
  must_be_cut(map, &s, cut);
  grow_back(path, SIZE);
  must_be_whole(map, &s);
  must_succeed(tome_check(map, NULL));
  must_succeed(tome_close(map));
}

static void cut_before_gathers(void *unused) {
  (void)unused;
  const uint32_t flags[] = {TOME_READ, TOME_WRITE, TOME_COPY};
  dice any = dice_from(21);
  for (unsigned i = 0; i < how_many(120, 2000); i++)
    cut_and_gather(&any, flags[i % 3], i % 5 == 0 ? PAGE : 0, i % 2 == 0);
}

static void a_cut_spoils_the_spans_behind_it_and_no_others(void **state) {
  (void)state;
  sky = begin_weather(0);
  count_patches(sky);
  cut_before_gathers(NULL);
  must(sky->patches > 0 && sky->heals > 0);
  stop_counting();
  end_weather(sky);
}

/* ---- a cut in the middle ---- */

static os_calls real;
static int calls_left;
static uint64_t cut_to;

static int cachestat_that_cuts(int fd, const struct os_cachestat_range *range,
                               struct os_cachestat *status) {
  if (calls_left-- == 1)
    truncate_elsewhere(path, cut_to);
  return real.os_cachestat(fd, range, status);
}

static ssize_t pread_that_cuts(int fd, void *to, size_t n, off_t at) {
  if (calls_left-- == 1)
    truncate_elsewhere(path, cut_to);
  return real.pread(fd, to, n, at);
}

static ssize_t preadv2_that_cuts(int fd, const struct iovec *v, int count, off_t at, int flags) {
  if (calls_left-- == 1)
    truncate_elsewhere(path, cut_to);
  return real.preadv2(fd, v, count, at, flags);
}

/* Before the cut each span is good; behind it those are that were read before. */
static void must_be_good_or_behind(const spans *s) {
  for (int i = 0; i < SPANS; i++) {
    const tome_span *one = &s->all[i];
    note("cut to %zu, span %d: %zu + %zu", (size_t)cut_to, i, (size_t)one->offset, one->length);
    must(one->result == 0 || one->result == TOME_ELOST);
    if (one->result == 0)
      must_be_pattern(one->buffer, one->offset, one->length);
    else
      must(one->offset + one->length > cut_to);
  }
}

static int cut_in_the_middle(dice *any, int call, int asynchronous) {
  static spans s;
  tome_gathering *gathering = NULL;
  snprintf(path, sizeof path, "%s", make_pattern_file("file", SIZE));
  tome *map = open_windowed(path, TOME_READ, 0);
  roll_spans(any, &s);
  for (uint64_t at = 0; at < SIZE / 2; at += PAGE) /* half of it is known before */
    must_succeed(tome_read(map, at, s.buffers[0], 1));
  cut_to = roll(any, SIZE / PAGE) * PAGE;
  calls_left = call;
  real = tome__os_calls;
  tome__os_calls.os_cachestat = cachestat_that_cuts;
  tome__os_calls.pread = pread_that_cuts;
  tome__os_calls.preadv2 = preadv2_that_cuts;
  if (asynchronous)
    must_succeed(tome_gather_start(map, s.all, SPANS, &gathering));
  int r = asynchronous ? tome_gather_end(gathering) : tome_gather(map, s.all, SPANS);
  tome__os_calls = real;
  must(r == 0 || r == TOME_ELOST);
  if (r == TOME_ELOST)
    must(tome_error_last()->offset >= cut_to);
  must_be_good_or_behind(&s);
  must_succeed(tome_close(map));
  return r == TOME_ELOST;
}

static void a_cut_in_the_middle_spoils_spans_behind_it_at_most(void **state) {
  (void)state;
  dice any = dice_from(22);
  unsigned lost = 0;
  for (int call = 1; call < 90; call++)
    lost += (unsigned)cut_in_the_middle(&any, call, call % 2);
  must(lost > 5);
  tell_figure("cuts in the middle of a gather that it met", lost);
}

/* ---- a storm ---- */

/* What is told of the first span that is lost, and of the others. */
static void judge_spans(const observer *self, const spans *s, const asked *call, int result) {
  int told = 0;
  for (int i = 0; i < SPANS; i++) {
    const tome_span *one = &s->all[i];
    asked of = {"a span", one->offset, one->length, call->before, 0, 0};
    note("span %d of a gather", i);
    if (one->result == TOME_ELOST && told++ > 0) {
      if (whole_all_along(call->before, call->after))
        wrong(self, &of, "%s", "a loss while all was whole");
      continue;
    }
    if (!judge(self, &of, one->result))
      continue;
    of.after = call->after;
    judge_found(self, &of);
    judge_bytes(self, &of, one->buffer, (tome_range){0, 0});
  }
  must_equal(result, told ? TOME_ELOST : 0);
}

static void gather_in_the_storm(uint32_t flags, size_t window) {
  static spans s;
  observer self = {.sky = sky, .alone = 1};
  dice any = dice_from(23 + flags);
  die_of_faults();
  count_patches(sky);
  tome *map = open_windowed(path, flags, window);
  while (tome_size(map) < SIZE) /* it was cut when it was opened */
    must_succeed(tome_refresh(map));
  while (!atomic_load(&sky->over)) {
    roll_spans(&any, &s);
    asked call = ask(&self, "tome_gather", 0, SIZE);
    int result = tome_gather(map, s.all, SPANS);
    call.after = phase_now(sky);
    if (result == TOME_ERANGE) /* the storm's cut was adopted */
      fail_at(__FILE__, __LINE__, "a map for reading became smaller");
    judge_spans(&self, &s, &call, result);
  }
  await_calm(sky);
  roll_spans(&any, &s);
  must_be_whole(map, &s);
  must_succeed(tome_close(map));
}

static void gather_in_base(void *unused) {
  (void)unused;
  gather_in_the_storm(TOME_READ, 0);
}

static void gather_in_windows(void *unused) {
  (void)unused;
  gather_in_the_storm(TOME_READ, 2 * PAGE);
}

static void ride_out_a_storm(void *unused) {
  (void)unused;
  enum { WORKERS = 2 };
  cutter cutting = {
      .sky = sky, .path = path, .size = SIZE, .cuts = how_many(200, 4000), .grows = 1};
  pid_t workers[] = {start_child(gather_in_base, NULL), start_child(gather_in_windows, NULL)};
  pid_t storm = start_child(cut_and_grow, &cutting);
  int statuses[WORKERS + 1];
  for (int i = 0; i < WORKERS; i++)
    statuses[i] = wait_for_worker(sky, workers[i]);
  statuses[WORKERS] = wait_for_worker(sky, storm);
  for (int i = 0; i <= WORKERS; i++)
    must_end_well(statuses[i]);
}

static void gathers_in_a_storm_of_cuts_read_right_bytes_or_tell_of_the_loss(void **state) {
  (void)state;
  sky = begin_weather(1);
  snprintf(path, sizeof path, "%s", make_pattern_file("file", SIZE));
  ride_out_a_storm(NULL);
  must(sky->lost > 0 && sky->patches > 0 && sky->heals > 0);
  end_weather(sky);
}

/* ---- planted bugs ---- */

static void gathers_show_that_the_guard_is_off(void **state) {
  (void)state;
  must_find_bug("the guard is off under gathers", plant_no_guard, cut_before_gathers, NULL);
}

static void gathers_show_that_patches_stay(void **state) {
  (void)state;
  must_find_bug("patches that stay under gathers", plant_no_healing, cut_before_gathers, NULL);
}

static void gathers_show_that_the_old_size_is_believed(void **state) {
  (void)state;
  must_find_bug("a size that is believed by gathers", plant_old_size, cut_before_gathers, NULL);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_cut_spoils_the_spans_behind_it_and_no_others),
      TEST(a_cut_in_the_middle_spoils_spans_behind_it_at_most),
      TEST(gathers_in_a_storm_of_cuts_read_right_bytes_or_tell_of_the_loss),
      TEST(gathers_show_that_the_guard_is_off),
      TEST(gathers_show_that_patches_stay),
      TEST(gathers_show_that_the_old_size_is_believed),
  };
  return run_matching(tests, count, arguments);
}
