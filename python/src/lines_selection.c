#include "lines_selection.h"

static tome_range whole_text(const lines_object *self) {
  return line_part_range(self->parts, 0);
}

/* The last part that begins with no more than so many lines before it. Pre: there are some. */
static size_t part_of_number(const line_parts *parts, uint64_t number) {
  size_t from = 0, to = parts ? parts->count : 1;
  while (to - from > 1) {
    size_t middle = from + (to - from) / 2;
    if (parts->part[middle].before <= number)
      from = middle;
    else
      to = middle;
  }
  return from;
}

/* ---- asking for lines; all but lines_call are as in lines_index.h ---- */

int lines_count_all(lines_object *self, lines_call *call, uint64_t *ret) {
  if (self->parts && self->parts->lines != UINT64_MAX) {
    *ret = self->parts->lines;
    return 1;
  }
  int r = lines_count(call, whole_text(self), ret);
  if (r > 0 && self->parts && !file_is_writable(self->file))
    self->parts->lines = *ret;
  return r;
}

static int find_number(const lines_object *self, lines_call *call, uint64_t number,
                       size_t *ret_part, tome_line *ret) {
  size_t part = part_of_number(self->parts, number);
  uint64_t before = self->parts ? self->parts->part[part].before : 0;
  *ret_part = part;
  return lines_nth(call, line_part_range(self->parts, part), number - before, ret);
}

int lines_find_last(const lines_object *self, lines_call *call, uint64_t number, int only_near,
                    tome_line *ret) {
  return lines_nth_last(call, whole_text(self), number, only_near, ret);
}

int lines_find_selected(const lines_object *self, lines_call *call, const selection *s, uint64_t i,
                        size_t *ret_part, tome_line *ret) {
  uint64_t distance = i * (uint64_t)s->step; /* may be less than 0, which comes to the same */
  *ret_part = 0;
  if (s->from_end)
    return lines_find_last(self, call, s->first - distance, 0, ret);
  return find_number(self, call, s->first + distance, ret_part, ret);
}

/* ---- what slices mean ---- */

static uint64_t count_steps(uint64_t distance, uint64_t step) {
  return distance > 0 ? (distance - 1) / step + 1 : 0;
}

/* A slice that can be told of a selection whose end is not known: 1, or 0. */
static int slice_open(selection *s, const line_slice *slice) {
  if (s->exact || slice->start < 0 || slice->stop < 0 || slice->step < 0)
    return 0;
  uint64_t start = (uint64_t)slice->start, stop = (uint64_t)slice->stop;
  uint64_t step = (uint64_t)slice->step, most = (uint64_t)INT64_MAX;
  if (slice->stop == PY_SSIZE_T_MAX || stop > s->count)
    stop = s->count;
  if (stop != ENDLESS)
    s->count = count_steps(stop > start ? stop - start : 0, step);
  if (start > (most - s->first) / (uint64_t)s->step) { /* no line has such a number */
    s->count = 0;
    return 1;
  }
  s->first += start * (uint64_t)s->step;
  if (step > most / (uint64_t)s->step) {
    s->count = s->count < 1 ? s->count : 1;
    step = 1;
  }
  s->step *= (int64_t)step;
  /* Further on no line has a number. */
  uint64_t numbered = (most - s->first) / (uint64_t)s->step + 1;
  if (s->count != ENDLESS && s->count > numbered)
    s->count = numbered;
  return 1;
}

/* The numbers from the end of the lines of a slice, if that is how it is written: 1, or 0. */
static int count_from_end(const line_slice *slice, selection *ret) {
  uint64_t start = 0 - (uint64_t)slice->start, stop = 0 - (uint64_t)slice->stop;
  if (slice->step > 0) {
    if (slice->start >= 0 || (slice->stop >= 0 && slice->stop != PY_SSIZE_T_MAX))
      return 0;
    stop = slice->stop < 0 ? stop : 0;
    *ret = (selection){1, 1, start,
                       count_steps(start > stop ? start - stop : 0, (uint64_t)slice->step),
                       slice->step};
    return 1;
  }
  if ((slice->start >= 0 && slice->start != PY_SSIZE_T_MAX) || slice->stop >= 0 ||
      slice->stop == PY_SSIZE_T_MIN)
    return 0;
  start = slice->start < 0 ? start : 1;
  *ret = (selection){1, 1, start,
                     count_steps(stop > start ? stop - start : 0, 0 - (uint64_t)slice->step),
                     slice->step};
  return 1;
}

/* The last few lines, without an index: 1, 0 (not so), or less. */
static int slice_near_end(const lines_object *self, lines_call *call, const line_slice *slice,
                          selection *s) {
  selection found;
  tome_line line;
  if (s->exact || !lines_are_in_one_part(self) || !count_from_end(slice, &found))
    return 0;
  uint64_t most = found.first; /* the largest of its numbers */
  if (found.step < 0 && found.count > 0)
    most += (found.count - 1) * (0 - (uint64_t)found.step);
  int r = found.count > 0 ? lines_find_last(self, call, most, 1, &line) : 1;
  if (r > 0)
    *s = found;
  return r;
}

static void slice_finite(selection *s, const line_slice *slice) {
  Py_ssize_t start = slice->start, stop = slice->stop;
  Py_ssize_t count = PySlice_AdjustIndices((Py_ssize_t)s->count, &start, &stop, slice->step);
  uint64_t distance = (uint64_t)start * (uint64_t)s->step;
  s->first = s->from_end ? s->first - distance : s->first + distance;
  s->count = (uint64_t)count;
  if (count > 1) /* it is inside, so this is no larger than what there is */
    s->step *= slice->step;
}

int lines_make_exact(lines_object *self, lines_call *call, selection *s) {
  size_t part;
  tome_line line;
  uint64_t lines;
  int r = s->exact || s->count == 0;
  if (!r && s->count != ENDLESS)
    r = lines_find_selected(self, call, s, s->count - 1, &part, &line);
  if (r == 0 && (r = lines_count_all(self, call, &lines)) > 0) {
    uint64_t there = count_steps(s->first < lines ? lines - s->first : 0, (uint64_t)s->step);
    s->count = there < s->count ? there : s->count;
  }
  s->exact = 1;
  return r;
}

int lines_resolve(lines_object *self, lines_call *call, selection *s) {
  *s = (selection){.count = ENDLESS, .step = 1};
  for (Py_ssize_t i = 0; i < Py_SIZE(self); i++) {
    if (slice_open(s, &self->slices[i]))
      continue;
    int r = i == 0 ? slice_near_end(self, call, &self->slices[i], s) : 0;
    if (r == 0 && (r = lines_make_exact(self, call, s)) > 0)
      slice_finite(s, &self->slices[i]);
    if (r < 0)
      return r;
  }
  return 1;
}
