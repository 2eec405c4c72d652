#include "match_walk.h"

#include <time.h>

#define NANOSECONDS_WITHOUT_SIGNALS 50000000

/* Matches that have on average more bytes of the file for themselves are read one by one. */
#define FAR_APART ((uint64_t)1 << 10)

int walk_begin(match_walk *walk, file_object *file, tome_pattern *pattern, tome_range where,
               uint32_t flags) {
  walk->held = mapped_hold(&file->mapped);
  if (!walk->held) {
    tome_pattern_free(pattern);
    return -1;
  }
  walk->file = (file_object *)Py_NewRef((PyObject *)file);
  walk->pattern = pattern;
  if (tome_matches_begin(&walk->matches, walk->held->map, pattern, where.offset,
                         where.offset + where.length, flags) == 0)
    return 0;
  mapped_raise(&file->mapped);
  walk_end(walk);
  return -1;
}

void walk_end(match_walk *walk) {
  file_object *file = walk->file;
  if (!file)
    return;
  walk->file = NULL;
  walk->next = walk->count = 0;
  tome_matches_end(walk->matches);
  tome_pattern_free(walk->pattern);
  PyMem_RawFree(walk->bytes);
  open_map_release(file->mapped.state, walk->held);
  Py_DECREF(file);
}

int walk_check(match_walk *walk) {
  if (!walk->file)
    return 0;
  if (walk->is_busy) {
    PyErr_SetString(PyExc_ValueError, "iterator already executing");
    return -1;
  }
  if (walk->file->mapped.open == walk->held)
    return 1;
  mapped_refuse_closed(&walk->file->mapped);
  walk_end(walk);
  return -1;
}

/* ---- fetching, without the lock ---- */

static int64_t now(void) {
  struct timespec t;
  timespec_get(&t, TIME_UTC);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Until there are some, or none are left, or signals are to be looked at. As tome_matches_some(). */
static int fetch_some(match_walk *walk) {
  const int64_t begin = now();
  int r;
  do
    r = tome_matches_some(walk->matches, walk->batch, BATCH, &walk->count);
  while (r == 1 && walk->count == 0 && now() - begin < NANOSECONDS_WITHOUT_SIGNALS);
  return r;
}

/* The smallest range that holds all matches of the batch. */
static tome_range extent(const match_walk *walk) {
  uint64_t from = walk->batch[0].offset, to = from;
  for (size_t i = 0; i < walk->count; i++) {
    tome_range match = walk->batch[i];
    from = match.offset < from ? match.offset : from;
    to = match.offset + match.length > to ? match.offset + match.length : to;
  }
  return (tome_range){from, to - from};
}

/* The bytes of matches that lie close, with what is between them, by one read. A failure is told to who reads each by itself. */
static void read_bytes(match_walk *walk) {
  tome_range all = extent(walk);
  if (all.length > walk->count * FAR_APART)
    return;
  if (!walk->bytes)
    walk->bytes = PyMem_RawMalloc(BATCH * FAR_APART);
  if (!walk->bytes || tome_read(walk->held->map, all.offset, walk->bytes, (size_t)all.length) < 0)
    return;
  walk->has_bytes = 1;
  walk->bytes_from = all.offset;
}

int walk_fetch(match_walk *walk) {
  int r;
  walk->next = walk->count = 0;
  walk->has_bytes = 0;
  walk->is_busy = 1;
  do {
    Py_BEGIN_ALLOW_THREADS
    r = fetch_some(walk);
    if (r == 1 && walk->count > 0 && walk->wants_bytes)
      read_bytes(walk);
    Py_END_ALLOW_THREADS
    if (r == 1 && walk->count == 0 && PyErr_CheckSignals() < 0)
      r = -1;
  } while (r == 1 && walk->count == 0);
  walk->is_busy = 0;
  if (r < 0)
    mapped_raise(&walk->file->mapped); /* unless a signal's handler has raised */
  if (r != 1)
    walk_end(walk);
  return r < 0 ? -1 : r;
}
