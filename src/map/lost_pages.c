/* The guard: lost pages become errors.
 *
 * In the fault handler: find the window by address, ask the file whether it has become too short, note the loss, and
 * put zeroed private memory there. After a cut that is the whole lost tail at once, since one patch a page would
 * exhaust the system's count of mappings; after an I/O error it is the one page.
 *
 * `losses` of a map changes before a patch is laid and after one has been taken away again. So an access during which it
 * did not change, and at the end of which there is no patch, has met none. Any other access looks at the notes: it has
 * met a loss if one in its range was patched at any time since the access began.
 *
 * One lock for the process guards windows and notes. Whoever takes it outside the handler blocks all signals first, so
 * the handler never waits for the thread that it interrupted. */
#include "lost_pages.h"

#include "advice.h"
#include "lock.h"

#include <tome/guard.h>
#include <tome/info.h>

static atomic_flag lock_taken = ATOMIC_FLAG_INIT;
static _Atomic(window *) watched; /* under the lock; whole at any moment, for a child of a fork */
static unsigned attached;         /* maps; under the lock */
static int has_forked;            /* under the lock */
static int fork_safe;             /* under the lock */
static atomic_int enabled = 1;

static void lock_in_handler(void) {
  while (atomic_flag_test_and_set_explicit(&lock_taken, memory_order_acquire))
    tome__os_yield();
}

static void unlock_in_handler(void) {
  atomic_flag_clear_explicit(&lock_taken, memory_order_release);
}

static void lock(os_signals *ret_before) {
  tome__os_signals_block(ret_before);
  lock_in_handler();
}

static void unlock(const os_signals *before) {
  unlock_in_handler();
  tome__os_signals_restore(before);
}

/* ---- fork ---- */

/* From now on a child shares anonymous memory, and may shorten it. */
static void before_fork(void) {
  os_signals before;
  lock(&before);
  has_forked = 1;
  for (window *w = watched; w; w = w->watched_next)
    if (w->map->guarded && w->map->kind == TOME_KIND_MEMORY)
      atomic_store(&w->map->can_be_cut, 1);
  unlock(&before);
}

/* Another thread may have held the lock when the child was made, and is not there to give it back. It is not held across
 * the fork instead: others hold their own locks then, and whoever holds one may touch a lost page. What it guards is whole
 * at any moment but for the note of a loss, which the child then hears of less exactly. */
static void after_fork_in_child(void) {
  unlock_in_handler();
  tome__os_fault_forked();
}

/* ---- notes; under the lock ---- */

static uint64_t next_generation(tome *map) {
  int patched = 0;
  for (int i = 0; i < MOST_LOSSES; i++)
    patched |= map->lost[i].range.length && !map->lost[i].healed;
  uint64_t generation = atomic_load(&map->losses) / 2 + 1;
  atomic_store(&map->losses, generation * 2 + (uint64_t)patched);
  return generation;
}

/* What is lost, and all that the patch lies over: the map may have grown into its last page since. */
static tome_range lost_or_patched(const tome *map, const loss *l) {
  uint64_t from = l->patched.offset > map->origin ? l->patched.offset - map->origin : 0;
  uint64_t end = tome__range_end(l->patched);
  uint64_t to = end > map->origin ? end - map->origin : 0;
  return tome__range_hull(l->range, (tome_range){from, to - from});
}

/* A free entry; else the one whose healing is longest ago; NULL if all are patched. */
static loss *entry_for_new(tome *map) {
  loss *oldest = NULL;
  for (int i = 0; i < MOST_LOSSES; i++) {
    loss *l = &map->lost[i];
    if (l->range.length == 0)
      return l;
    if (l->healed && (!oldest || l->healed < oldest->healed))
      oldest = l;
  }
  if (!oldest)
    return NULL;
  map->forgotten_range = tome__range_hull(map->forgotten_range, lost_or_patched(map, oldest));
  if (oldest->healed > map->forgotten)
    map->forgotten = oldest->healed;
  return oldest;
}

/* The patched loss that touches the range, or failing that any: being told of too much is safe. */
static loss *patched_near(tome *map, tome_range range, int any) {
  for (int i = 0; i < MOST_LOSSES; i++) {
    loss *l = &map->lost[i];
    if (l->range.length && !l->healed &&
        (any ||
         (l->range.offset <= tome__range_end(range) && range.offset <= tome__range_end(l->range))))
      return l;
  }
  return NULL;
}

/* `merged`: the patch takes away pages that were not lost. */
static void note(tome *map, tome_range range, tome_range patched, int merged) {
  loss *l = patched_near(map, range, 0);
  if (!l) {
    l = entry_for_new(map);
    if (l)
      *l = (loss){.healed = 0};
    else {
      l = patched_near(map, range, 1);
      merged = 1;
    }
  }
  l->merged |= merged;
  l->range = tome__range_hull(l->range, range);
  l->patched = tome__range_hull(l->patched, patched);
  l->noted = next_generation(map);
}

/* ---- the handler ---- */

static uint64_t round_up(uint64_t offset, uint64_t to) {
  return (offset + to - 1) & ~(to - 1);
}

/* Offsets of the map that a stretch of the file has in it. */
static tome_range in_map(const tome *map, uint64_t from, uint64_t to) {
  uint64_t promised = atomic_load(&map->promised);
  from = from > map->origin ? from - map->origin : 0;
  to = to > map->origin ? to - map->origin : 0;
  if (to > promised)
    to = promised;
  return (tome_range){from, to > from ? to - from : 0};
}

/* Note that `range` of the map is lost, then patch [from, to) of the file. */
static int patch(window *w, tome_range range, uint64_t from, uint64_t to, int merged) {
  note(w->map, range, (tome_range){from, to - from}, merged);
  tome__os_barrier();
  return tome__os_patch(w->address + (from - w->start), (size_t)(to - from), w->map->access) == 0;
}

/* `at` is the file's offset of the page that could not be had. Where a patch is larger than a page, pages that are there are lost
 * with it for as long as it lies there. */
static int deal_with_page(window *w, uint64_t at, uint64_t file_size) {
  tome *map = w->map;
  uint64_t window_end = w->start + w->length;
  uint64_t page = tome__os_system()->page, unit = tome__os_system()->patch;
  uint64_t from = at & ~(unit - 1), to = from + unit, end = to, lost_from = from;
  if (at >= round_up(file_size, page)) {
    uint64_t first = round_up(file_size, page);
    from = first & ~(unit - 1);
    from = from > w->start ? from : w->start;
    lost_from = from < first ? from : file_size;
    end = map->origin + atomic_load(&map->promised);
    to = round_up(end, unit);
  }
  to = to < window_end ? to : window_end;
  if (patch(w, in_map(map, lost_from, end), from, to, unit > page))
    return 1;
  /* Too many mappings, perhaps: one over all of the window makes them fewer. */
  return patch(w, in_map(map, w->start, window_end), w->start, window_end, 1);
}

static window *window_at(uintptr_t address) {
  for (window *w = watched; w; w = w->watched_next)
    if (w->map->guarded && address >= (uintptr_t)w->address &&
        address - (uintptr_t)w->address < w->length)
      return w;
  return NULL;
}

/* The window, and where in its file the page lies; NULL if it is none of ours. Behind what was ever promised is the
 * reservation: an access there is the program's own mistake. */
static window *promised_page(uintptr_t address, uint64_t *ret_at) {
  window *w = window_at(address);
  if (!w)
    return NULL;
  uint64_t page = tome__os_system()->page;
  *ret_at = w->start + ((address - (uintptr_t)w->address) & ~(page - 1));
  return *ret_at < w->map->origin + atomic_load(&w->map->promised) ? w : NULL;
}

/* If the file cannot be asked all of it may be lost; but a private map has its other pages nowhere else, and loses just
 * the one. */
static uint64_t size_or_guess(const os_file *file, int access) {
  os_stat status;
  if (tome__os_stat(file, &status) == 0)
    return status.size;
  return access & OS_PRIVATE ? INT64_MAX : 0;
}

/* A file on a server may take long to tell its size. Others' faults do not wait for that: the lock is given back meanwhile, and
 * the answer is no good if the map has another size by then. */
static int on_lost_page(uintptr_t address, int access) {
  uint64_t at, known = 0, file_size = 0;
  window *w;
  lock_in_handler();
  for (int asked = 0; (w = promised_page(address, &at)); asked = 1) {
    if (asked && known == tome__size(w->map))
      break;
    known = tome__size(w->map);
    os_file file = w->map->file;
    int allowed = w->map->access;
    if ((access & OS_WRITE) && !(allowed & OS_WRITE)) {
      w = NULL; /* the program's own mistake, which no patch would mend */
      break;
    }
    unlock_in_handler();
    file_size = size_or_guess(&file, allowed);
    lock_in_handler();
  }
  int handled = w && deal_with_page(w, at, file_size);
  if (handled)
    tome__count_lost(&w->map->counters);
  unlock_in_handler();
  return handled;
}

/* ---- attaching ---- */

int tome_guard_enable(int on) {
  return atomic_exchange(&enabled, on != 0);
}

int tome__guard_attach(tome *map) {
  int wanted = !(map->flags & TOME_NOGUARD) && atomic_load(&enabled);
  os_signals before;
  tome__os_system(); /* known before the handler asks */
  lock(&before);
  int r = fork_safe ? 0 : tome__os_at_fork(before_fork, NULL, after_fork_in_child);
  fork_safe |= r == 0;
  if (r == 0 && wanted)
    r = tome__os_fault_install(on_lost_page);
  if (r == 0 && wanted) {
    attached++;
    map->guarded = 1;
  }
  unlock(&before);
  return r;
}

void tome__guard_detach(tome *map) {
  if (!map->guarded)
    return;
  os_signals before;
  lock(&before);
  map->guarded = 0;
  if (--attached == 0)
    tome__os_fault_remove();
  unlock(&before);
}

void tome__guard_watch(window *w) {
  os_signals before;
  lock(&before);
  if (has_forked && w->map->guarded && w->map->kind == TOME_KIND_MEMORY)
    atomic_store(&w->map->can_be_cut, 1);
  w->watched_next = watched;
  watched = w;
  unlock(&before);
}

void tome__guard_lengthen(window *w, size_t length) {
  os_signals before;
  lock(&before);
  w->length = length;
  unlock(&before);
}

void tome__guard_unwatch(window *w) {
  os_signals before;
  lock(&before);
  if (watched == w) {
    watched = w->watched_next;
  } else {
    window *before_it = watched;
    while (before_it && before_it->watched_next != w)
      before_it = before_it->watched_next;
    if (before_it)
      before_it->watched_next = w->watched_next;
  }
  unlock(&before);
}

size_t tome__guard_windows(mapped_stretch *ret, size_t room) {
  os_signals before;
  size_t count = 0;
  lock(&before);
  for (const window *w = watched; w; w = w->watched_next, count++)
    if (count < room)
      ret[count] = tome__mapped_stretch(w);
  unlock(&before);
  return count;
}

/* ---- settling ---- */

#define WORD sizeof(tome__eight_bytes)
#define BLOCK (32 * WORD) /* looked at together; divides a page */

/* These bytes are not the caller's: another thread may be storing there, as it may. */
__attribute__((no_sanitize("thread"))) int tome__zeros_to_page_end(const unsigned char *end) {
  size_t page = tome__os_system()->page;
  size_t rest = (page - (uintptr_t)end % page) % page;
  for (; rest % WORD; rest--)
    if (*end++)
      return 0;
  for (; rest % BLOCK; rest -= WORD, end += WORD)
    if (*(const tome__eight_bytes *)end)
      return 0;
  for (; rest; rest -= BLOCK, end += BLOCK) {
    uint64_t any = 0;
    for (size_t i = 0; i < BLOCK; i += WORD)
      any |= *(const tome__eight_bytes *)(end + i);
    if (any)
      return 0;
  }
  return 1;
}

tome_range tome__guard_met(tome *map, uint64_t before, uint64_t since, tome_range all) {
  os_signals signals;
  tome_range lost = {0, 0};
  lock(&signals);
  if (before / 2 < map->forgotten && since < map->forgotten)
    lost = tome__range_overlap(map->forgotten_range, all);
  for (int i = 0; i < MOST_LOSSES; i++) {
    const loss *l = &map->lost[i];
    if (l->noted > since && (!l->healed || l->healed > before / 2))
      lost = tome__range_hull(lost, tome__range_overlap(lost_or_patched(map, l), all));
  }
  unlock(&signals);
  return lost;
}

int tome__guard_settle(tome *map, uint64_t before, uint64_t from, uint64_t length,
                       tome_range *ret_lost) {
  tome_range lost = tome__guard_met(map, before, 0, (tome_range){from, length});
  if (lost.length)
    *ret_lost = lost;
  return lost.length != 0;
}

int tome__guard_is_cut(tome *map, uint64_t from, uint64_t length, tome_range *ret_lost) {
  uint64_t size = tome__os_size_now(&map->file);
  size = size > map->origin ? size - map->origin : 0;
  if (from + length <= size)
    return 0;
  uint64_t first = from > size ? from : size;
  *ret_lost = (tome_range){first, from + length - first};
  return 1;
}

/* ---- healing ---- */

/* A patch that ended with the window then may end amid a unit of it now: the file has grown. */
static int put_back(const window *w, tome_range patched) {
  patched.length = round_up(tome__range_end(patched), tome__os_system()->patch) - patched.offset;
  tome_range here = tome__range_overlap(patched, (tome_range){w->start, w->length});
  if (!w->address || here.length == 0)
    return 0;
  return tome__os_map_over(&w->map->file, here.offset, w->address + (here.offset - w->start),
                           (size_t)here.length, w->map->access);
}

/* Pre: the base is there. */
static int has_stored(const tome *map, tome_range patched) {
  return tome__pageset_may_have(&map->stored, patched.offset - map->base_window.start,
                                patched.length);
}

static void heal(tome *map, loss *l) {
  if (l->merged && (map->access & OS_PRIVATE) && has_stored(map, l->patched))
    return; /* among them are pages that only we had: they stay lost */
  int r = put_back(&map->base_window, l->patched);
  for (window *w = map->windows; w; w = w->next)
    if (put_back(w, l->patched) < 0)
      r = -1;
  if (r < 0)
    return;
  l->healed = atomic_load(&map->losses) / 2 + 1;
  next_generation(map);
}

void tome__guard_heal_locked(tome *map) {
  if (!(atomic_load(&map->losses) & 1))
    return;
  os_signals signals;
  lock(&signals);
  for (int i = 0; i < MOST_LOSSES; i++)
    if (map->lost[i].range.length && !map->lost[i].healed)
      heal(map, &map->lost[i]);
  unlock(&signals);
  tome__advice_mended(map);
  tome__locks_again(map);
}

void tome__guard_heal(tome *map) {
  if (!(atomic_load(&map->losses) & 1))
    return;
  tome__os_mutex_lock(&map->lock);
  tome__guard_heal_locked(map);
  tome__os_mutex_unlock(&map->lock);
}

void tome__guard_stopped(tome *map, uint64_t end, tome_range *lost) {
  tome_range cut;
  if (map->can_be_cut && tome__guard_is_cut(map, lost->offset, end - lost->offset, &cut) &&
      cut.offset <= tome__range_end(*lost))
    lost->length = end - lost->offset;
  tome__guard_heal(map);
}
