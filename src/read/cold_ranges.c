#include "cold_ranges.h"

#include "os.h"

#include <stdlib.h>

/* More would gain little by being sorted together. */
#define MOST_COLD 4096

/* Bytes copied in one step, or asked for in one: the kernel takes no more at once. */
#define PIECE ((uint64_t)256 << 10)

/* How far ahead the disk is asked, in bytes of pages: twice as much as keeps any disk at work, as it is asked when half of it
 * is copied. */
#define AHEAD ((uint64_t)8 << 20)

void tome__cold_begin(cold_ranges *all) {
  all->list = all->few;
  all->count = 0;
  all->room = FEW_COLD;
}

void tome__cold_end(cold_ranges *all) {
  if (all->list != all->few)
    tome__os_free(all->list);
}

/* Once, when the few are full. */
static void make_room(cold_ranges *all, size_t more) {
  size_t room = more < MOST_COLD - FEW_COLD ? FEW_COLD + more : MOST_COLD;
  cold_range *list = tome__os_new(room, sizeof *list);
  if (!list)
    return;
  for (size_t i = 0; i < all->count; i++)
    list[i] = all->few[i];
  all->list = list;
  all->room = room;
}

size_t tome__cold_room(cold_ranges *all, size_t more) {
  if (all->count == all->room && all->list == all->few)
    make_room(all, more);
  return all->room - all->count;
}

/* ---- in the order of the file ---- */

static int compare(const void *a, const void *b) {
  uint64_t x = ((const cold_range *)a)->range.offset, y = ((const cold_range *)b)->range.offset;
  return (x > y) - (x < y);
}

void tome__cold_sort(cold_ranges *all) {
  qsort(all->list, all->count, sizeof *all->list, compare);
}

/* The pages of `range` from `page_end` on, in the file. */
static tome_range new_pages(const tome *map, tome_range range, uint64_t page_end) {
  uint64_t page = tome__os_system()->page;
  uint64_t from = (map->origin + range.offset) & ~(page - 1);
  uint64_t to = (map->origin + range.offset + range.length + page - 1) & ~(page - 1);
  from = from > page_end ? from : page_end;
  return (tome_range){from, to > from ? to - from : 0};
}

int tome__cold_next(const tome *map, const cold_ranges *all, cold_walk *walk, cold_piece *ret) {
  if (walk->index == all->count)
    return 0;
  const cold_range *cold = &all->list[walk->index];
  uint64_t rest = cold->range.length - walk->done;
  ret->range = (tome_range){cold->range.offset + walk->done, rest < PIECE ? rest : PIECE};
  ret->span = cold->span;
  ret->is_last = ret->range.length == rest;
  ret->pages = new_pages(map, ret->range, walk->page_end);
  walk->done = ret->is_last ? 0 : walk->done + ret->range.length;
  walk->index += (size_t)ret->is_last;
  walk->passed += ret->pages.length;
  if (ret->pages.length)
    walk->page_end = ret->pages.offset + ret->pages.length;
  return 1;
}

/* ---- asking ---- */

/* What is in memory already is cheaper to find out than to ask for, and does not count. */
static void ask(tome *map, tome_range pages) {
  uint64_t there = pages.length ? tome__os_in_memory(&map->file, pages.offset, pages.length) : 0;
  uint64_t missing = there == UINT64_MAX ? pages.length : pages.length - there;
  if (there != UINT64_MAX && there >= pages.length)
    return;
  tome__os_read_ahead(&map->file, pages.offset, pages.length);
  tome__count_asked(&map->counters, missing);
}

/* What lies side by side is asked for in one. */
static void ask_up_to(cold_asking *a, uint64_t passed) {
  tome_range pending = {0, 0};
  cold_piece piece;
  while (!a->is_over && a->walk.passed < passed) {
    if (!tome__cold_next(a->map, a->all, &a->walk, &piece)) {
      a->is_over = 1;
    } else if (piece.pages.length == 0) {
      continue;
    } else if (pending.length && pending.offset + pending.length == piece.pages.offset &&
               pending.length + piece.pages.length <= PIECE) {
      pending.length += piece.pages.length;
    } else {
      ask(a->map, pending);
      pending = piece.pages;
    }
  }
  ask(a->map, pending);
}

void tome__cold_ask(cold_asking *a, const cold_walk *other) {
  if (a->walk.passed < other->passed + AHEAD / 2)
    ask_up_to(a, other->passed + AHEAD);
}

void tome__cold_ask_all(cold_asking *a) {
  ask_up_to(a, UINT64_MAX);
}
