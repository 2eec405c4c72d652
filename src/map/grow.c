/* Changing the size, and adopting what others made of it.
 *
 * The file grows first, the map's size after it, both under the map's lock; readers meanwhile go by the old size. Nothing is
 * ever mapped or moved for it: the base reaches beyond the end of the file from the start. */
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <tome/access.h>
#include <tome/error.h>

void tome__set_size(tome *map, uint64_t size) {
  tome__raise(&map->promised, size);
  atomic_store_explicit(&map->size, size, memory_order_release);
}

/* The size the map would have, were the file `file_size` bytes long. */
static uint64_t size_in(const tome *map, uint64_t file_size) {
  uint64_t size = file_size > map->origin ? file_size - map->origin : 0;
  if (size > map->limit)
    size = map->limit;
  if ((map->access & OS_PRIVATE) && size > map->reach)
    size = map->reach; /* private pages cannot be in windows that come and go */
  return size;
}

int tome__adopt(tome *map, int shrink) {
  os_stat status;
  int r = tome__os_stat(&map->file, &status);
  if (r < 0)
    return r;
  uint64_t size = size_in(map, status.size);
  if (shrink || size > tome__size(map))
    tome__set_size(map, size);
  return 0;
}

static int adopt_locking(tome *map, int shrink) {
  tome__os_mutex_lock(&map->lock);
  int r = tome__adopt(map, shrink);
  tome__os_mutex_unlock(&map->lock);
  return r;
}

int tome__check_range(tome *map, const char *operation, uint64_t offset, uint64_t length) {
  if (tome__inside(tome__size(map), offset, length))
    return 0;
  if (adopt_locking(map, 0) == 0 && tome__inside(tome__size(map), offset, length))
    return 0;
  return tome__map_fail(map, operation, TOME_ERANGE, 0, offset, length);
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

/* ---- resize; under map->lock ---- */

static int cut(tome *map, const os_stat *status, uint64_t size) {
  if (tome__view_beyond(map, size))
    return TOME_EBUSY;
  if (is_last(map, status)) {
    int r = tome__os_truncate(&map->file, map->origin + size);
    if (r < 0)
      return r;
  }
  uint64_t stored = atomic_load(&map->stored_end);
  if (stored > size)
    atomic_store(&map->stored_end, size);
  return 0;
}

static int resize(tome *map, uint64_t size) {
  os_stat status;
  uint64_t known = tome__size(map);
  int r = tome__os_stat(&map->file, &status);
  if (r < 0)
    return r;
  if (size > INT64_MAX - map->origin)
    return TOME_EFBIG;
  if (size < known)
    r = cut(map, &status, size);
  else if (map->origin + size > status.size)
    r = tome__os_extend(&map->file, status.size, map->origin + size,
                        (map->flags & TOME_SPARSE) || map->kind == TOME_KIND_MEMORY);
  if (r < 0)
    return r;
  if (map->limit != TOME_END)
    map->limit = size;
  uint64_t file_size = map->origin + size;
  if (size > known && file_size < status.size)
    file_size = status.size; /* someone else's growth stays */
  tome__set_size(map, size < known ? size : size_in(map, file_size));
  return 0;
}

int tome_resize(tome *map, uint64_t size) {
  int r = check_growable(map, __func__);
  if (r < 0)
    return r;
  tome__os_mutex_lock(&map->lock);
  r = resize(map, size);
  tome__os_mutex_unlock(&map->lock);
  return r < 0 ? tome__fail_at(map, __func__, r, (tome_range){0, size}) : 0;
}

/* ---- append; under map->lock ---- */

static int append(tome *map, const void *data, size_t length, uint64_t *ret_offset) {
  os_stat status;
  uint64_t at;
  int r = tome__os_stat(&map->file, &status);
  if (r < 0)
    return r;
  if (map->limit != TOME_END && !is_last(map, &status))
    return TOME_ERANGE;
  if (length > INT64_MAX - status.size || status.size < map->origin)
    return status.size < map->origin ? TOME_ERANGE : TOME_EFBIG;
  r = tome__os_append(&map->file, status.size, data, length, &at);
  if (r < 0)
    return r;
  uint64_t end = at + length - map->origin;
  if (map->limit != TOME_END)
    map->limit = end;
  if (end > tome__size(map))
    tome__set_size(map, end);
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

static int write_beyond(tome *map, const os_stat *status, uint64_t offset, const char *data,
                        size_t length, size_t inside) {
  uint64_t from = map->origin + offset + inside;
  int r = 0;
  if (from > status->size && !(map->flags & TOME_SPARSE))
    r = tome__os_extend(&map->file, status->size, from, 0);
  if (r < 0)
    return r;
  r = tome__os_write(&map->file, from, data + inside, length - inside);
  if (r < 0) {
    tome__os_cut_back(&map->file, status->size);
    return r;
  }
  if (map->limit != TOME_END)
    map->limit = offset + length;
  tome__set_size(map, offset + length);
  return 0;
}

int tome__grow_write(tome *map, uint64_t offset, const void *data, size_t length, size_t inside) {
  os_stat status;
  tome__os_mutex_lock(&map->lock);
  int r = tome__os_stat(&map->file, &status);
  if (r == 0 && !is_last(map, &status) && map->limit != TOME_END)
    r = TOME_ERANGE;
  else if (r == 0 && (!is_last(map, &status) || offset + inside < tome__size(map)))
    r = TOME_EBUSY;
  else if (r == 0)
    r = write_beyond(map, &status, offset, data, length, inside);
  tome__os_mutex_unlock(&map->lock);
  return r;
}

int tome__grow_split(tome *map, uint64_t offset, size_t length, size_t *ret_inside) {
  int r = adopt_locking(map, 0);
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
