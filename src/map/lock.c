/* Keeping a range in memory.
 *
 * A stretch of the file is locked where it is mapped: in the base, or in a window, which is pinned for as long. The list of
 * stretches says where that is, what was locked before a call that failed, and what may be let go. It is sorted, and nothing in
 * it overlaps. In offsets of the file, by whole pages.
 *
 * Locking may have to read gigabytes. So calls that lock or unlock wait for each other at a lock of their own, and the list,
 * which others look at, is under the map's. */
#include "lock.h"

#include "failure.h"
#include "lost_pages.h"
#include "os.h"
#include "warm.h"

#include <stdio.h>
#include <tome/error.h>
#include <tome/residency.h>

/* Read, then locked, then the next: what was read should not be gone when its turn comes. */
#define CHUNK ((uint64_t)64 << 20)

typedef struct locked {
  uint64_t from, end;
  window *where;
  int fresh; /* by the call in progress, which may fail */
  struct locked *next;
} locked;

/* ---- the list; under map->lock ---- */

static unsigned char *address_of(const locked *l, uint64_t at) {
  return l->where->address + (at - l->where->start);
}

static void pin(tome *map, window *w) {
  if (w != &map->base_window)
    w->users++;
}

static void unpin(tome *map, window *w) {
  if (w != &map->base_window)
    w->users--;
}

/* The link to the first stretch that ends behind `at`. */
static locked **find(tome *map, uint64_t at) {
  locked **link = &map->locked;
  while (*link && (*link)->end <= at)
    link = &(*link)->next;
  return link;
}

int tome__locks_gap(const tome *map, uint64_t *from, uint64_t end, uint64_t *ret_end) {
  const locked *l = map->locked;
  for (; l && l->from <= *from; l = l->next)
    if (*from < l->end)
      *from = l->end;
  *ret_end = l && l->from < end ? l->from : end;
  return *from < end;
}

static void drop(tome *map, locked **link) {
  locked *l = *link;
  *link = l->next;
  unpin(map, l->where);
  tome__os_free(l);
}

/* Unlock [from, end) of a stretch and take that out of it. Where it leaves two, the second is the one at *spare, which is NULL
 * then. */
static int cut_out(tome *map, locked **link, uint64_t from, uint64_t end, locked **spare) {
  locked *l = *link;
  from = from > l->from ? from : l->from;
  end = end < l->end ? end : l->end;
  int r = tome__os_unlock(address_of(l, from), (size_t)(end - from));
  if (r < 0)
    return r;
  if (*spare && from > l->from && end < l->end) {
    **spare = *l;
    (*spare)->from = end;
    l->next = *spare;
    *spare = NULL;
    pin(map, l->where);
    l->end = from;
  } else if (from > l->from) {
    l->end = from;
  } else if (end < l->end) {
    l->from = end;
  } else {
    drop(map, link);
  }
  return 0;
}

void tome__locks_cut(tome *map, uint64_t size) {
  uint64_t page = tome__os_system()->page;
  uint64_t end = (map->origin + size + page - 1) / page * page;
  locked *none = NULL; /* nothing is left behind what is cut */
  for (locked **link = find(map, end); *link; link = find(map, end))
    if (cut_out(map, link, end, UINT64_MAX, &none) < 0)
      return;
}

void tome__locks_again(tome *map) {
  for (const locked *l = map->locked; l; l = l->next)
    tome__os_lock(address_of(l, l->from), (size_t)(l->end - l->from));
}

void tome__locks_forget(tome *map) {
  while (map->locked)
    drop(map, &map->locked);
}

/* What the call in progress locked is undone; or else stays, and becomes one with what it touches. */
static void settle(tome *map, int stays) {
  for (locked **link = &map->locked, *l; (l = *link);) {
    locked *next = l->next;
    if (l->fresh && !stays) {
      tome__os_unlock(address_of(l, l->from), (size_t)(l->end - l->from));
      drop(map, link);
      continue;
    }
    l->fresh = 0;
    if (next && next->from == l->end && next->where == l->where && (stays || !next->fresh)) {
      next->from = l->from;
      drop(map, link);
      continue;
    }
    link = &l->next;
  }
  tome__locks_cut(map, tome__size(map));
}

/* ---- a call ---- */

/* The pages that a range touches. */
static tome_range pages_of(const tome *map, tome_range range) {
  uint64_t page = tome__os_system()->page;
  uint64_t from = (map->origin + range.offset) / page * page;
  return (tome_range){from, tome__whole_pages(map, range)};
}

/* The bytes of the map in a stretch of the file, which is part of what `range` touches. */
static tome_range bytes_of(const tome *map, tome_range range, uint64_t from, uint64_t end) {
  uint64_t first = from > map->origin ? from - map->origin : 0;
  return tome__range_overlap(range, (tome_range){first, end - map->origin - first});
}

static locked *new_locked(uint64_t from, uint64_t end, window *where) {
  locked *l = tome__os_new(1, sizeof *l);
  if (l)
    *l = (locked){.from = from, .end = end, .where = where, .fresh = 1};
  return l;
}

/* Pin memory for the gap from `*from` on, as far as it lies in one window, and note it as locked. Sets *from to its end. */
static int enter_gap(tome *map, tome_range range, uint64_t *from, uint64_t end) {
  tome_range bytes = bytes_of(map, range, *from, end);
  uint64_t reach = map->origin + tome__reach(map);
  unsigned char *data;
  size_t available;
  window *where;
  if (map->base && *from < reach && reach < end) {
    end = reach;
    bytes = bytes_of(map, range, *from, end);
  }
  if (bytes.length > SIZE_MAX / 2)
    return TOME_ENOMEM;
  int r = tome__window_pin(map, bytes.offset, (size_t)bytes.length, &data, &available, &where);
  if (r < 0)
    return r;
  locked *l = new_locked(*from, end, where ? where : &map->base_window);
  if (!l) {
    tome__window_unpin(map, where);
    return TOME_ENOMEM;
  }
  tome__os_mutex_lock(&map->lock);
  locked **link = find(map, *from);
  l->next = *link;
  *link = l;
  tome__os_mutex_unlock(&map->lock);
  *from = end;
  return 0;
}

static int enter(tome *map, tome_range range, tome_range pages) {
  uint64_t from = pages.offset, end = tome__range_end(pages), gap_end;
  for (;;) {
    tome__os_mutex_lock(&map->lock);
    int gap = tome__locks_gap(map, &from, end, &gap_end);
    tome__os_mutex_unlock(&map->lock);
    int r = gap ? enter_gap(map, range, &from, gap_end) : 0;
    if (!gap || r < 0)
      return r;
  }
}

/* The next stretch of the list in `pages` from `at` on, as far as it lies there, pinned. */
static int next_stretch(tome *map, uint64_t at, tome_range pages, locked *ret) {
  uint64_t end = tome__range_end(pages);
  tome__os_mutex_lock(&map->lock);
  const locked *l = *find(map, at);
  int found = at < end && l && l->from < end;
  if (found) {
    *ret = *l;
    ret->from = at > l->from ? at : l->from;
    ret->end = end < l->end ? end : l->end;
    pin(map, ret->where);
  }
  tome__os_mutex_unlock(&map->lock);
  return found;
}

/* What was cut off meanwhile is on the list no more, and must not stay locked. */
static void done_with(tome *map, const locked *stretch) {
  int system = tome__os_last_error();
  uint64_t from = stretch->from, gap_end;
  tome__os_mutex_lock(&map->lock);
  for (; tome__locks_gap(map, &from, stretch->end, &gap_end); from = gap_end)
    tome__os_unlock(address_of(stretch, from), (size_t)(gap_end - from));
  unpin(map, stretch->where);
  tome__os_mutex_unlock(&map->lock);
  tome__os_set_error(system);
}

/* Which page it was that could not be had. */
static tome_range first_lost(const tome *map, tome_range range, const locked *chunk) {
  size_t page = tome__os_system()->page;
  for (uint64_t at = chunk->from; at < chunk->end; at += page)
    if (tome__os_bring_in(address_of(chunk, at), page) < 0)
      return bytes_of(map, range, at, at + page);
  return bytes_of(map, range, chunk->from, chunk->end);
}

/* A private map's pages need not be what the file has: only the kernel knows which ones to read. Without the hint it would read
 * around them, too. */
static int bring_in(tome *map, tome_range range, const locked *chunk, tome_range *ret_lost) {
  static const tome_warming silent = TOME_WARMING_INIT;
  int r = 0;
  if (map->access & OS_PRIVATE)
    tome__os_read_ahead(&map->file, chunk->from, chunk->end - chunk->from);
  else
    r = tome__warm(map, bytes_of(map, range, chunk->from, chunk->end), &silent, ret_lost);
  if (r == 0) {
    r = tome__os_bring_in(address_of(chunk, chunk->from), (size_t)(chunk->end - chunk->from));
    if (r == TOME_ELOST)
      *ret_lost = first_lost(map, range, chunk);
  }
  return r;
}

static int bring_in_all(tome *map, tome_range range, const locked *stretch, tome_range *ret_lost) {
  locked chunk = *stretch;
  int r = 0;
  for (; r == 0 && chunk.from < stretch->end; chunk.from = chunk.end) {
    chunk.end = stretch->end - chunk.from < CHUNK ? stretch->end : chunk.from + CHUNK;
    r = bring_in(map, range, &chunk, ret_lost);
  }
  return r;
}

/* All is marked before the first page is read: the limit is told at once. What was locked before is so again, since a page that
 * was lost meanwhile, or a child of a fork, is not. */
static int hold(tome *map, tome_range range, tome_range pages, tome_range *ret_lost) {
  locked stretch;
  int r = 0;
  for (uint64_t at = pages.offset; r == 0 && next_stretch(map, at, pages, &stretch);
       at = stretch.end) {
    r = tome__os_lock(address_of(&stretch, stretch.from), (size_t)(stretch.end - stretch.from));
    done_with(map, &stretch);
  }
  for (uint64_t at = pages.offset; r == 0 && next_stretch(map, at, pages, &stretch);
       at = stretch.end) {
    r = bring_in_all(map, range, &stretch, ret_lost);
    done_with(map, &stretch);
  }
  return r;
}

static int fail_limit(const tome *map, tome_range range) {
  char text[160] = "it may lock nothing: raise `ulimit -l`";
  int system = tome__os_last_error();
  uint64_t limit, now;
  tome__os_lock_limit(&limit, &now);
  if (limit > 0 && limit < UINT64_MAX && now == UINT64_MAX)
    snprintf(text, sizeof text, "the limit is %llu bytes: raise `ulimit -l`, or lock less",
             (unsigned long long)limit);
  else if (limit > 0 && limit < UINT64_MAX)
    snprintf(text, sizeof text,
             "the limit is %llu bytes, of which %llu are locked: raise `ulimit -l`, or lock less",
             (unsigned long long)limit, (unsigned long long)now);
  return tome__fail(map->path, (failure){.operation = "tome_lock",
                                         .code = TOME_ELIMIT,
                                         .system = system,
                                         .offset = range.offset,
                                         .length = range.length,
                                         .detail = tome__detail_copy(text)});
}

int tome_lock(tome *map, uint64_t offset, uint64_t length) {
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0 || length == 0)
    return r;
  tome_range range = {offset, length}, lost = range, pages = pages_of(map, range);
  tome__guard_heal(map);
  tome__os_mutex_lock(&map->locking);
  r = enter(map, range, pages);
  if (r == 0)
    r = hold(map, range, pages, &lost);
  int system = tome__os_last_error();
  tome__os_mutex_lock(&map->lock);
  settle(map, r == 0);
  tome__os_mutex_unlock(&map->lock);
  tome__os_mutex_unlock(&map->locking);
  tome__os_set_error(system);
  if (r == TOME_ELIMIT)
    return fail_limit(map, range);
  return r < 0 ? tome__fail_at(map, __func__, r, r == TOME_ELOST ? lost : range) : 0;
}

/* In the middle of a stretch: it becomes two, and the second wants memory. */
static int unlock(tome *map, uint64_t from, uint64_t end) {
  const locked *around = *find(map, from);
  locked *spare = NULL;
  int r = 0;
  if (around && around->from < from && end < around->end && !(spare = new_locked(0, 0, NULL)))
    return TOME_ENOMEM;
  for (locked **link = find(map, from); r == 0 && *link && (*link)->from < end;
       link = find(map, from))
    r = cut_out(map, link, from, end, &spare);
  tome__os_free(spare);
  return r;
}

int tome_unlock(tome *map, uint64_t offset, uint64_t length) {
  int r = tome__resolve(map, __func__, offset, &length);
  if (r < 0 || length == 0)
    return r;
  tome_range range = {offset, length}, pages = pages_of(map, range);
  tome__os_mutex_lock(&map->locking);
  tome__os_mutex_lock(&map->lock);
  r = unlock(map, pages.offset, tome__range_end(pages));
  tome__os_mutex_unlock(&map->lock);
  tome__os_mutex_unlock(&map->locking);
  return r < 0 ? tome__fail_at(map, __func__, r, range) : 0;
}
