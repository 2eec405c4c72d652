/* Changing the size, and adopting what others made of it.
 *
 * The file grows first, then what the base holds of it, the map's size after that, all under the map's lock; readers meanwhile go
 * by the old size. Nothing is ever moved for it: the base has address space beyond the end of the file from the start. */
#include "failure.h"
#include "lock.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <tome/access.h>
#include <tome/error.h>

/* Pages that are gone are neither read before nor have they blocks, when they come back. What is new should not lie under a
 * patch when it is first seen; where another loss lays one meanwhile, it is told. */
static void set_size(tome *map, uint64_t size) {
  uint64_t before = tome__size(map);
  if (size < before) {
    tome__pageset_remove(&map->known, map->lead + size, before - size);
    if (!(map->access & OS_PRIVATE))
      tome__pageset_remove(&map->stored, map->lead + size, before - size);
    tome__locks_cut(map, size);
    tome__locks_again(map); /* some systems take a file out of memory to cut it */
  } else if (size > before) {
    tome__guard_heal_locked(map);
    tome__window_grown(map);
  }
  tome__raise(&map->promised, size);
  atomic_store_explicit(&map->size, size, memory_order_release);
}

void tome__note_cut(tome *map, uint64_t file_size) {
  uint64_t end = file_size > map->origin ? file_size - map->origin : 0;
  uint64_t stored = atomic_load(&map->stored_end);
  if (!map->can_be_cut || stored <= end)
    return;
  map->unsaved = tome__range_hull(map->unsaved, (tome_range){end, stored - end});
  map->stored_behind = 1;
  atomic_compare_exchange_strong(&map->stored_end, &stored, end);
}

/* The size the map has, as the file is `file_size` bytes long. */
static uint64_t size_in(const tome *map, uint64_t file_size) {
  uint64_t size = file_size > map->origin ? file_size - map->origin : 0;
  return size < map->limit ? size : map->limit;
}

/* Ask the file for its size and adopt that; a smaller one only if `shrink`. What stores reached beyond it is noted first: a
 * file that grows again would hide it. Under map->lock. */
static int adopt(tome *map, int shrink, os_stat *ret_status) {
  int r = tome__os_stat(&map->file, ret_status);
  if (r < 0)
    return r;
  uint64_t size = size_in(map, ret_status->size);
  tome__note_cut(map, ret_status->size);
  if (shrink || size > tome__size(map))
    set_size(map, size);
  return 0;
}

static int adopt_locking(tome *map, int shrink) {
  os_stat status;
  tome__os_mutex_lock(&map->lock);
  int r = adopt(map, shrink, &status);
  tome__os_mutex_unlock(&map->lock);
  tome__guard_heal(map); /* what is there again must not lie under a patch */
  return r;
}

int tome__resolve(tome *map, const char *operation, uint64_t offset, uint64_t *length) {
  for (int asked = 0; asked < 2; asked++) {
    uint64_t size = tome__size(map);
    uint64_t wanted = *length == TOME_END && offset <= size ? size - offset : *length;
    if (tome__inside(size, offset, wanted)) {
      *length = wanted;
      return 0;
    }
    if (!asked && adopt_locking(map, 0) < 0)
      break;
  }
  return tome__map_fail(map, operation, TOME_ERANGE, 0, offset, *length == TOME_END ? 0 : *length);
}

int tome__check_range(tome *map, const char *operation, uint64_t offset, uint64_t length) {
  if (tome__inside(tome__size(map), offset, length))
    return 0;
  if (length == TOME_END) /* a number like any other here, and too large */
    return tome__map_fail(map, operation, TOME_ERANGE, 0, offset, length);
  return tome__resolve(map, operation, offset, &length);
}

int tome__is_inside(tome *map, tome_range range) {
  os_stat status;
  return tome__inside(tome__size(map), range.offset, range.length) ||
         (adopt(map, 0, &status) == 0 && tome__inside(tome__size(map), range.offset, range.length));
}

int tome_refresh(tome *map) {
  int r = adopt_locking(map, 1);
  return r < 0 ? tome__fail_at(map, __func__, r, (tome_range){0, 0}) : 0;
}

/* Only a file that is open for writing has a size that can be changed. */
static int check_growable(tome *map, const char *operation) {
  if (!(map->flags & TOME_WRITE))
    return tome__fail(map->path, (failure){.operation = operation,
                                           .code = TOME_EREADONLY,
                                           .detail = "open it with TOME_WRITE"});
  if (map->kind == TOME_KIND_BLOCK)
    return tome__fail(map->path, (failure){.operation = operation,
                                           .code = TOME_ENOTSUP,
                                           .detail = "a device has the size it has"});
  return 0;
}

/* Whether the map reaches to the end of the file; if not, bytes of someone else's lie behind it. */
static int is_last(const tome *map, const os_stat *status) {
  return map->origin + tome__size(map) >= status->size;
}

/* What live views may have stored behind the end of a file that was cut is noted before the file grows over it. Under
 * map->lock. */
static void note_views(tome *map, uint64_t file_size) {
  if (map->can_be_cut)
    tome__raise(&map->stored_end, tome__views_stored_end(map));
  tome__note_cut(map, file_size);
}

/* What was stored behind the end of a file that was cut is still in its last page. Some file systems (tmpfs) show it again
 * when the file grows. Under map->lock. */
static int clear_behind(tome *map, uint64_t file_size) {
  if (!map->stored_behind || file_size % tome__os_system()->page == 0)
    return 0;
  return tome__window_clear_behind(map, file_size);
}

/* ---- resize; under map->lock ---- */

/* 1: a view is in the way. */
static int shrink(tome *map, const os_stat *status, uint64_t size) {
  if (tome__view_beyond(map, size))
    return 1;
  if (!is_last(map, status))
    return 0; /* what was stored there stays in the file */
  int r = tome__os_truncate(&map->file, map->origin + size);
  if (r < 0)
    return r;
  uint64_t stored = atomic_load(&map->stored_end);
  if (stored > size)
    atomic_store(&map->stored_end, size);
  return 0;
}

/* `known` is the size that the caller knew: what he asked to grow is not cut because someone else has made it larger. */
static int resize(tome *map, uint64_t size, uint64_t known) {
  os_stat status;
  int r = adopt(map, 1, &status);
  if (r < 0)
    return r;
  if (size > INT64_MAX - map->origin)
    return TOME_EFBIG;
  uint64_t end = map->origin + size;
  int sparse = (map->flags & TOME_SPARSE) || map->kind == TOME_KIND_MEMORY;
  if (size < tome__size(map) && size < known)
    r = shrink(map, &status, size);
  else if (end > status.size) {
    note_views(map, status.size);
    r = clear_behind(map, status.size);
    if (r == 0)
      r = tome__os_extend(&map->file, status.size, end, sparse);
  } else if (size >= known)
    end = status.size;
  if (r != 0)
    return r;
  if (map->limit != TOME_END)
    map->limit = size;
  set_size(map, size_in(map, end));
  return 0;
}

/* What the system means by TOME_EBUSY. */
static int fail_mapped(const tome *map, tome_range range) {
  return tome__fail(map->path,
                    (failure){.operation = "tome_resize",
                              .code = TOME_EBUSY,
                              .system = tome__os_last_error(),
                              .offset = range.offset,
                              .length = range.length,
                              .detail = "another program runs it or, on Windows, has it "
                                        "mapped, or a copy (TOME_COPY) of it is open here"});
}

int tome_resize(tome *map, uint64_t size) {
  uint64_t known = tome__size(map);
  int r = check_growable(map, __func__);
  if (r < 0)
    return r;
  tome__os_mutex_lock(&map->lock);
  r = resize(map, size, known);
  tome__os_mutex_unlock(&map->lock);
  tome__guard_heal(map);
  if (r > 0)
    return tome__fail(map->path, (failure){.operation = __func__,
                                           .code = TOME_EBUSY,
                                           .offset = size,
                                           .length = known - size,
                                           .detail = "a view covers bytes that would be cut"});
  uint64_t from = size < known ? size : known;
  tome_range range = {from, (size < known ? known : size) - from};
  if (r == TOME_EBUSY)
    return fail_mapped(map, range);
  return r < 0 ? tome__fail_at(map, __func__, r, range) : 0;
}

/* The file now holds stores of ours up to `end`. Under map->lock. */
static void grown_to(tome *map, uint64_t end) {
  if (map->limit != TOME_END)
    map->limit = end;
  if (map->can_be_cut)
    tome__raise(&map->stored_end, end);
  if (end > tome__size(map))
    set_size(map, end);
}

/* ---- append; under map->lock ---- */

static int append(tome *map, const void *data, size_t length, uint64_t *ret_offset) {
  os_stat status;
  uint64_t at = 0;
  int r = adopt(map, 1, &status);
  if (r < 0)
    return r;
  if (map->limit != TOME_END && !is_last(map, &status))
    return TOME_ERANGE;
  if (length > INT64_MAX - status.size || status.size < map->origin)
    return status.size < map->origin ? TOME_ERANGE : TOME_EFBIG;
  note_views(map, status.size);
  r = tome__os_append(&map->file, status.size, data, length, &at);
  if (r < 0)
    return r;
  grown_to(map, at + length - map->origin);
  *ret_offset = at - map->origin;
  return 0;
}

int tome_append(tome *map, const void *data, size_t length, uint64_t *ret_offset) {
  int r = check_growable(map, __func__);
  if (r < 0)
    return r;
  uint64_t offset = tome__size(map);
  if (length > 0) {
    tome__os_mutex_lock(&map->lock);
    r = append(map, data, length, &offset);
    tome__os_mutex_unlock(&map->lock);
  }
  if (r < 0)
    return tome__fail_at(map, __func__, r, (tome_range){offset, length});
  if (ret_offset)
    *ret_offset = offset;
  return 0;
}

/* ---- writing past the end ---- */

/* A failed write may have made the file longer, or given it blocks behind its end. If it still ends where that write left it,
 * nobody has added to it. */
static void undo(tome *map, const os_stat *before, uint64_t left_at) {
  int system = tome__os_last_error();
  os_stat now;
  if (tome__os_stat(&map->file, &now) == 0 && now.size == left_at &&
      (left_at > before->size || now.allocated > before->allocated))
    tome__os_cut_back(&map->file, before->size);
  tome__os_set_error(system);
}

/* Blocks for the gap, which count as zeros as soon as the file reaches beyond them: the write that follows makes it longer in
 * one step. Where blocks cannot be had so, zeros are written. */
static int allocate_gap(tome *map, const os_stat *before, uint64_t from, uint64_t *ret_end) {
  int r = tome__os_allocate(&map->file, before->size, from - before->size);
  if (r == TOME_ENOTSUP) {
    *ret_end = from;
    return tome__os_extend(&map->file, before->size, from, 0);
  }
  if (r < 0)
    undo(map, before, before->size);
  return r;
}

static int write_beyond(tome *map, const os_stat *before, uint64_t offset, const char *data,
                        size_t length, size_t inside) {
  uint64_t from = map->origin + offset + inside, end = before->size;
  int gap = from > before->size;
  size_t written = 0;
  int r = gap ? clear_behind(map, before->size) : 0;
  if (r == 0 && gap && !(map->flags & TOME_SPARSE))
    r = allocate_gap(map, before, from, &end);
  if (r < 0)
    return r;
  r = tome__os_write(&map->file, from, data + inside, length - inside, &written);
  if (r < 0)
    undo(map, before, written ? from + written : end);
  else
    grown_to(map, offset + length);
  return r;
}

int tome__grow_write(tome *map, uint64_t offset, const void *data, size_t length, size_t inside) {
  os_stat status;
  tome__os_mutex_lock(&map->lock);
  int r = tome__os_stat(&map->file, &status);
  if (r == 0)
    note_views(map, status.size);
  if (r == 0 && !is_last(map, &status) && map->limit != TOME_END)
    r = TOME_ERANGE;
  else if (r == 0 && (!is_last(map, &status) || offset + inside < tome__size(map)))
    r = 1;
  else if (r == 0)
    r = write_beyond(map, &status, offset, data, length, inside);
  tome__os_mutex_unlock(&map->lock);
  return r;
}

int tome__grow_split(tome *map, uint64_t offset, size_t length, size_t *ret_inside) {
  int r = adopt_locking(map, (map->flags & TOME_GROW) != 0);
  if (r < 0)
    return r;
  uint64_t size = tome__size(map);
  *ret_inside = length;
  if (tome__inside(size, offset, length))
    return 0;
  if (!(map->flags & TOME_GROW) || length > UINT64_MAX - offset)
    return TOME_ERANGE;
  if (map->kind == TOME_KIND_BLOCK)
    return TOME_ENOTSUP;
  if (offset > INT64_MAX - map->origin || length > INT64_MAX - map->origin - offset)
    return TOME_EFBIG;
  *ret_inside = length && offset < size ? (size_t)(size - offset) : 0;
  return 0;
}
