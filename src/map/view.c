/* Views.
 *
 * A view is entered in a table (view_table.c), so that no resize cuts what it covers; it pins its window, and remembers the
 * generation of losses at which it began, so that its end can tell what it met. */
#include "advice.h"
#include "failure.h"
#include "lost_pages.h"
#include "map_state.h"
#include "os.h"

#include <tome/error.h>
#include <tome/view.h>

enum { ENTRY, BEFORE, WINDOW }; /* of tome_view.internal */

/* In BEFORE, beside the generation. */
#define STORES ((uint64_t)1 << 63) /* the view may have stored into the file */
#define LOOKS                                                                                      \
  ((uint64_t)1                                                                                     \
   << 62) /* its end may look at the last page: that reads nothing, or no more than was wanted */

/* Up to here a view asks for all of its pages. */
#define SMALL ((size_t)128 << 10)

#define KINDS_OF_READING (TOME_VIEW_RANDOM | TOME_VIEW_SEQUENTIAL)

/* A view that is to begin. */
typedef struct wish {
  tome_range range;
  void *data;
  uint32_t intent;
  int stores; /* into the file */
} wish;

/* Stores through a pointer cannot fail, so what can be made sure of is made sure of now. */
static int get_blocks(tome *map, uint64_t offset, size_t length) {
  uint64_t at = offset + map->lead;
  int based = length > 0 && tome__inside(tome__reach(map), offset, length);
  if (map->access & OS_PRIVATE) { /* from now on the file does not speak for these bytes */
    tome__pageset_add(&map->stored, at, length);
    return 0;
  }
  if ((map->flags & TOME_SPARSE) || map->kind == TOME_KIND_MEMORY ||
      (based && tome__pageset_has(&map->stored, at, length)))
    return 0;
  return tome__allocate(map, offset, length);
}

/* Most views are small and looked at all over. Left to a fault, the first look would read megabytes around them; so they ask
 * for their own pages, unless they go on where the last one ended. Returns whether the view's end may look at its last page. */
static int fetch(tome *map, const wish *w) {
  uint64_t at = w->range.offset + map->lead, length = w->range.length;
  int based = tome__inside(tome__reach(map), w->range.offset, length);
  if (length == 0)
    return 1;
  if (length > SMALL || (w->intent & KINDS_OF_READING))
    return based && tome__pageset_has(&map->known, at + length - 1, 1);
  if (map->kind == TOME_KIND_MEMORY)
    return 1;
  if (based && tome__pageset_has(&map->known, at, length) &&
      (!tome__time_to_look(map, w->range.offset, length) ||
       tome__still_there(map, w->range.offset, length)))
    return 1;
  int goes_on = tome__read_goes_on(map, w->range.offset, length);
  int missing = !goes_on && !tome__os_is_resident(w->data, (size_t)length);
  if (goes_on || missing)
    tome__advice_notice(map, goes_on);
  if (missing) {
    tome__os_will_need(w->data, (size_t)length);
    tome__count_asked(&map->counters, tome__whole_pages(map, w->range));
  }
  if (based)
    tome__pageset_add(&map->known, at, length);
  return 1;
}

/* A large view is not like the reads that the map has noticed: the system may read ahead in it. Pre: map->lock held. */
static void advise(tome *map, const wish *w, uint64_t key) {
  view_entry *entry = tome__view_entry(map, key);
  if (map->kind == TOME_KIND_MEMORY)
    return;
  if (w->intent & TOME_VIEW_RANDOM)
    tome__advice_view(map, entry, w->data, TOME_ADVICE_RANDOM);
  else if (w->intent & TOME_VIEW_SEQUENTIAL)
    tome__advice_view(map, entry, w->data, TOME_ADVICE_SEQUENTIAL);
  else if (w->range.length > SMALL && map->notices)
    tome__advice_view(map, entry, w->data, TOME_ADVICE_NOTICE);
}

/* The size is looked at again under the lock: a resize may have come in between, or a refresh that saw the file cut before all
 * this. A view that may store counts as having stored, at any time. */
static int enter(tome *map, const wish *w, uint64_t *ret_key) {
  int r = 0;
  tome__os_mutex_lock(&map->lock);
  if (!tome__is_inside(map, w->range))
    r = TOME_ERANGE;
  else if (!(*ret_key = tome__view_enter(map, w->range, w->stores)))
    r = TOME_ENOMEM;
  else {
    if (w->stores && w->range.length && map->can_be_cut)
      tome__raise(&map->stored_end, tome__range_end(w->range));
    if (w->range.length > SMALL || (w->range.length && (w->intent & KINDS_OF_READING)))
      advise(map, w, *ret_key);
  }
  tome__os_mutex_unlock(&map->lock);
  return r;
}

static const char *wrong_intent(uint32_t intent) {
  if (intent & ~(TOME_VIEW_WRITE | KINDS_OF_READING))
    return "unknown intent";
  if ((intent & KINDS_OF_READING) == KINDS_OF_READING)
    return "TOME_VIEW_RANDOM and TOME_VIEW_SEQUENTIAL exclude each other";
  return NULL;
}

static int check_intent(tome *map, uint64_t offset, size_t length, uint32_t intent) {
  const char *wrong = wrong_intent(intent);
  if (wrong)
    return tome__fail(
        map->path, (failure){.operation = "tome_view_begin", .code = TOME_EINVAL, .detail = wrong});
  int r = intent & TOME_VIEW_WRITE ? tome__check_writable(map, "tome_view_begin") : 0;
  return r < 0 ? r : tome__check_range(map, "tome_view_begin", offset, length);
}

/* Memory for a view; an empty one needs none, but gets an address all the same. */
static int pin(tome *map, uint64_t offset, size_t length, unsigned char **ret_data,
               window **ret_window) {
  static unsigned char nothing;
  size_t available;
  if (length > 0)
    return tome__window_pin(map, offset, length, ret_data, &available, ret_window);
  *ret_data = map->base && offset <= tome__reach(map) ? map->base + offset : &nothing;
  *ret_window = NULL;
  return 0;
}

int tome_view_begin(tome *map, uint64_t offset, size_t length, uint32_t intent,
                    tome_view *ret_view) {
  unsigned char *data;
  window *pinned;
  uint64_t key = 0;
  int looks = 0;
  int r = check_intent(map, offset, length, intent);
  if (r < 0)
    return r;
  r = pin(map, offset, length, &data, &pinned);
  if (r < 0)
    return tome__fail_at(map, __func__, r, (tome_range){offset, length});
  int stores = (intent & TOME_VIEW_WRITE) && !(map->access & OS_PRIVATE);
  wish w = {{offset, length}, data, intent, stores};
  if (intent & TOME_VIEW_WRITE)
    r = get_blocks(map, offset, length);
  if (r == 0)
    looks = fetch(map, &w);
  if (r == 0)
    r = enter(map, &w, &key);
  if (r < 0) {
    r = tome__fail_at(map, __func__, r, w.range);
    tome__window_unpin(map, pinned);
    return r;
  }
  *ret_view = (tome_view){.data = data, .length = length, .offset = offset, .map = map};
  ret_view->internal[ENTRY] = key;
  ret_view->internal[BEFORE] =
      tome__guard_before(map) | (stores ? STORES : 0) | (looks ? LOOKS : 0);
  ret_view->internal[WINDOW] = (uint64_t)(uintptr_t)pinned;
  return 0;
}

/* Where looking would read what nobody wanted, the file's size says as much. */
static int tail_is_suspect(const tome_view *view) {
  const unsigned char *data = view->data;
  if (view->internal[BEFORE] & (view->map->can_be_cut ? STORES : 0))
    return 1;
  return view->internal[BEFORE] & LOOKS ? tome__tail_is_suspect(view->map, data + view->length)
                                        : view->map->can_be_cut;
}

/* As after a copy; what was stored is not looked at but left to the next flush. */
static int what_was_lost(const tome_view *view, tome_range *ret_lost) {
  tome *map = view->map;
  uint64_t before = view->internal[BEFORE] & ~(STORES | LOOKS);
  if (!map->guarded || view->length == 0)
    return 0;
  if ((view->internal[BEFORE] & STORES) && map->can_be_cut)
    tome__raise(&map->stored_end, view->offset + view->length);
  int suspect = tail_is_suspect(view);
  if (!tome__guard_intact(map, before) &&
      tome__guard_settle(map, before, view->offset, view->length, ret_lost))
    return 1;
  return suspect && tome__guard_is_cut(map, view->offset, view->length, ret_lost);
}

int tome_view_end(tome_view *view) {
  if (!view || !view->map)
    return 0;
  tome *map = view->map;
  tome_range range = {0, 0};
  tome__os_mutex_lock(&map->lock);
  int live = tome__view_is_live(map, view->internal[ENTRY]);
  tome__os_mutex_unlock(&map->lock);
  int lost = live && what_was_lost(view, &range);
  /* Only now: until it was looked at no resize cuts it. */
  tome__os_mutex_lock(&map->lock);
  live = tome__view_leave(map, view->internal[ENTRY]);
  if (live)
    tome__advice_view_end(map, tome__view_entry(map, view->internal[ENTRY]), view->data);
  tome__os_mutex_unlock(&map->lock);
  if (live)
    tome__window_unpin(map, (window *)(uintptr_t)view->internal[WINDOW]);
  *view = (tome_view){.offset = view->offset};
  if (!lost)
    return 0;
  tome__guard_heal(map);
  return tome__map_fail(map, __func__, TOME_ELOST, 0, range.offset, range.length);
}
