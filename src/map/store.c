/* Writing and filling by copying, so that they cannot fail half-way where that can be known before.
 *
 * A page that was not stored into before is first made writable, with its blocks, by one call that fails without a signal.
 * From then on it is `stored` and written as memory. */
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/access.h>
#include <tome/error.h>
#include <tome/info.h>

/* Made ready before the first byte of it is stored. */
#define PIECE ((size_t)1 << 20)

/* Longer ones are left to those who may wait: copying them takes a while. */
#define MOST_QUICK ((size_t)16 << 10)

/* From here on a system call is cheaper than making pages present. */
#define BY_CALL ((size_t)64 << 10)

/* Make pages present and writable, blocks and all, without a signal. A file system that had no block left may have found
 * some while it was asked why; then that was not the end. */
static int make_writable(tome *map, unsigned char *at, uint64_t offset, size_t length) {
  int r = tome__os_populate(at, length, OS_WRITE);
  if (r != TOME_ELOST)
    return r;
  r = tome__os_store_failure(&map->file, map->origin + offset, at, length);
  return r == TOME_ELOST && tome__os_populate(at, length, OS_WRITE) == 0 ? 0 : r;
}

/* Where no call gets blocks, making the pages writable does, one by one. */
static int populate(tome *map, uint64_t offset, uint64_t length) {
  int r = 0;
  for (uint64_t done = 0; r == 0 && done < length; done += PIECE) {
    size_t n = length - done < PIECE ? (size_t)(length - done) : PIECE, available;
    unsigned char *at;
    window *pinned;
    r = tome__window_pin(map, offset + done, n, &at, &available, &pinned);
    if (r < 0)
      return r;
    r = make_writable(map, at, offset + done, n);
    tome__window_unpin(map, pinned);
  }
  return r == TOME_ENOTSUP ? 0 : r;
}

static int has_all_blocks(const tome *map) {
  os_stat status;
  return tome__os_stat(&map->file, &status) == 0 && status.allocated >= status.size;
}

/* Of whole pages: a store into one wants the blocks of all of it, as far as the file goes. */
int tome__allocate(tome *map, uint64_t offset, uint64_t length) {
  if (length == 0 || (map->access & OS_PRIVATE) || map->kind == TOME_KIND_BLOCK)
    return 0;
  const uint64_t size = tome__os_size_now(&map->file), page = tome__os_system()->page;
  uint64_t from = map->origin + offset, end = from + length;
  /* Of a file that was cut, blocks behind the end would stay there, unseen. Storing finds out. */
  if (size < end)
    return 0;
  from -= from % page;
  end += (page - end % page) % page;
  int r = tome__os_allocate(&map->file, from, (end < size ? end : size) - from);
  /* A full xfs refuses although all the blocks are there. */
  if (r == TOME_ENOTSUP || (r == TOME_ENOSPC && has_all_blocks(map)))
    r = populate(map, offset, length);
  return r;
}

/* Bytes to copy, or with data NULL the byte to set. */
typedef struct source {
  const unsigned char *data;
  int byte;
} source;

static source source_at(source from, size_t done) {
  return (source){from.data ? from.data + done : NULL, from.byte};
}

/* Put bytes into mapped memory. Pre: length > 0. Returns 0, or TOME_ELOST and the bytes concerned. */
static inline int copy_in(tome *map, unsigned char *to, uint64_t offset, source from, size_t length,
                          tome_range *ret_lost) {
  uint64_t before = tome__guard_before(map);
  if (from.data)
    tome__copy(to, from.data, length);
  else
    memset(to, from.byte, length);
  int lost = UNLIKELY(!tome__guard_intact(map, before)) &&
             tome__guard_settle(map, before, offset, length, ret_lost);
  uint64_t end = lost ? ret_lost->offset : offset + length;
  if (map->can_be_cut && !(map->access & OS_PRIVATE) && end > offset)
    tome__raise(&map->stored_end, end);
  return lost ? TOME_ELOST : 0;
}

/* Make them so without reading around them. */
static int prepare(tome *map, unsigned char *at, uint64_t offset, size_t length) {
  tome__os_will_need(at, length);
  int r = make_writable(map, at, offset, length);
  return r == TOME_ENOTSUP ? tome__allocate(map, offset, length) : r;
}

/* A store under way: `length` bytes at `offset` of the map. */
typedef struct store {
  tome *map;
  source from;
  uint64_t offset, length;
  enum { READY_AND_STORE, READY_ONLY, STORE_ONLY } steps;
  tome_range lost;
} store;

/* What the next touch of these pages may rely on. Where overwriting needs new blocks, every store is made ready anew. */
static void remember(tome *map, uint64_t offset, size_t length) {
  if (map->moves_blocks && !(map->access & OS_PRIVATE))
    return;
  tome__pageset_add(&map->stored, offset + map->lead, length);
  tome__pageset_add(&map->known, offset + map->lead, length);
}

static int ready_piece(const store *s, unsigned char *to, uint64_t offset, size_t length) {
  tome *map = s->map;
  int based = tome__inside(tome__reach(map), offset, length);
  if (s->steps == STORE_ONLY ||
      (based && tome__pageset_has(&map->stored, offset + map->lead, length)))
    return 0;
  int r = prepare(map, to, offset, length);
  if (r == TOME_ELOST && s->steps == READY_AND_STORE && map->guarded)
    return 0; /* storing finds out which bytes, and keeps those before them */
  if (r == 0 && based)
    remember(map, offset, length);
  return r;
}

/* Pages that were not stored into before, and many of them, are handed over by a system call: it reads nothing of what is
 * replaced and takes no page into our tables. It would make a file longer that another process cuts at this very moment, so the
 * map must be one that may grow. */
static int goes_by_call(const store *s, uint64_t offset, size_t length) {
  tome *map = s->map;
  int based = tome__inside(tome__reach(map), offset, length);
  return length >= BY_CALL && map->writes_by_call && s->steps == READY_AND_STORE &&
         !(map->access & OS_PRIVATE) && map->kind == TOME_KIND_FILE && !map->moves_blocks &&
         !map->forced_window && !(atomic_load(&map->losses) & 1) &&
         !(based && tome__pageset_has(&map->stored, offset + map->lead, length)) &&
         tome__os_size_now(&map->file) >= map->origin + offset + length;
}

static int write_source(tome *map, uint64_t offset, source from, size_t length, size_t *ret_done) {
  unsigned char same[16384];
  if (from.data)
    return tome__os_write(&map->file, map->origin + offset, from.data, length, ret_done);
  memset(same, from.byte, sizeof same);
  int r = 0;
  for (*ret_done = 0; r == 0 && *ret_done < length;) {
    size_t n = length - *ret_done < sizeof same ? length - *ret_done : sizeof same, written;
    r = tome__os_write(&map->file, map->origin + offset + *ret_done, same, n, &written);
    *ret_done += written;
  }
  return r;
}

/* *ret_done less than `length`: the rest is better stored as memory, which finds out exactly what is wrong. */
static int store_by_call(store *s, uint64_t done, size_t length, size_t *ret_done) {
  tome *map = s->map;
  uint64_t offset = s->offset + done;
  *ret_done = 0;
  if (!goes_by_call(s, offset, length))
    return 0;
  int r = s->length > PIECE ? 0 : tome__allocate(map, offset, length);
  if (r < 0)
    return r;
  write_source(map, offset, source_at(s->from, (size_t)done), length, ret_done);
  if (map->can_be_cut && *ret_done > 0)
    tome__raise(&map->stored_end, offset + *ret_done);
  return 0;
}

/* Where windows end with the file, that of a file that was cut holds less: *length. */
static int pin_rest(tome *map, uint64_t offset, size_t *length, unsigned char **ret_to,
                    window **ret_pinned) {
  size_t available;
  tome_range cut;
  int r;
  while ((r = tome__window_pin(map, offset, *length, ret_to, &available, ret_pinned)) ==
             TOME_ELOST &&
         tome__guard_is_cut(map, offset, *length, &cut) && cut.offset > offset)
    *length = (size_t)(cut.offset - offset);
  return r;
}

/* Up to PIECE bytes are all made ready before the first is stored. */
static int store_piece(store *s, uint64_t done, size_t wanted) {
  tome *map = s->map;
  unsigned char *to;
  size_t length = wanted;
  window *pinned;
  uint64_t offset = s->offset + done;
  int r = pin_rest(map, offset, &length, &to, &pinned);
  if (r < 0)
    return r;
  r = ready_piece(s, to, offset, length);
  if (r == 0 &&
      (map->access & OS_PRIVATE)) /* the file does not speak for them any more, come what may */
    remember(map, offset, length);
  if (r == 0 && s->steps != READY_ONLY)
    r = copy_in(map, to, offset, source_at(s->from, (size_t)done), length, &s->lost);
  tome__window_unpin(map, pinned);
  if (r == 0 && length < wanted) {
    s->lost = (tome_range){offset + length, wanted - length};
    return TOME_ELOST;
  }
  return r;
}

/* Fails with the code and the bytes in s->lost; records nothing. Pre: the range is inside the map. */
static int store_all(store *s) {
  tome *map = s->map;
  int r = 0;
  s->lost = (tome_range){s->offset, s->length};
  /* More than one piece: all blocks first, so that a full disk changes nothing. */
  if (s->length > PIECE && s->steps != STORE_ONLY)
    r = tome__allocate(map, s->offset, s->length);
  for (uint64_t done = 0; r == 0 && done < s->length; done += PIECE) {
    uint64_t rest = s->length - done;
    size_t n = rest < PIECE ? (size_t)rest : PIECE, by_call;
    s->lost = (tome_range){s->offset + done, rest};
    r = store_by_call(s, done, n, &by_call);
    if (r == 0 && by_call < n)
      r = store_piece(s, done + by_call, n - by_call);
  }
  if (r == TOME_ELOST)
    tome__guard_stopped(map, s->offset + s->length, &s->lost);
  return r;
}

static int make_ready(tome *map, uint64_t offset, size_t length) {
  store s = {.map = map, .offset = offset, .length = length, .steps = READY_ONLY};
  return store_all(&s);
}

static int store_bytes(tome *map, const char *operation, uint64_t offset, source from,
                       uint64_t length, int ready) {
  store s = {.map = map, .from = from, .offset = offset, .length = length};
  s.steps = ready ? STORE_ONLY : READY_AND_STORE;
  int r = store_all(&s);
  return r < 0 ? tome__fail_at(map, operation, r, s.lost) : 0;
}

int tome__store(tome *map, const char *operation, uint64_t offset, const void *data,
                size_t length) {
  return store_bytes(map, operation, offset, (source){data, 0}, length, 0);
}

/* ---- public ---- */

/* First what can fail without a trace, the blocks inside; then what makes the file longer; then, what cannot fail any more
 * unless bytes are lost. Should the file be made longer by someone else in between, once more. */
static int write_growing(tome *map, uint64_t offset, const void *data, size_t length) {
  size_t inside;
  int r;
  do {
    r = tome__grow_split(map, offset, length, &inside);
    if (r == 0)
      r = make_ready(map, offset, inside);
    if (r == 0 && inside < length)
      r = tome__grow_write(map, offset, data, length, inside);
  } while (r > 0);
  if (r < 0)
    return tome__fail_at(map, "tome_write", r, (tome_range){offset, length});
  return store_bytes(map, "tome_write", offset, (source){data, 0}, inside, 1);
}

static int write_carefully(tome *map, uint64_t offset, const void *data, size_t length) {
  int r = tome__check_writable(map, "tome_write");
  if (r < 0)
    return r;
  if (tome__inside(tome__size(map), offset, length))
    return tome__store(map, "tome_write", offset, data, length);
  return write_growing(map, offset, data, length);
}

/* Whether a short write is nothing but a copy. */
static inline int is_quick(const tome *map, uint64_t offset, size_t length) {
  return length - 1 < MOST_QUICK && tome__inside(tome__size(map), offset, length) &&
         offset + length <= tome__reach(map) &&
         tome__pageset_has_few(&map->stored, offset + map->lead, length);
}

int tome_write(tome *map, uint64_t offset, const void *data, size_t length) {
  if (UNLIKELY(!is_quick(map, offset, length)))
    return write_carefully(map, offset, data, length);
  tome_range lost;
  int r = copy_in(map, map->base + offset, offset, (source){data, 0}, length, &lost);
  if (LIKELY(r == 0))
    return 0;
  tome__guard_heal(map);
  return tome__fail_at(map, __func__, r, lost);
}

static NOINLINE int copy_quickly(tome *map, uint64_t offset, const void *data, size_t length) {
  tome_range lost;
  if (LIKELY(copy_in(map, map->base + offset, offset, (source){data, 0}, length, &lost) == 0))
    return 1;
  tome__guard_heal(map);
  return 0;
}

/* The shortest ones make no call that comes back here, so that no register is saved. Where more is to be done than to copy, that
 * is done by copying again. */
int tome_write_nowait(tome *map, uint64_t offset, const void *data, size_t length) {
  if (UNLIKELY(!is_quick(map, offset, length)))
    return 0;
  if (length > MOST_COPIED_SHORT)
    return copy_quickly(map, offset, data, length);
  uint64_t before = tome__guard_before(map);
  tome__copy_short(map->base + offset, data, length);
  if (LIKELY(tome__guard_intact(map, before) &&
             (atomic_load_explicit(&map->stored_end, memory_order_relaxed) >= offset + length ||
              !atomic_load_explicit(&map->can_be_cut, memory_order_relaxed))))
    return 1;
  return copy_quickly(map, offset, data, length);
}

int tome_fill(tome *map, uint64_t offset, uint64_t length, int byte) {
  int r = tome__check_writable(map, __func__);
  if (r < 0)
    return r;
  r = tome__resolve(map, __func__, offset, &length);
  if (r < 0)
    return r;
  return store_bytes(map, __func__, offset, (source){NULL, byte}, length, 0);
}
