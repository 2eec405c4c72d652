#include "long_search.h"

#include <time.h>

/* So often; taking the lock back may mean waiting for others. */
#define NANOSECONDS_BETWEEN_SIGNALS 100000000

typedef struct long_search {
  PyThreadState *thread; /* while it does not have the lock */
  int64_t looked_at_signals;
  uint64_t first; /* where the first match is */
} long_search;

static int64_t now(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int progress(void *context, uint64_t done, uint64_t total) {
  long_search *s = context;
  int64_t passed = now() - s->looked_at_signals;
  (void)done;
  (void)total;
  if (passed >= 0 && passed < NANOSECONDS_BETWEEN_SIGNALS) /* a clock may be set back */
    return 0;
  PyEval_RestoreThread(s->thread);
  int r = PyErr_CheckSignals();
  s->thread = PyEval_SaveThread();
  s->looked_at_signals = now();
  return r;
}

static int found(void *context, const tome_hit *hits, size_t count) {
  (void)count;
  ((long_search *)context)->first = hits->offset;
  return 0;
}

/* Without the lock: as tome_search(). */
static int search(tome *map, tome_needle needle, tome_search_options *options,
                  uint64_t *ret_count) {
  tome_pattern *pattern = NULL;
  int r = tome_pattern_new(&pattern, &needle, 1, TOME_PATTERN_LITERAL);
  if (r == 0)
    r = tome_search(map, pattern, options, ret_count);
  tome_pattern_free(pattern);
  return r;
}

/* With what the caller has set of the options. As tome_search(), or -1 and raised. */
static int run(mapped *self, long_search *s, tome_needle needle, tome_range where,
               tome_search_options *options, uint64_t *ret_count) {
  open_map *held = mapped_hold(self);
  if (!held)
    return -1;
  options->from = where.offset;
  options->to = where.offset + where.length;
  options->progress = progress;
  options->context = s;
  s->looked_at_signals = now();
  s->thread = PyEval_SaveThread();
  int r = search(held->map, needle, options, ret_count);
  PyEval_RestoreThread(s->thread);
  if (r < 0)
    mapped_raise(self); /* unless a signal's handler has raised */
  open_map_release(self->state, held);
  return r < 0 ? -1 : r;
}

int long_find(mapped *self, tome_needle needle, tome_range where, uint64_t *ret_offset) {
  tome_search_options options = TOME_SEARCH_INIT;
  long_search s = {0};
  options.most = 1;
  options.found = found;
  int r = run(self, &s, needle, where, &options, NULL);
  if (r == 1)
    *ret_offset = s.first;
  return r;
}

int long_count(mapped *self, tome_needle needle, tome_range where, uint64_t *ret_count) {
  tome_search_options options = TOME_SEARCH_INIT;
  long_search s = {0};
  return run(self, &s, needle, where, &options, ret_count) < 0 ? -1 : 0;
}
