/* Reading by copying.
 *
 * A page that was not read before is read with pread: one system call, exactly these bytes from the disk, and a cut or a
 * bad sector is a return value. Touching it in the mapping instead would let the kernel read megabytes around it. From
 * then on the page is `known` and read as memory. */
#include "advice.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <string.h>
#include <tome/access.h>
#include <tome/error.h>

/* A longer read can afford to look first; see advice.c. */
#define MOST_QUICK ((size_t)16 << 10)

/* Copy out of mapped memory. Pre: length > 0. Returns 0, or TOME_ELOST and the bytes concerned. */
static inline int copy_out(tome *map, const unsigned char *from, uint64_t offset, void *buffer,
                           size_t length, tome_range *ret_lost) {
  uint64_t before = tome__guard_before(map);
  memmove(buffer, from, length);
  int suspect = tome__tail_is_suspect(map, from + length);
  int intact = tome__guard_intact(map, before);
  if (LIKELY(intact && !suspect))
    return 0;
  if (!intact && tome__guard_settle(map, before, offset, length, ret_lost))
    return TOME_ELOST;
  return suspect && tome__guard_is_cut(map, offset, length, ret_lost) ? TOME_ELOST : 0;
}

/* What a failed pread lost: a sector at least, of which we know nothing but its beginning. */
static tome_range page_from(tome *map, uint64_t at, uint64_t end) {
  uint64_t page = tome__os_system()->page;
  uint64_t next = at + page - (map->origin + at) % page;
  return (tome_range){at, (next < end ? next : end) - at};
}

/* Why it is read. */
enum purpose {
  TO_KNOW,   /* as memory where it is known; it is known afterwards */
  TO_PASS,   /* by call, and forgotten */
  TO_COLLECT /* by call what the disk was asked for, and counted then; it is known afterwards */
};

/* What is in memory, as far as that can be had without waiting. */
static size_t read_at_once(tome *map, uint64_t offset, void *buffer, size_t length) {
  size_t done = 0;
  if (map->cannot_read_now)
    return 0;
  if (tome__os_read_now(&map->file, map->origin + offset, buffer, length, &done) < 0)
    map->cannot_read_now = 1;
  if (done > 0)
    tome__count_call(&map->counters, done);
  return done;
}

/* The rest. Whether it was waited for can be told only of files that can be asked for what is in memory. */
static int read_waiting(tome *map, uint64_t offset, void *buffer, size_t length,
                        enum purpose purpose, size_t *ret_done) {
  int r = tome__os_read(&map->file, map->origin + offset, buffer, length, ret_done);
  if (*ret_done == 0)
    return r;
  tome__count_call(&map->counters, *ret_done);
  if (!map->cannot_read_now && purpose != TO_COLLECT)
    tome__count_wait(&map->counters, tome__whole_pages(map, (tome_range){offset, *ret_done}));
  return r;
}

static int read_by_call(tome *map, uint64_t offset, void *buffer, size_t length,
                        enum purpose purpose, tome_range *ret_lost) {
  int r = 0, goes_on = purpose == TO_KNOW && tome__read_goes_on(map, offset, length);
  size_t done = purpose == TO_COLLECT ? 0 : read_at_once(map, offset, buffer, length), waited = 0;
  if (done < length)
    r = read_waiting(map, offset + done, (char *)buffer + done, length - done, purpose, &waited);
  if (purpose == TO_KNOW && (goes_on || (waited > 0 && !map->cannot_read_now)))
    tome__advice_notice(map, goes_on);
  done += waited;
  if (r == 0 && done == length)
    return 0;
  if (r == TOME_EIO)
    *ret_lost = page_from(map, offset + done, offset + length);
  else
    *ret_lost = (tome_range){offset + done, length - done};
  return r < 0 && r != TOME_EIO ? r : TOME_ELOST;
}

/* Whether it may be read as memory: what was read before and is there still, and what is nowhere else. */
static int is_in_base(tome *map, uint64_t offset, size_t length, enum purpose purpose) {
  uint64_t at = offset + map->lead;
  if (purpose == TO_KNOW && tome__pageset_has(&map->known, at, length) &&
      (!tome__time_to_look(map, offset, length) || tome__still_there(map, offset, length)))
    return 1;
  return (map->access & OS_PRIVATE) && tome__pageset_may_have(&map->stored, at, length);
}

/* One piece of a read: *ret_done bytes of it. */
static int load_piece(tome *map, uint64_t offset, void *buffer, size_t length, enum purpose purpose,
                      size_t *ret_done, tome_range *ret_lost) {
  unsigned char *data;
  window *pinned;
  int based = tome__inside(tome__reach(map), offset, length);
  if (based && is_in_base(map, offset, length, purpose)) {
    *ret_done = length;
    return copy_out(map, map->base + offset, offset, buffer, length, ret_lost);
  }
  if (!map->forced_window) {
    *ret_done = length;
    int r = read_by_call(map, offset, buffer, length, purpose, ret_lost);
    if (r == 0 && based && purpose != TO_PASS)
      tome__pageset_add(&map->known, offset + map->lead, length);
    return r;
  }
  int r = tome__window_pin(map, offset, 1, &data, ret_done, &pinned);
  /* No address space, or an offset further on than the system can map. */
  if (r == TOME_ENOMEM) {
    *ret_done = length;
    return read_by_call(map, offset, buffer, length, purpose, ret_lost);
  }
  if (r < 0) {
    *ret_lost = (tome_range){offset, length};
    return r;
  }
  *ret_done = *ret_done < length ? *ret_done : length;
  r = copy_out(map, data, offset, buffer, *ret_done, ret_lost);
  tome__window_unpin(map, pinned);
  return r;
}

static int load(tome *map, uint64_t offset, void *buffer, size_t length, enum purpose purpose,
                tome_range *ret_lost) {
  int r = 0;
  for (size_t done = 0, n; r == 0 && done < length; done += n)
    r = load_piece(map, offset + done, (char *)buffer + done, length - done, purpose, &n, ret_lost);
  return r;
}

int tome__reads_exactly(const tome *map) {
  const os_system *system = tome__os_system();
  return system->patch > system->page && !(map->access & OS_PRIVATE);
}

static int read_exactly(tome *map, uint64_t offset, void *buffer, size_t length,
                        tome_range *ret_lost) {
  if (!tome__reads_exactly(map))
    return TOME_ELOST;
  return read_by_call(map, offset, buffer, length, TO_PASS, ret_lost);
}

int tome__pass(tome *map, uint64_t offset, void *buffer, size_t length, tome_range *ret_lost) {
  int r = load(map, offset, buffer, length, TO_PASS, ret_lost);
  return r == TOME_ELOST ? read_exactly(map, offset, buffer, length, ret_lost) : r;
}

int tome__collect(tome *map, uint64_t offset, void *buffer, size_t length, tome_range *ret_lost) {
  return load(map, offset, buffer, length, TO_COLLECT, ret_lost);
}

int tome__load(tome *map, uint64_t offset, void *buffer, size_t length, tome_range *ret_lost) {
  int r = load(map, offset, buffer, length, TO_KNOW, ret_lost);
  if (r == TOME_ELOST) {
    tome__guard_stopped(map, offset + length, ret_lost);
    r = read_exactly(map, offset, buffer, length, ret_lost);
  }
  return r;
}

static int read_carefully(tome *map, uint64_t offset, void *buffer, size_t length) {
  int r = tome__check_range(map, "tome_read", offset, length);
  if (r < 0 || length == 0)
    return r;
  tome_range lost = {offset, length};
  r = tome__load(map, offset, buffer, length, &lost);
  return r < 0 ? tome__fail_at(map, "tome_read", r, lost) : 0;
}

/* Whether a short read is nothing but a copy. Pre: length > 0. */
static inline int is_quick(const tome *map, uint64_t offset, size_t length) {
  return length - 1 < MOST_QUICK && tome__inside(tome__size(map), offset, length) &&
         offset + length <= tome__reach(map) && !tome__may_look(map, offset) &&
         tome__pageset_has_few(&map->known, offset + map->lead, length);
}

int tome_read(tome *map, uint64_t offset, void *buffer, size_t length) {
  if (UNLIKELY(!is_quick(map, offset, length)))
    return read_carefully(map, offset, buffer, length);
  tome_range lost;
  int r = copy_out(map, map->base + offset, offset, buffer, length, &lost);
  if (LIKELY(r == 0))
    return 0;
  tome__guard_heal(map);
  r = read_exactly(map, offset, buffer, length, &lost);
  return r < 0 ? tome__fail_at(map, __func__, r, lost) : 0;
}

static NOINLINE int copy_quickly(tome *map, uint64_t offset, void *buffer, size_t length) {
  tome_range lost;
  if (LIKELY(copy_out(map, map->base + offset, offset, buffer, length, &lost) == 0))
    return 1;
  tome__guard_heal(map);
  return 0;
}

/* The shortest ones make no call, nor does any that this one makes come back here: so no register is saved. What is not good
 * at the first look is read again. */
int tome_read_nowait(tome *map, uint64_t offset, void *buffer, size_t length) {
  if (UNLIKELY(!is_quick(map, offset, length)))
    return 0;
  if (length > MOST_COPIED_SHORT)
    return copy_quickly(map, offset, buffer, length);
  const unsigned char *from = map->base + offset;
  uint64_t before = tome__guard_before(map);
  tome__copy_short(buffer, from, length);
  int suspect = tome__are_zeros(from + length - 1);
  if (LIKELY(!suspect && tome__guard_intact(map, before)))
    return 1;
  return copy_quickly(map, offset, buffer, length);
}
