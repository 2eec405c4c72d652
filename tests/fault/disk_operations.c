#include "disk_operations.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_UNITS = 6, BATCH = 5 };
#define STORED UINT64_C(1000000007) /* what is stored is the pattern from here on */

typedef enum contents { SOLID, HOLE, HALF } contents; /* HALF: three units, then a hole of three */
typedef enum action { APPEND, RESIZE, WRITE, FILL, MOVE, VIEW } action;

/* Places are `units` and some bytes more. */
typedef struct place {
  size_t units;
  int more;
} place;

static const struct operation {
  const char *name;
  contents contents;
  action action;
  place at, length;
  uint32_t flags;
  int grows;
  int keeps_blocks; /* nothing new is wanted, unless the file system copies on write */
} operations[] = {
    {"append", SOLID, APPEND, {6, 0}, {4, 0}, 0, 1, 0},
    {"append of odd bytes", SOLID, APPEND, {6, 0}, {2, 123}, 0, 1, 0},
    {"append to a sparse map", SOLID, APPEND, {6, 0}, {3, 7}, TOME_SPARSE, 1, 0},
    {"resize", SOLID, RESIZE, {6, 0}, {4, 0}, 0, 1, 0},
    {"resize behind a hole", HOLE, RESIZE, {6, 0}, {3, 55}, 0, 1, 0},
    {"growing write", SOLID, WRITE, {6, 0}, {4, 0}, TOME_GROW, 1, 0},
    {"growing write from inside", SOLID, WRITE, {6, -100}, {4, 0}, TOME_GROW, 1, 0},
    {"growing write from inside a hole", HOLE, WRITE, {4, 9}, {4, 0}, TOME_GROW, 1, 0},
    {"growing write behind a gap", SOLID, WRITE, {8, 5}, {2, 0}, TOME_GROW, 1, 0},
    {"growing write behind a sparse gap",
     SOLID,
     WRITE,
     {8, 5},
     {3, 0},
     TOME_GROW | TOME_SPARSE,
     1,
     0},
    {"write into a hole", HOLE, WRITE, {1, 17}, {4, 0}, 0, 0, 0},
    {"write into a hole of a sparse map", HOLE, WRITE, {0, 0}, {5, 1}, TOME_SPARSE, 0, 0},
    {"fill of a hole", HOLE, FILL, {0, 0}, {6, 0}, 0, 0, 0},
    {"move into a hole", HALF, MOVE, {3, 0}, {3, 0}, 0, 0, 0},
    {"view of a hole", HOLE, VIEW, {0, 3}, {5, 0}, 0, 0, 0},
    {"sparse view of a hole", HOLE, VIEW, {1, 0}, {4, 11}, TOME_SPARSE, 0, 0},
    {"write over", SOLID, WRITE, {0, 10}, {5, 0}, 0, 0, 1},
    {"fill over", SOLID, FILL, {0, 0}, {6, 0}, 0, 0, 1},
    {"move over", SOLID, MOVE, {2, 1}, {3, 0}, 0, 0, 1},
    {"view over", SOLID, VIEW, {0, 0}, {6, 0}, 0, 0, 1},
};

typedef struct bytes {
  unsigned char *data;
  size_t length;
} bytes;

/* One operation under way. */
typedef struct trial {
  const struct operation *what;
  const strike *how;
  char path[512];
  size_t at, length;
  bytes before, after;
  enum { REFUSED, DONE, HALF_WAY, TOLD_LATE } outcome;
  size_t stopped, stopped_end; /* the error's range */
  int lost;                    /* TOME_ELOST */
} trial;

static size_t in_bytes(place where, size_t unit) {
  return (size_t)((long long)(where.units * unit) + where.more);
}

/* ---- what must come of it, on plain arrays ---- */

static bytes make_before(contents how, size_t unit) {
  bytes b = {calloc(FILE_UNITS, unit), FILE_UNITS * unit};
  if (how != HOLE)
    fill_pattern(b.data, 0, how == SOLID ? b.length : b.length / 2);
  return b;
}

static bytes make_after(const trial *t) {
  size_t end = t->at + t->length;
  bytes b = {calloc(1, end > t->before.length ? end : t->before.length), t->before.length};
  memcpy(b.data, t->before.data, b.length);
  b.length = end > b.length ? end : b.length;
  if (t->what->action == FILL)
    memset(b.data + t->at, 'f', t->length);
  else if (t->what->action == MOVE)
    memmove(b.data + t->at, b.data, t->length);
  else if (t->what->action != RESIZE)
    fill_pattern(b.data + t->at, STORED, t->length);
  return b;
}

/* ---- the file ---- */

static void make_contents(const trial *t) {
  size_t solid = t->what->contents == SOLID  ? t->before.length
                 : t->what->contents == HALF ? t->before.length / 2
                                             : 0;
  int fd = open(t->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  must(fd >= 0);
  must_equal(write(fd, t->before.data, solid), solid);
  must_equal(ftruncate(fd, (off_t)t->before.length), 0);
  must_equal(fsync(fd), 0);
  must_equal(close(fd), 0);
}

/* By pread(2): a load from a hole of a full tmpfs would want a page. */
static void must_be_in_file(const trial *t, const bytes *want) {
  unsigned char *got = malloc(want->length);
  must_equal(file_length(t->path), want->length);
  int fd = open(t->path, O_RDONLY | O_CLOEXEC);
  must_equal(pread(fd, got, want->length, 0), want->length);
  must_be_bytes(got, want->data, want->length);
  must_equal(close(fd), 0);
  free(got);
}

/* What a view lost is the old bytes or, further back in a page that is there, the new ones. */
static void must_be_old_or_new(const trial *t) {
  size_t length;
  unsigned char *got = read_file(t->path, &length);
  must_equal(length, t->before.length);
  for (size_t i = 0; i < length; i++)
    must(got[i] == t->before.data[i] || got[i] == t->after.data[i]);
  free(got);
}

/* What a store that stopped had stored is known exactly before the error's range; behind it, where a move whose destination begins
 * inside its source goes backwards. Of the piece that met lost bytes, more may be stored than those before. */
static void must_be_half_way(const trial *t) {
  size_t length, from = t->at, to = t->stopped, end = t->at + t->length;
  size_t first_unsure = t->stopped, last_unsure = t->lost ? end : t->stopped_end;
  unsigned char *got = read_file(t->path, &length);
  must_equal(length, t->before.length);
  if (t->what->action == MOVE && t->at < t->length) {
    from = t->stopped_end;
    to = end;
    first_unsure = t->lost ? t->at : t->stopped;
    last_unsure = t->stopped_end;
  }
  for (size_t i = 0; i < length; i++) {
    int stored = i >= from && i < to, unsure = i >= first_unsure && i < last_unsure;
    must(got[i] == (stored ? t->after : t->before).data[i] ||
         (unsure && got[i] == t->after.data[i]));
  }
  free(got);
}

/* What a write had inside the file is stored last: by then the file has grown. */
static void must_have_grown_but_for(const trial *t) {
  size_t length;
  unsigned char *got = read_file(t->path, &length);
  must_equal(length, t->after.length);
  for (size_t i = 0; i < length; i++) {
    int unsure = i >= t->stopped && i < t->stopped_end && i < t->before.length;
    must(got[i] == t->after.data[i] || (unsure && got[i] == t->before.data[i]));
  }
  free(got);
}

static void must_be_as_the_outcome_says(const trial *t) {
  if (t->outcome == REFUSED)
    must_be_in_file(t, &t->before);
  else if (t->outcome == DONE)
    must_be_in_file(t, &t->after);
  else if (t->outcome == HALF_WAY && t->what->grows)
    must_have_grown_but_for(t);
  else if (t->outcome == HALF_WAY)
    must_be_half_way(t);
  else
    must_be_old_or_new(t);
}

/* ---- the operation ---- */

static tome *open_trial(const trial *t) {
  tome *map = NULL;
  tome_options options = test_options(TOME_WRITE | t->what->flags);
  if (t->how->window != 0)
    options.window = t->how->window;
  must_succeed(tome_open(&map, t->path, TOME_WRITE | t->what->flags, &options));
  return map;
}

static int is_told(int result) {
  must(result == 0 || result == TOME_ELOST || result == TOME_ENOSPC);
  return result != 0;
}

/* The first store of each page is what may fail; the last byte shows that all of it got there. */
static int use_view(trial *t, tome *map) {
  tome_view view;
  int r = tome_view_begin(map, t->at, t->length, TOME_VIEW_WRITE, &view);
  if (r < 0)
    return r;
  memcpy(view.data, t->after.data + t->at, t->length);
  int told = is_told(tome_view_end(&view));
  told |= is_told(tome_check(map, NULL));
  told |= is_told(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  if (told)
    t->outcome = TOLD_LATE;
  return 0;
}

static int call(trial *t, tome *map) {
  const unsigned char *data = t->after.data + t->at;
  uint64_t at = 77;
  int r = -99;
  switch (t->what->action) {
  case APPEND:
    r = tome_append(map, data, t->length, &at);
    must_equal(at, r == 0 ? t->at : 77);
    return r;
  case RESIZE:
    return tome_resize(map, t->at + t->length);
  case WRITE:
    return tome_write(map, t->at, data, t->length);
  case FILL:
    return tome_fill(map, t->at, t->length, 'f');
  case MOVE:
    return tome_move(map, t->at, 0, t->length);
  case VIEW:
    return use_view(t, map);
  }
  return r;
}

/* Where overwriting wants new blocks, a full disk may take back at any moment what was made ready: pages that were written
 * back meanwhile want blocks once more. Then bytes are lost, and the call says which. */
static int may_stop_half_way(const trial *t, int result) {
  int inside = t->at < t->before.length && t->what->action != VIEW && t->what->action != RESIZE;
  return t->how->copies_on_write && inside && (result == TOME_ELOST || !t->what->grows);
}

/* A refusal leaves the map usable, and says what was asked. */
static void must_be_refused(const trial *t, const tome *map, int result) {
  const tome_error *error = tome_error_last();
  note("%s, unit %zu, window %zu, %zu pages: %s, bytes %zu + %zu", t->what->name, t->how->unit,
       t->how->window, t->how->pages, tome_error_name(result), (size_t)error->offset,
       (size_t)error->length);
  must(result == t->how->code || (may_stop_half_way(t, result) && result == TOME_ELOST));
  must_equal(error->code, result);
  must(error->length > 0 && error->offset <= t->at + t->length);
  must(tome_size(map) == t->before.length || may_stop_half_way(t, result));
}

static void refuse(trial *t, tome *map, int result) {
  must_be_refused(t, map, result);
  t->outcome = REFUSED;
  t->lost = result == TOME_ELOST;
  t->stopped = (size_t)tome_error_last()->offset;
  t->stopped_end = t->stopped + (size_t)tome_error_last()->length;
  if (may_stop_half_way(t, result))
    t->outcome = HALF_WAY;
}

static void attempt(trial *t) {
  tome *map = open_trial(t);
  t->outcome = DONE;
  int result = call(t, map);
  if (result != 0)
    refuse(t, map, result);
  must(t->outcome == DONE || !t->what->keeps_blocks || t->how->copies_on_write);
  must_be_as_the_outcome_says(t);
  if (t->outcome == DONE) {
    must_equal(tome_size(map), t->after.length);
    must_succeed(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE));
  }
  result = tome_close(map);
  must(result == 0 || t->outcome == TOLD_LATE);
  must_be_as_the_outcome_says(t);
}

/* ---- all of them ---- */

static void begin_trial(trial *t, const struct operation *what, const strike *how) {
  *t = (trial){.what = what, .how = how};
  note("%s, unit %zu, window %zu, %zu pages", what->name, how->unit, how->window, how->pages);
  snprintf(t->path, sizeof t->path, "%s%u", in_dir("disk/"), (unsigned)(what - operations));
  t->at = in_bytes(what->at, how->unit);
  t->length = in_bytes(what->length, how->unit);
  t->before = make_before(what->contents, how->unit);
  t->after = make_after(t);
  make_contents(t);
}

static void end_trial(trial *t, met *counts) {
  note("%s, unit %zu, window %zu, %zu pages, seen from the disk", t->what->name, t->how->unit,
       t->how->window, t->how->pages);
  must_be_as_the_outcome_says(t);
  counts->refused += t->outcome == REFUSED;
  counts->done += t->outcome == DONE;
  counts->told_late += t->outcome == TOLD_LATE;
  counts->half_way += t->outcome == HALF_WAY && (t->stopped != t->at || t->what->action == MOVE);
  must_equal(unlink(t->path), 0);
  free(t->before.data);
  free(t->after.data);
}

static int is_wanted(const strike *how, const struct operation *what) {
  return what->grows || !how->only_growing;
}

/* A few at a time, since the disk is small. */
static void run_batch(const strike *how, size_t from, size_t to, met *counts) {
  static trial trials[BATCH];
  for (size_t i = from; i < to; i++)
    if (is_wanted(how, &operations[i])) {
      begin_trial(&trials[i - from], &operations[i], how);
      how->arrange(how->pages);
      attempt(&trials[i - from]);
      how->ease();
    }
  remount_disk();
  for (size_t i = from; i < to; i++)
    if (is_wanted(how, &operations[i]))
      end_trial(&trials[i - from], counts);
}

void run_operations(const strike *how, met *counts) {
  signal(SIGBUS, SIG_DFL); /* cmocka has a handler of its own */
  const size_t count = sizeof operations / sizeof operations[0];
  for (size_t from = 0; from < count; from += BATCH)
    run_batch(how, from, from + BATCH < count ? from + BATCH : count, counts);
}
