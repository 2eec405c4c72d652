/* Reading many ranges.
 *
 * Spans whose pages are known are copied at once, as memory, in batches: so many that the guard is asked once for all of them, and
 * with the processor fetching later spans while it copies earlier ones. The others are collected, and what was collected is read in
 * the order of the file, with the disk asked ahead (cold_ranges.c); from then on their pages are known.
 *
 * Known pages may have gone from memory since, and a fault waits for the disk and for nothing else. So one is looked at before the
 * first batch, and some after a batch that took longer than memory does: batches are small at first. */
#include "advice.h"
#include "cold_ranges.h"
#include "failure.h"
#include "gather_state.h"
#include "lost_pages.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

/* Spans and bytes in a batch. */
#define FIRST_BATCH 8
#define MOST_IN_BATCH 512
#define MOST_BYTES ((size_t)1 << 20)

/* How many spans ahead memory is fetched. */
#define FETCH_AHEAD 12
#define LINE 64

/* How many known spans are looked at where it took long, and how long that is: in nanoseconds, for a batch of these. */
#define LOOKED_AT 8
#define TOO_LONG(spans, bytes) (20000 + (uint64_t)(spans)*250 + (uint64_t)(bytes) / 4)

/* The `result` of a span that was collected. */
#define COLLECTED 1

typedef struct gather {
  tome *map;
  const _Atomic int *stop;
  cold_ranges cold;
  gather_failure why;
  size_t batch;   /* how many spans the next one takes at most */
  uint64_t begun; /* and since when it is under way */
  int canceled;   /* some were not read */
} gather;

/* ---- before anything is read ---- */

static int wrong(const tome *map, const char *operation, const char *what) {
  return tome__fail(map->path,
                    (failure){.operation = operation, .code = TOME_EINVAL, .detail = what});
}

int tome__gather_check(tome *map, const char *operation, const tome_span *spans, size_t count) {
  if ((!spans && count > 0) || count > PTRDIFF_MAX / sizeof *spans)
    return wrong(map, operation, spans ? "more spans than memory holds" : "no spans");
  uint64_t size = tome__size(map);
  for (size_t i = 0; i < count; i++) {
    const tome_span *s = &spans[i];
    if (LIKELY(tome__inside(size, s->offset, s->length) && s->buffer))
      continue;
    if (!s->buffer && s->length)
      return wrong(map, operation, "a span's buffer is NULL");
    int r = tome__check_range(map, operation, s->offset, s->length);
    if (r < 0)
      return r;
    size = tome__size(map);
  }
  return 0;
}

/* ---- results ---- */

static void spoil(gather *g, tome_span *span, int code, tome_range lost) {
  span->result = code;
  if (g->why.span && g->why.span < span)
    return;
  g->why =
      (gather_failure){.span = span, .code = code, .system = tome__os_last_error(), .lost = lost};
}

static void cancel(gather *g, tome_span *span) {
  span->result = TOME_ECANCELED;
  g->canceled = 1;
}

static int is_stopped(const gather *g) {
  return g->stop && atomic_load_explicit(g->stop, memory_order_relaxed);
}

/* ---- what is known ---- */

static inline int is_known(const tome *map, const tome_span *s) {
  uint64_t at = s->offset + map->lead;
  return tome__inside(tome__reach(map), s->offset, s->length) &&
         (tome__pageset_has(&map->known, at, s->length) ||
          ((map->access & OS_PRIVATE) && tome__pageset_has(&map->stored, at, s->length)));
}

/* A hint, harmless whatever is there. Of longer spans the processor notices itself what comes next. */
static inline void fetch(const tome *map, const tome_span *s) {
  uintptr_t from = (uintptr_t)map->base + (uintptr_t)s->offset;
  __builtin_prefetch((const void *)from);
  __builtin_prefetch((const void *)(from + LINE));
}

/* Copy a span. If its last byte is zero, another process may be cutting it off at this moment: where it ends, then. */
static inline uint64_t copy(const tome *map, const tome_span *s) {
  const unsigned char *from = map->base + s->offset;
  memmove(s->buffer, from, s->length); /* it may lie in a view of the map */
  atomic_signal_fence(memory_order_seq_cst);
  return *(const volatile unsigned char *)(from + s->length - 1) == 0 ? s->offset + s->length : 0;
}

/* Something was lost while these were copied: which of them met it? */
static void settle(gather *g, tome_span *spans, size_t count, uint64_t before, int cut) {
  for (size_t i = 0; i < count; i++) {
    tome_span *s = &spans[i];
    tome_range lost;
    if (s->result == COLLECTED || s->length == 0)
      continue;
    if (tome__guard_settle(g->map, before, s->offset, s->length, &lost) ||
        (cut && tome__guard_is_cut(g->map, s->offset, s->length, &lost))) {
      tome__guard_stopped(g->map, s->offset + s->length, &lost);
      spoil(g, s, TOME_ELOST, lost);
    }
  }
}

/* Copy those of the spans that are known, and collect the others as long as there is room. Returns how many were taken, and in
 * *ret_bytes how much was copied. `end` is that of all spans there are. */
static size_t take_batch(gather *g, tome_span *spans, size_t most, const tome_span *end,
                         size_t *ret_bytes) {
  tome *map = g->map;
  uint64_t zero_end = 0, before = tome__guard_before(map);
  size_t taken = 0, bytes = 0;
  for (; taken < most && bytes < MOST_BYTES; taken++) {
    tome_span *s = &spans[taken];
    if (LIKELY(end - s > FETCH_AHEAD))
      fetch(map, s + FETCH_AHEAD);
    if (s->result != 0) /* written to only where it must be: there may be millions */
      s->result = 0;
    if (UNLIKELY(s->length == 0))
      continue;
    if (LIKELY(is_known(map, s))) {
      uint64_t zero = copy(map, s);
      zero_end = zero > zero_end ? zero : zero_end;
      bytes += s->length;
    } else if (g->cold.count < g->cold.room) {
      s->result = COLLECTED;
      tome__cold_add(&g->cold, (tome_range){s->offset, s->length}, s);
    } else
      break;
  }
  int may_be_cut = zero_end > 0 && atomic_load_explicit(&map->can_be_cut, memory_order_relaxed);
  int intact = tome__guard_intact(map, before);
  tome_range lost;
  int cut = may_be_cut && tome__guard_is_cut(map, 0, zero_end, &lost);
  if (UNLIKELY(!intact || cut))
    settle(g, spans, taken, before, cut);
  *ret_bytes = bytes;
  return taken;
}

/* Whether the first pages of some of the next known spans are in memory still. If not, nothing is known any more. */
static int look(const gather *g, const tome_span *spans, size_t count, size_t most) {
  uint64_t page = tome__os_system()->page;
  for (size_t i = 0; i < count && most > 0; i++) {
    const tome_span *s = &spans[i];
    if (s->length == 0 || !is_known(g->map, s))
      continue;
    if (!tome__still_there(g->map, s->offset, s->length < page ? s->length : page))
      return 0;
    most--;
  }
  return 1;
}

/* Take a batch of the `count` spans that are left, with an eye on the clock if it is not the last. */
static size_t take_watched(gather *g, tome_span *spans, size_t most, size_t count) {
  size_t bytes, taken = take_batch(g, spans, most, spans + count, &bytes);
  if (taken == count)
    return taken;
  uint64_t now = tome__os_now();
  g->batch = g->batch * 2 < MOST_IN_BATCH ? g->batch * 2 : MOST_IN_BATCH;
  if (now - g->begun > TOO_LONG(taken, bytes) && !look(g, spans + taken, count - taken, LOOKED_AT))
    g->batch = FIRST_BATCH;
  g->begun = now;
  return taken;
}

/* ---- what was collected ---- */

static void read_piece(gather *g, const cold_piece *piece) {
  tome *map = g->map;
  tome_span *s = piece->span;
  uint64_t at = piece->range.offset;
  size_t length = (size_t)piece->range.length;
  tome_range lost = piece->range;
  if (s->result != COLLECTED)
    return; /* spoiled by the piece before */
  int r = tome__collect(map, at, (char *)s->buffer + (at - s->offset), length, &lost);
  if (r == TOME_ELOST)
    tome__guard_stopped(map, s->offset + s->length, &lost);
  if (r < 0) {
    spoil(g, s, r, lost);
    return;
  }
  if (piece->is_last)
    s->result = 0;
}

static void read_collected(gather *g) {
  cold_walk walk = {0};
  cold_piece piece;
  cold_asking asking = {.map = g->map, .all = &g->cold};
  if (g->cold.count == 0)
    return;
  tome__cold_sort(&g->cold);
  while (!is_stopped(g) && tome__cold_next(g->map, &g->cold, &walk, &piece)) {
    tome__cold_ask(&asking, &walk);
    read_piece(g, &piece);
  }
  for (size_t i = 0; i < g->cold.count; i++)
    if (g->cold.list[i].span->result == COLLECTED)
      cancel(g, g->cold.list[i].span);
  g->cold.count = 0;
}

/* ---- all of them ---- */

static void read_all(gather *g, tome_span *spans, size_t count) {
  size_t done = 0;
  while (done < count && !is_stopped(g)) {
    size_t most = g->batch < count - done ? g->batch : count - done;
    done += take_watched(g, spans + done, most, count - done);
    if (tome__cold_room(&g->cold, count - done) > 0)
      continue;
    read_collected(g);
    g->begun = tome__os_now();
  }
  read_collected(g);
  for (; done < count; done++)
    cancel(g, &spans[done]);
}

int tome__gather_run(tome *map, tome_span *spans, size_t count, const _Atomic int *stop,
                     gather_failure *ret_why) {
  gather g = {.map = map, .stop = stop, .batch = FIRST_BATCH};
  tome__cold_begin(&g.cold);
  if (count > FIRST_BATCH)
    g.begun = tome__os_now();
  if (count > FIRST_BATCH || (count > 0 && tome__time_to_look(map, spans->offset, spans->length)))
    look(&g, spans, 1, 1);
  read_all(&g, spans, count);
  tome__cold_end(&g.cold);
  if (g.canceled)
    g.why = (gather_failure){.span = spans, .code = TOME_ECANCELED};
  *ret_why = g.why;
  return g.why.code;
}

int tome__gather_fail(const tome *map, const char *operation, const gather_failure *why) {
  if (why->code == TOME_ECANCELED)
    return tome__fail(map->path, (failure){.operation = operation, .code = why->code});
  tome__os_set_error(why->system);
  return tome__fail_at(map, operation, why->code, why->lost);
}

int tome_gather(tome *map, tome_span *spans, size_t count) {
  gather_failure why;
  int r = tome__gather_check(map, __func__, spans, count);
  if (r < 0)
    return r;
  r = tome__gather_run(map, spans, count, NULL, &why);
  return r < 0 ? tome__gather_fail(map, __func__, &why) : 0;
}
