/* Counting the ends of lines, with all processors.
 *
 * Whoever works takes the next piece, in the order of the file, until there is none. So all pieces before one that could not be
 * read are counted by somebody, and the first loss is known. A large piece that is in memory is looked at where it is mapped.
 * Others the caller's own thread reads and counts, in order, as the disk and the system's read-ahead want it (see scan.c): more
 * threads would only wait for the same disk. Holes are passed over. */
#include "crew.h"
#include "finder.h"
#include "holes.h"
#include "in_place.h"
#include "line_ends.h"
#include "lost_pages.h"
#include "os.h"
#include "range.h"
#include "scan.h"

#include <stdatomic.h>
#include <tome/error.h>

#define MEBI ((uint64_t)1 << 20)
/* Read at once, and of a little text less. */
#define BUFFER MEBI
#define LITTLE_BUFFER (2 * LINE_STRETCH)
/* Looked at in place at once. Below the least, a thread is not worth starting, nor is looking in place. */
#define LEAST_PIECE MEBI
#define LARGEST_PIECE (4 * MEBI)

/* Pieces of which not all before them are done, at most. */
#define PLACES 64

/* A count under way. */
typedef struct counting {
  line_count *job;
  uint64_t size;   /* of a large piece; as all that are taken a multiple of LINE_STRETCH */
  uint64_t buffer; /* bytes of a thread's own, the size of a piece that is read */
  int holes;       /* there may be some */
  _Atomic uint64_t done;
  _Atomic uint64_t count;
  _Atomic int stop;

  os_mutex lock; /* of what follows */
  os_condition changed;
  unsigned waiting; /* threads, for what need not be read */
  uint64_t next;    /* what nobody has taken yet */
  scan scan;
  uint64_t taken, passed; /* how many pieces; how many of them are done, and all before them */
  struct place {
    uint64_t end;
    int is_done;
  } places[PLACES];
  int code, system;
  tome_range lost;
} counting;

/* A piece as the one who counts it has it. */
typedef struct share {
  unsigned char *buffer;
  tome_range piece; /* length 0: none yet */
  uint64_t number;
  enum { HOLE, IN_PLACE, READ } how;
  int code; /* of reading it */
  tome_range lost;
} share;

/* Of several the one that lies first. */
static void note_failure(counting *c, int code, tome_range lost) {
  int system = tome__os_last_error();
  tome__os_mutex_lock(&c->lock);
  if (c->code == 0 || lost.offset < c->lost.offset) {
    c->code = code;
    c->system = system;
    c->lost = lost;
  }
  atomic_store(&c->stop, 1);
  tome__os_condition_tell(&c->changed);
  tome__os_mutex_unlock(&c->lock);
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

/* 1: done; 0: it cannot be made present; or a code. */
static int count_in_place(counting *c, share *s) {
  tome *map = c->job->map;
  tome_range piece = s->piece;
  uint64_t before = tome__guard_before(map);
  int passing;
  if (!tome__in_place(map, piece, 1, &passing))
    return 0;
  const unsigned char *data = map->base + piece.offset;
  count_bytes(c, data, piece.offset, (size_t)piece.length);
  int there = tome__was_there(map, before, piece, data + piece.length, &s->lost);
  if (passing)
    tome__in_place_end(map, piece);
  return there ? 1 : TOME_ELOST;
}

static int read_bytes(counting *c, share *s, uint64_t offset, uint64_t length) {
  s->lost = (tome_range){offset, length};
  return tome__pass(c->job->map, offset, s->buffer, (size_t)length, &s->lost);
}

/* It was in memory a moment ago. */
static int count_by_call(counting *c, share *s) {
  uint64_t at = s->piece.offset, end = tome__range_end(s->piece), n;
  int r = 0;
  for (; r == 0 && at < end; at += n) {
    n = end - at < c->buffer ? end - at : c->buffer;
    r = read_bytes(c, s, at, n);
    if (r == 0)
      count_bytes(c, s->buffer, at, (size_t)n);
  }
  return r;
}

static void count_piece(counting *c, share *s) {
  tome_range piece = s->piece;
  if (s->code == 0 && s->how == HOLE)
    count_bytes(c, NULL, piece.offset, (size_t)piece.length);
  else if (s->code == 0 && s->how == READ)
    count_bytes(c, s->buffer, piece.offset, (size_t)piece.length);
  else if (s->code == 0 && (s->code = count_in_place(c, s)) == 0)
    s->code = count_by_call(c, s);
  if (s->code < 0)
    note_failure(c, s->code, s->lost);
  else
    atomic_fetch_add(&c->done, piece.length);
}

/* ---- all of them: with the lock held ---- */

/* A piece is done, and perhaps others behind it. One that takes too long is not waited for. */
static void note_done(counting *c, uint64_t number) {
  if (number >= c->passed)
    c->places[number % PLACES].is_done = 1;
  while (c->passed < c->taken &&
         (c->places[c->passed % PLACES].is_done || c->taken - c->passed == PLACES))
    tome__scan_passed(&c->scan, c->places[c->passed++ % PLACES].end);
}

/* How to come by the next piece, of so much at most, and how much of it. */
static void choose(counting *c, share *s, uint64_t most) {
  tome *map = c->job->map;
  tome_range piece = {c->next, most < c->size ? most : c->size};
  s->how = c->holes && tome__is_hole(map, piece)                                       ? HOLE
           : piece.length >= LEAST_PIECE && tome__scan_is_there(&c->scan, piece, NULL) ? IN_PLACE
                                                                                       : READ;
  if (s->how == READ && piece.length > c->buffer)
    piece.length = c->buffer;
  s->piece = piece;
}

/* 1 and the next piece, where there is one that this thread may have; it waits for one. The first is the caller's, so that there
 * is progress to tell of. */
static int find_piece(counting *c, share *s, int is_caller) {
  uint64_t left;
  while ((left = tome__range_end(c->job->range) - c->next) > 0 && !atomic_load(&c->stop)) {
    choose(c, s, left);
    if (is_caller || (s->how != READ && c->taken > 0))
      return 1;
    c->waiting++;
    tome__os_condition_wait(&c->changed, &c->lock);
    c->waiting--;
  }
  return 0;
}

/* It is this thread's; others may find one behind it, or none any more. */
static void take(counting *c, share *s) {
  c->next += s->piece.length;
  s->number = c->taken++;
  s->code = 0;
  c->places[s->number % PLACES] = (struct place){c->next, 0};
  if (s->how == READ && !tome__scan_is_there(&c->scan, s->piece, NULL))
    tome__scan_reads(&c->scan, s->piece);
  if (c->waiting && (s->how != READ || c->next == tome__range_end(c->job->range)))
    tome__os_condition_tell(&c->changed);
}

/* ---- all of them ---- */

/* 1 and the next piece, read if it is to be, when the last one is done; or 0: there is none left. */
static int take_piece(counting *c, share *s, int is_caller) {
  tome__os_mutex_lock(&c->lock);
  if (s->piece.length > 0)
    note_done(c, s->number);
  int some = find_piece(c, s, is_caller);
  if (some)
    take(c, s);
  tome__os_mutex_unlock(&c->lock);
  if (some && s->how == READ)
    s->code = read_bytes(c, s, s->piece.offset, s->piece.length);
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
  share s = {.buffer = tome__os_new((size_t)c->buffer, 1)};
  if (!s.buffer && is_caller)
    note_failure(c, TOME_ENOMEM, (tome_range){TOME_END, 0});
  while (s.buffer && take_piece(c, &s, is_caller)) {
    count_piece(c, &s);
    if (is_caller)
      tell_progress(c);
  }
  tome__os_free(s.buffer);
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
  c->next = job->range.offset;
  c->buffer = length < LEAST_PIECE ? LITTLE_BUFFER : BUFFER;
  c->holes = length >= LEAST_PIECE && tome__may_have_holes(map);
  tome__scan_begin(&c->scan, map, job->range, 0);
  tome__os_mutex_init(&c->lock);
  tome__os_condition_init(&c->changed);
}

static int finish(counting *c) {
  line_count *job = c->job;
  tome__scan_end(&c->scan, c->code == 0);
  tome__os_condition_destroy(&c->changed);
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
