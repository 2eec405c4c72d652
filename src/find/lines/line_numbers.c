/* Lines in a range: how many there are, and the one of a number, from the start or from the end. */
#include "failure.h"
#include "finder.h"
#include "line_ends.h"
#include "map_state.h"
#include "os.h"
#include "range.h"

#include <tome/error.h>

/* Looking for a line by its number begins with so much, as it may be near, and goes on to the most. */
#define FIRST_STEP ((uint64_t)16 << 10)
#define LARGEST_STEP ((uint64_t)64 << 20)

static const tome_lines_options default_options = TOME_LINES_INIT;

size_t tome__line_end_nth(const unsigned char *data, size_t length, unsigned char end,
                          uint64_t number) {
  enum { BLOCK = 2048 };
  const unsigned char *at = data, *to = data + length;
  for (size_t count; (size_t)(to - at) > BLOCK; at += BLOCK, number -= count)
    if ((count = tome__count_byte(at, BLOCK, end)) >= number)
      break;
  for (; (at = tome__first_byte(at, (size_t)(to - at), end)) != NULL; at++)
    if (--number == 0)
      return (size_t)(at - data);
  return length;
}

/* ---- arguments ---- */

static const char *wrong_options(const tome_lines_options *options) {
  if (options->struct_size != sizeof *options)
    return "tome_lines_options: begin with TOME_LINES_INIT";
  return options->ends > TOME_LINES_NUL ? "unknown ends of lines" : NULL;
}

static int fail_argument(const tome *map, const char *operation, const char *what) {
  return tome__fail(map->path,
                    (failure){.operation = operation, .code = TOME_EINVAL, .detail = what});
}

/* What a call with options is about. */
static int begin(tome *map, const char *operation, const tome_lines_options *options,
                 line_count *ret) {
  const char *wrong = wrong_options(options);
  if (wrong)
    return fail_argument(map, operation, wrong);
  if (options->from > options->to)
    return tome__map_fail(map, operation, TOME_ERANGE, 0, options->from, 0);
  uint64_t length = options->to == TOME_END ? TOME_END : options->to - options->from;
  int r = tome__resolve(map, operation, options->from, &length);
  if (r < 0)
    return r;
  *ret = (line_count){.map = map,
                      .end = tome__line_end_byte(options->ends),
                      .threads = options->threads,
                      .progress = options->progress,
                      .context = options->context,
                      .total = length,
                      .range = {options->from, length}};
  return 0;
}

static int fail(const line_count *job, const char *operation, int code) {
  return tome__line_fail(job->map, operation, code, job->lost);
}

/* Whether the last byte of a range that is not empty is an end: 1, 0 or a code. */
static int is_ended(line_count *job, tome_range range) {
  unsigned char last = 0;
  job->lost = (tome_range){tome__range_end(range) - 1, 1};
  int r = tome__load(job->map, tome__range_end(range) - 1, &last, 1, &job->lost);
  return r < 0 ? r : last == job->end;
}

int tome_lines_count(tome *map, const tome_lines_options *options, uint64_t *ret_count) {
  line_count job = {.map = map};
  int ended = 1, r = begin(map, __func__, options ? options : &default_options, &job);
  if (r < 0)
    return r;
  r = tome__line_count(&job);
  if (r == 0 && job.range.length > 0)
    r = ended = is_ended(&job, job.range);
  if (r < 0)
    return fail(&job, __func__, r);
  *ret_count = job.count + !ended;
  return *ret_count > 0;
}

/* ---- the line of a number ---- */

/* An end that is to be found in a range: the one of this number, counted from the start or backwards from the end. */
typedef struct wanted {
  uint64_t number;
  int backward;
  uint64_t seen; /* how many ends there are in what was looked at */
  uint64_t at;
  uint32_t stretches[LARGEST_STEP / LINE_STRETCH]; /* of what is counted */
} wanted;

/* The end lies in this stretch: where? */
static int pinpoint(line_count *job, tome_range stretch, uint64_t number, wanted *w) {
  unsigned char *data = tome__os_new(LINE_STRETCH, 1);
  if (!data)
    return TOME_ENOMEM;
  size_t length = (size_t)stretch.length;
  int r = tome__pass(job->map, stretch.offset, data, length, &job->lost);
  if (r == 0) {
    uint64_t count = w->backward ? tome__count_byte(data, length, job->end) : number;
    size_t at = count < number ? length
                               : tome__line_end_nth(data, length, job->end,
                                                    w->backward ? count - number + 1 : number);
    w->at = stretch.offset + at;
    r = at < length ? 1 : TOME_EBUSY; /* there was one a moment ago */
  }
  tome__os_free(data);
  return r;
}

/* The end lies in the range that was counted last. */
static int pick_stretch(line_count *job, wanted *w) {
  size_t count = (size_t)((job->range.length + LINE_STRETCH - 1) / LINE_STRETCH);
  uint64_t number = w->number - w->seen;
  size_t i = w->backward ? count - 1 : 0;
  for (; job->stretches[i] < number; i = w->backward ? i - 1 : i + 1)
    number -= job->stretches[i];
  uint64_t skipped = (uint64_t)i * LINE_STRETCH, rest = job->range.length - skipped;
  tome_range stretch = {job->range.offset + skipped, rest < LINE_STRETCH ? rest : LINE_STRETCH};
  return pinpoint(job, stretch, number, w);
}

/* Losses behind the end that is wanted do not matter. */
static int count_to_loss(line_count *job, const wanted *w) {
  int r = tome__line_count(job);
  if (r != TOME_ELOST || w->backward || job->lost.offset <= job->range.offset)
    return r;
  tome_range lost = job->lost;
  job->range.length = lost.offset - job->range.offset;
  r = tome__line_count(job);
  if (r == 0 && job->count < w->number - w->seen)
    r = TOME_ELOST;
  job->lost = lost;
  return r;
}

/* 1 and w->at, 0 if there are only w->seen, or a code. */
static int find_end(line_count *job, tome_range range, wanted *w) {
  job->stretches = w->stretches;
  for (uint64_t step = FIRST_STEP; range.length > 0;
       step = step < LARGEST_STEP ? step * 2 : LARGEST_STEP) {
    uint64_t length = range.length < step ? range.length : step;
    job->range.offset = w->backward ? tome__range_end(range) - length : range.offset;
    job->range.length = length;
    int r = count_to_loss(job, w);
    if (r < 0)
      return r;
    if (job->count >= w->number - w->seen)
      return pick_stretch(job, w);
    w->seen += job->count;
    job->done += length;
    range.offset += w->backward ? 0 : length;
    range.length -= length;
  }
  return 0;
}

/* The line that begins at `begin`, in a text that ends at `to`. */
static int line_in(line_count *job, const char *operation, uint32_t ends, uint64_t begin_at,
                   uint64_t to, tome_line *ret_line) {
  uint64_t at = to;
  int r = tome__line_end_first(job->map, job->end, begin_at, to, &at, &job->lost);
  if (r >= 0)
    r = tome__line_make(job->map, ends, begin_at, r ? at + 1 : to, r, ret_line, &job->lost);
  return r < 0 ? fail(job, operation, r) : 1;
}

int tome_lines_nth(tome *map, uint64_t number, const tome_lines_options *options,
                   tome_line *ret_line) {
  line_count job = {.map = map};
  options = options ? options : &default_options;
  if (number == 0)
    return fail_argument(map, __func__, "lines are numbered from 1");
  int r = begin(map, __func__, options, &job);
  if (r < 0)
    return r;
  tome_range range = job.range;
  wanted w = {.number = number - 1, .at = range.offset - 1}; /* no end is the one before line 1 */
  r = number == 1 ? 1 : find_end(&job, range, &w);
  if (r < 0)
    return fail(&job, __func__, r);
  if (r == 0 || w.at + 1 == tome__range_end(range))
    return 0;
  return line_in(&job, __func__, options->ends, w.at + 1, tome__range_end(range), ret_line);
}

/* The line begins behind the end of the line before it: as many ends from the last as the number says, and one more where the
 * last line has an end too. Line 1 has no end before it. */
int tome_lines_nth_last(tome *map, uint64_t number, const tome_lines_options *options,
                        tome_line *ret_line) {
  line_count job = {.map = map};
  options = options ? options : &default_options;
  if (number == 0)
    return fail_argument(map, __func__, "lines are numbered from 1");
  int r = begin(map, __func__, options, &job);
  if (r < 0 || job.range.length == 0)
    return r;
  tome_range range = job.range;
  int ended = r = is_ended(&job, range);
  if (r < 0)
    return fail(&job, __func__, r);
  if (ended && number == UINT64_MAX)
    return 0;
  wanted w = {.number = number + (uint64_t)ended, .backward = 1};
  r = find_end(&job, range, &w);
  if (r < 0)
    return fail(&job, __func__, r);
  if (r == 0 && w.seen + 1 != w.number)
    return 0;
  return line_in(&job, __func__, options->ends, r ? w.at + 1 : range.offset, tome__range_end(range),
                 ret_line);
}
