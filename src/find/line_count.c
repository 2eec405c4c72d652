/* Counting the ends of lines, with all processors.
 *
 * Whoever works takes the next piece, in the order of the file, until there is none. So all pieces before one that could not be
 * read are counted by somebody, and the first loss is known. */
#include "crew.h"
#include "finder.h"
#include "line_ends.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"
#include "range.h"

#include <stdatomic.h>
#include <tome/error.h>

/* Two of them stay in a processor's second cache. A few stretches. */
#define PIECE (2 * LINE_STRETCH)

/* A thread that counts fewer is not worth starting. */
#define PIECES_EACH 4

/* A count under way. */
typedef struct counting {
  line_count *job;
  uint64_t pieces;
  _Atomic uint64_t next; /* piece that nobody has taken */
  _Atomic uint64_t done; /* bytes counted */
  _Atomic uint64_t count;
  _Atomic int stop;
  os_mutex lock; /* of the failure */
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

static tome_range piece_of(const counting *c, uint64_t number) {
  uint64_t skipped = number * PIECE, rest = c->job->range.length - skipped;
  return (tome_range){c->job->range.offset + skipped, rest < PIECE ? rest : PIECE};
}

static uint64_t count_bytes(const line_count *job, const unsigned char *data, size_t length,
                            uint64_t first_stretch) {
  uint64_t count = 0;
  for (size_t at = 0, n; at < length; at += n, first_stretch++) {
    n = length - at < LINE_STRETCH ? length - at : LINE_STRETCH;
    size_t here = tome__count_byte(data + at, n, job->end);
    if (job->stretches)
      job->stretches[first_stretch] = (uint32_t)here;
    count += here;
  }
  return count;
}

static void count_piece(counting *c, uint64_t number, unsigned char *buffer) {
  tome_range piece = piece_of(c, number), lost = piece;
  size_t length = (size_t)piece.length;
  int r = tome__pass(c->job->map, piece.offset, buffer, length, &lost);
  if (r < 0) {
    note_failure(c, r, lost);
    return;
  }
  atomic_fetch_add(&c->count, count_bytes(c->job, buffer, length, number * (PIECE / LINE_STRETCH)));
  atomic_fetch_add(&c->done, length);
}

static void tell_progress(counting *c) {
  const line_count *job = c->job;
  if (job->progress && !atomic_load(&c->stop) &&
      job->progress(job->context, job->done + atomic_load(&c->done), job->total) != 0)
    note_failure(c, TOME_ECANCELED, (tome_range){TOME_END, 0});
}

/* What each thread does; only the caller's own tells of progress. */
static void work(counting *c, int is_caller) {
  unsigned char *buffer = tome__os_new(PIECE, 1);
  if (!buffer && is_caller)
    note_failure(c, TOME_ENOMEM, (tome_range){TOME_END, 0});
  for (uint64_t number;
       buffer && !atomic_load(&c->stop) && (number = atomic_fetch_add(&c->next, 1)) < c->pieces;) {
    count_piece(c, number, buffer);
    if (is_caller)
      tell_progress(c);
  }
  tome__os_free(buffer);
}

static void help(void *context) {
  work(context, 0);
}

int tome__line_count(line_count *job) {
  counting c = {.job = job};
  crew helpers;
  c.pieces = job->range.length / PIECE + (job->range.length % PIECE != 0);
  tome__os_mutex_init(&c.lock);
  tome__crew_start(&helpers, tome__crew_size(job->threads, c.pieces / PIECES_EACH) - 1, help, &c);
  work(&c, 1);
  tome__crew_join(&helpers);
  tome__os_mutex_destroy(&c.lock);
  tell_progress(&c); /* of what the others did last */
  if (c.code == TOME_ELOST)
    tome__guard_stopped(job->map, tome__range_end(job->range), &c.lost);
  tome__os_set_error(c.system);
  job->count = atomic_load(&c.count);
  job->lost = c.lost;
  return c.code;
}
