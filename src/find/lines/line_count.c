/* Counting the ends of lines, with all processors.
 *
 * Whoever works takes the next piece, in the order of the file, until there is none. So all pieces before one that could not be
 * read are counted by somebody, and the first loss is known. A large piece that is in memory is looked at where it is mapped;
 * others are read by call, into a buffer that stays in the processor's cache. Holes are passed over. */
#include "crew.h"
#include "finder.h"
#include "holes.h"
#include "in_place.h"
#include "line_ends.h"
#include "lost_pages.h"
#include "os.h"
#include "range.h"
#include "read_ahead.h"

#include <stdatomic.h>
#include <tome/error.h>

#define MEBI ((uint64_t)1 << 20)
/* Read at once. */
#define BUFFER (2 * LINE_STRETCH)
/* Taken at once. Below the least, a thread is not worth starting, nor is looking in place. */
#define LEAST_PIECE MEBI
#define LARGEST_PIECE (8 * MEBI)

/* A count under way. */
typedef struct counting {
  line_count *job;
  uint64_t size; /* of a piece; a multiple of LINE_STRETCH */
  uint64_t pieces;
  int holes; /* there may be some */
  _Atomic uint64_t done;
  _Atomic uint64_t count;
  _Atomic int stop;

  os_mutex lock; /* of what follows */
  uint64_t next; /* the piece that nobody has taken yet */
  read_ahead ahead;
  int code, system;
  tome_range lost;
} counting;

/* Of several the one that lies first. */
static void note_failure(counting *c, int code, tome_range lost) {
  int system = tome__os_last_error();
  tome__os_mutex_lock(&c->lock);
  if (c->code == 0 || lost.offset < c->lost.offset) {
    c->code = code;
    c->system = system;
    c->lost = lost;
  }
  tome__os_mutex_unlock(&c->lock);
  atomic_store(&c->stop, 1);
}

/* ---- a piece ---- */

/* As many counts as there are stretches; `offset` is where the first begins. */
static void count_bytes(counting *c, const unsigned char *data, uint64_t offset, size_t length) {
  const line_count *job = c->job;
  uint64_t count = 0, stretch = (offset - job->range.offset) / LINE_STRETCH;
  for (size_t at = 0, n; at < length; at += n, stretch++) {
    n = length - at < LINE_STRETCH ? length - at : LINE_STRETCH;
    size_t here = data ? tome__count_byte(data + at, n, job->end) : job->end == '\0' ? n : 0;
    if (job->stretches)
      job->stretches[stretch] = (uint32_t)here;
    count += here;
  }
  atomic_fetch_add(&c->count, count);
}

/* 1: done; 0: it is not in memory; or a code. */
static int count_in_place(counting *c, tome_range piece, tome_range *ret_lost) {
  tome *map = c->job->map;
  size_t length = (size_t)piece.length;
  uint64_t before = tome__guard_before(map);
  int passing;
  if (length < LEAST_PIECE || !tome__in_place(map, piece, 1, &passing))
    return 0;
  const unsigned char *data = map->base + piece.offset;
  count_bytes(c, data, piece.offset, length);
  int there = tome__was_there(map, before, piece, data + length, ret_lost);
  if (passing)
    tome__in_place_end(map, piece);
  return there ? 1 : TOME_ELOST;
}

static int count_by_call(counting *c, tome_range piece, unsigned char *buffer,
                         tome_range *ret_lost) {
  int r = 0;
  for (uint64_t done = 0, n; r == 0 && done < piece.length; done += n) {
    n = piece.length - done < BUFFER ? piece.length - done : BUFFER;
    *ret_lost = (tome_range){piece.offset + done, n};
    r = tome__pass(c->job->map, piece.offset + done, buffer, (size_t)n, ret_lost);
    if (r == 0)
      count_bytes(c, buffer, piece.offset + done, (size_t)n);
  }
  return r;
}

static void count_piece(counting *c, tome_range piece, unsigned char *buffer) {
  tome_range lost = piece;
  int r = c->holes && tome__is_hole(c->job->map, piece);
  if (r)
    count_bytes(c, NULL, piece.offset, (size_t)piece.length);
  else
    r = count_in_place(c, piece, &lost);
  if (r == 0)
    r = count_by_call(c, piece, buffer, &lost);
  if (r < 0)
    note_failure(c, r, lost);
  else
    atomic_fetch_add(&c->done, piece.length);
}

/* ---- all of them ---- */

/* 1 and a piece, or 0: there is none left. */
static int take_piece(counting *c, tome_range *ret) {
  tome_range all = c->job->range;
  tome__os_mutex_lock(&c->lock);
  uint64_t skipped = c->next * c->size, rest = all.length - skipped;
  int some = c->next < c->pieces && !atomic_load(&c->stop);
  tome_range piece = {all.offset + skipped, rest < c->size ? rest : c->size}, ahead = {0, 0};
  if (some) {
    c->next++;
    ahead = tome__read_ahead_up(&c->ahead, piece.offset, tome__range_end(all));
  }
  tome__os_mutex_unlock(&c->lock);
  if (some && !c->holes)
    tome__read_ahead_ask(c->job->map, ahead);
  *ret = piece;
  return some;
}

static void tell_progress(counting *c) {
  const line_count *job = c->job;
  if (job->progress && !atomic_load(&c->stop) &&
      job->progress(job->context, job->done + atomic_load(&c->done), job->total) != 0)
    note_failure(c, TOME_ECANCELED, (tome_range){TOME_END, 0});
}

/* What each thread does; only the caller's own tells of progress. */
static void work(counting *c, int is_caller) {
  tome_range piece;
  unsigned char *buffer = tome__os_new(BUFFER, 1);
  if (!buffer && is_caller)
    note_failure(c, TOME_ENOMEM, (tome_range){TOME_END, 0});
  while (buffer && take_piece(c, &piece)) {
    count_piece(c, piece, buffer);
    if (is_caller)
      tell_progress(c);
  }
  tome__os_free(buffer);
}

static void help(void *context) {
  work(context, 0);
}

/* Some pieces for each thread, so that none waits long for another at the end. */
static void begin(counting *c, line_count *job, unsigned *ret_threads) {
  tome *map = job->map;
  uint64_t length = job->range.length;
  *c = (counting){.job = job, .size = LEAST_PIECE};
  *ret_threads = tome__crew_size(job->threads, length / (2 * LEAST_PIECE));
  while (c->size < LARGEST_PIECE && length / c->size > 8 * (uint64_t)*ret_threads)
    c->size *= 2;
  c->pieces = length / c->size + (length % c->size != 0);
  c->holes = length >= LEAST_PIECE && tome__may_have_holes(map);
  tome__read_ahead_begin(&c->ahead, job->range.offset);
  tome__os_mutex_init(&c->lock);
}

static int finish(counting *c) {
  line_count *job = c->job;
  tome__os_mutex_destroy(&c->lock);
  if (c->code == TOME_ELOST)
    tome__guard_stopped(job->map, tome__range_end(job->range), &c->lost);
  else if (c->code < 0)
    tome__guard_heal(job->map);
  job->count = atomic_load(&c->count);
  job->lost = c->lost;
  tome__os_set_error(c->system);
  return c->code;
}

int tome__line_count(line_count *job) {
  counting c;
  crew helpers;
  unsigned threads;
  begin(&c, job, &threads);
  tome__crew_start(&helpers, threads - 1, help, &c);
  work(&c, 1);
  tome__crew_join(&helpers);
  tell_progress(&c); /* of what the others did last */
  return finish(&c);
}
