/* Reading and writing by copying.
 *
 * A page that was not read before is read with pread: one system call, exactly these bytes from the disk, and a cut or a bad
 * sector is a return value. Touching it in the mapping instead would let the kernel read megabytes around it. From then on
 * the page is `known` and read as memory. A page that was not stored into before is first made writable, with its blocks,
 * by one call that fails without a signal; from then on it is `stored` and written as memory. */
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/access.h>
#include <tome/error.h>
#include <tome/info.h>

/* Stored at once after their blocks were made sure of. */
#define PIECE ((size_t)1 << 20)

/* ---- reading ---- */

/* Copy out of mapped memory. Pre: length > 0. Returns 0, or TOME_ELOST and the bytes concerned. */
static inline int copy_out(tome *map, const unsigned char *from, uint64_t offset, void *buffer,
                           size_t length, tome_range *ret_lost) {
  uint64_t before = tome__guard_before(map);
  memmove(buffer, from, length);
  int suspect = tome__tail_is_suspect(map, from + length);
  if (tome__guard_intact(map, before) && !suspect)
    return 0;
  if (tome__guard_settle(map, before, offset, length, ret_lost))
    return TOME_ELOST;
  return suspect && tome__guard_is_cut(map, offset, length, ret_lost) ? TOME_ELOST : 0;
}

/* What a failed pread lost: a sector at least, of which we know nothing but its beginning. */
static tome_range page_from(tome *map, uint64_t at, uint64_t end) {
  uint64_t page = tome__os_system()->page;
  uint64_t next = at + page - (map->origin + at) % page;
  return (tome_range){at, (next < end ? next : end) - at};
}

static int read_by_call(tome *map, uint64_t offset, void *buffer, size_t length,
                        tome_range *ret_lost) {
  size_t done = 0;
  int r = tome__os_read(&map->file, map->origin + offset, buffer, length, &done);
  if (r == 0 && done == length)
    return 0;
  if (r == TOME_EIO)
    *ret_lost = page_from(map, offset + done, offset + length);
  else
    *ret_lost = (tome_range){offset + done, length - done};
  return r < 0 && r != TOME_EIO ? r : TOME_ELOST;
}

/* One piece of a read: *ret_done bytes of it. */
static int read_piece(tome *map, uint64_t offset, void *buffer, size_t length, size_t *ret_done,
                      tome_range *ret_lost) {
  unsigned char *data;
  window *pinned;
  int based = tome__inside(map->reach, offset, length);
  uint64_t at = offset + map->lead;
  if (based && (tome__pageset_has(&map->known, at, length) ||
                ((map->access & OS_PRIVATE) && tome__pageset_has_any(&map->stored, at, length)))) {
    *ret_done = length;
    return copy_out(map, map->base + offset, offset, buffer, length, ret_lost);
  }
  if (!map->forced_window) {
    *ret_done = length;
    int r = read_by_call(map, offset, buffer, length, ret_lost);
    if (r == 0 && based)
      tome__pageset_add(&map->known, at, length);
    return r;
  }
  int r = tome__window_pin(map, offset, 1, &data, ret_done, &pinned);
  if (r < 0)
    return r;
  *ret_done = *ret_done < length ? *ret_done : length;
  r = copy_out(map, data, offset, buffer, *ret_done, ret_lost);
  tome__window_unpin(map, pinned);
  return r;
}

/* An access that was to go on to `end` stopped at the first loss. If the file was cut there, all the rest is lost. */
static void settle_loss(tome *map, uint64_t end, tome_range *lost) {
  tome_range cut;
  if (map->can_be_cut && tome__guard_is_cut(map, lost->offset, end - lost->offset, &cut) &&
      cut.offset <= lost->offset + lost->length)
    lost->length = end - lost->offset;
  tome__guard_heal(map);
}

/* Fails with the code and, for TOME_ELOST, the bytes; records nothing. Pre: the range is inside the map. */
static int read_all(tome *map, uint64_t offset, void *buffer, size_t length, tome_range *ret_lost) {
  int r = 0;
  for (size_t done = 0, n; r == 0 && done < length; done += n)
    r = read_piece(map, offset + done, (char *)buffer + done, length - done, &n, ret_lost);
  if (r == TOME_ELOST)
    settle_loss(map, offset + length, ret_lost);
  return r;
}

static int fail_access(tome *map, const char *operation, int code, tome_range lost) {
  int system = code == TOME_ELOST ? 0 : tome__os_last_error();
  return tome__map_fail(map, operation, code, system, lost.offset, lost.length);
}

static int read_carefully(tome *map, uint64_t offset, void *buffer, size_t length) {
  int r = tome__check_range(map, "tome_read", offset, length);
  if (r < 0 || length == 0)
    return r;
  tome_range lost = {offset, length};
  r = read_all(map, offset, buffer, length, &lost);
  return r < 0 ? fail_access(map, "tome_read", r, lost) : 0;
}

int tome_read(tome *map, uint64_t offset, void *buffer, size_t length) {
  if (UNLIKELY(length == 0 || !tome__inside(tome__size(map), offset, length) ||
               !tome__inside(map->reach, offset, length) ||
               !tome__pageset_has(&map->known, offset + map->lead, length)))
    return read_carefully(map, offset, buffer, length);
  tome_range lost;
  int r = copy_out(map, map->base + offset, offset, buffer, length, &lost);
  if (LIKELY(r == 0))
    return 0;
  tome__guard_heal(map);
  return fail_access(map, __func__, r, lost);
}

/* ---- storing ---- */

int tome__allocate(tome *map, uint64_t offset, uint64_t length) {
  if (length == 0 || (map->access & OS_PRIVATE) || map->kind == TOME_KIND_BLOCK)
    return 0;
  return tome__os_allocate(&map->file, map->origin + offset, length);
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
  if (map->can_be_cut && !(map->access & OS_PRIVATE))
    tome__raise(&map->stored_end, offset + length);
  uint64_t before = tome__guard_before(map);
  if (from.data)
    memmove(to, from.data, length);
  else
    memset(to, from.byte, length);
  if (tome__guard_intact(map, before))
    return 0;
  return tome__guard_settle(map, before, offset, length, ret_lost) ? TOME_ELOST : 0;
}

/* Make pages present and writable, blocks and all, without a signal and without reading around them. */
static int prepare(tome *map, unsigned char *at, uint64_t offset, size_t length) {
  tome__os_will_need(at, length);
  int r = tome__os_populate(at, length, OS_WRITE);
  if (r == TOME_ENOTSUP)
    return tome__allocate(map, offset, length);
  if (r == TOME_ELOST)
    return tome__os_store_failure(&map->file, map->origin + offset, length);
  return r;
}

/* A store under way: `length` bytes at `offset` of the map, copied `from`, or only made ready if `from` is NULL. */
typedef struct store {
  tome *map;
  const source *from;
  uint64_t offset, length;
  int ready; /* made ready before */
  tome_range lost;
} store;

/* What the next touch of these pages may rely on. Where overwriting needs new blocks, every store is made ready anew. */
static void remember(tome *map, uint64_t offset, size_t length) {
  if (map->moves_blocks && !(map->access & OS_PRIVATE))
    return;
  tome__pageset_add(&map->stored, offset + map->lead, length);
  tome__pageset_add(&map->known, offset + map->lead, length);
}

/* Up to PIECE bytes are all made ready before the first is stored. */
static int store_piece(store *s, uint64_t done, size_t length) {
  tome *map = s->map;
  unsigned char *to;
  size_t available;
  window *pinned;
  uint64_t offset = s->offset + done;
  int r = tome__window_pin(map, offset, length, &to, &available, &pinned);
  if (r < 0)
    return r;
  int ready = s->ready || (!pinned && tome__pageset_has(&map->stored, offset + map->lead, length));
  if (!ready)
    r = prepare(map, to, offset, length);
  if (r == TOME_ELOST && s->from && map->guarded)
    r = 0; /* storing finds out which bytes, and keeps those before them */
  if (r == 0 && s->from)
    r = copy_in(map, to, offset, source_at(*s->from, (size_t)done), length, &s->lost);
  if (r == 0 && !ready && !pinned)
    remember(map, offset, length);
  tome__window_unpin(map, pinned);
  return r;
}

/* Fails with the code and the bytes in s->lost; records nothing. Pre: the range is inside the map. */
static int store_all(store *s) {
  tome *map = s->map;
  int r = 0;
  /* More than one piece: all blocks first, so that a full disk changes nothing. */
  if (s->length > PIECE && !s->ready)
    r = tome__allocate(map, s->offset, s->length);
  for (uint64_t done = 0; r == 0 && done < s->length; done += PIECE) {
    uint64_t rest = s->length - done;
    s->lost = (tome_range){s->offset + done, rest};
    r = store_piece(s, done, rest < PIECE ? (size_t)rest : PIECE);
  }
  if (r == TOME_ELOST)
    settle_loss(map, s->offset + s->length, &s->lost);
  return r;
}

static int store_bytes(tome *map, const char *operation, uint64_t offset, source from,
                       uint64_t length, int ready) {
  store s = {.map = map, .from = &from, .offset = offset, .length = length, .ready = ready};
  int r = store_all(&s);
  return r < 0 ? fail_access(map, operation, r, s.lost) : 0;
}

int tome__make_ready(tome *map, uint64_t offset, size_t length) {
  store s = {.map = map, .offset = offset, .length = length};
  return store_all(&s);
}

static int write_carefully(tome *map, uint64_t offset, const void *data, size_t length) {
  int r = tome__check_writable(map, "tome_write");
  if (r < 0)
    return r;
  size_t inside = length;
  int grows = !tome__inside(tome__size(map), offset, length);
  if (grows)
    r = tome__grow_write(map, "tome_write", offset, data, length, &inside);
  if (r < 0)
    return r;
  return store_bytes(map, "tome_write", offset, (source){data, 0}, inside, grows);
}

int tome_write(tome *map, uint64_t offset, const void *data, size_t length) {
  if (UNLIKELY(length == 0 || !tome__inside(tome__size(map), offset, length) ||
               !tome__inside(map->reach, offset, length) ||
               !tome__pageset_has(&map->stored, offset + map->lead, length)))
    return write_carefully(map, offset, data, length);
  tome_range lost;
  int r = copy_in(map, map->base + offset, offset, (source){data, 0}, length, &lost);
  if (LIKELY(r == 0))
    return 0;
  tome__guard_heal(map);
  return fail_access(map, __func__, r, lost);
}

int tome_fill(tome *map, uint64_t offset, uint64_t length, int byte) {
  int r = tome__check_writable(map, __func__);
  if (r < 0)
    return r;
  uint64_t size = tome__size(map);
  if (length == TOME_END && offset <= size)
    length = size - offset;
  r = tome__check_range(map, __func__, offset, length);
  if (r < 0)
    return r;
  return store_bytes(map, __func__, offset, (source){NULL, byte}, length, 0);
}

/* ---- moving ---- */

/* Through a buffer: what could not be read is known before anything is stored. From the end backwards where storing would
 * otherwise run ahead of reading. */
int tome_move(tome *map, uint64_t to, uint64_t from, uint64_t length) {
  unsigned char buffer[16384];
  int r = tome__check_writable(map, __func__);
  if (r == 0)
    r = tome__check_range(map, __func__, from, length);
  if (r == 0)
    r = tome__check_range(map, __func__, to, length);
  if (r < 0)
    return r;
  r = to == from ? 0 : tome__allocate(map, to, length);
  if (r < 0)
    return fail_access(map, __func__, r, (tome_range){to, length});
  for (uint64_t done = 0; to != from && done < length;) {
    size_t n = length - done < sizeof buffer ? (size_t)(length - done) : sizeof buffer;
    uint64_t at = to < from ? done : length - done - n;
    tome_range lost = {from + at, n};
    r = read_all(map, from + at, buffer, n, &lost);
    if (r < 0)
      return fail_access(map, __func__, r, lost);
    r = store_bytes(map, __func__, to + at, (source){buffer, 0}, n, 0);
    if (r < 0)
      return r;
    done += n;
  }
  return 0;
}
