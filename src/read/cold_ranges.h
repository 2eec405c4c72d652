/* Ranges that may have to come from the disk, in the order of the file.
 *
 * They are collected, a bounded number at a time, and sorted. Two walk over them in the same small steps: the first asks the disk
 * for the pages of each, the second copies, and the first is ahead of the second by so much that the disk is never idle, and by so
 * little that what has come is copied before memory runs short. */
#ifndef TOME_COLD_RANGES_H
#define TOME_COLD_RANGES_H

#include "map_state.h"

#include <tome/gather.h>

/** One of them. */
typedef struct cold_range {
  tome_range range; /* of the map; not empty */
  tome_span *span;  /* whose it is, or NULL */
} cold_range;

#define FEW_COLD 16

/** The collection. `list` is `few` as long as these will do, or where there is no memory. */
typedef struct cold_ranges {
  cold_range *list;
  size_t count;
  size_t room;
  cold_range few[FEW_COLD];
} cold_ranges;

void tome__cold_begin(cold_ranges *all);
void tome__cold_end(cold_ranges *all);
/** Make room for some of `more`; how many there is room for. 0: full, so what was collected is to be dealt with. */
size_t tome__cold_room(cold_ranges *all, size_t more);
/** Pre: there is room. */
static inline void tome__cold_add(cold_ranges *all, tome_range range, tome_span *span) {
  all->list[all->count++] = (cold_range){range, span};
}

/** A part of one of them that is dealt with in one step. */
typedef struct cold_piece {
  tome_range range;
  tome_span *span;
  int is_last;      /* of its span */
  tome_range pages; /* of the file: those that it touches and no piece before it did */
} cold_piece;

/** Where one who walks over them is. */
typedef struct cold_walk {
  size_t index;
  uint64_t done;     /* bytes of that range */
  uint64_t page_end; /* in the file: up to where the pages were passed */
  uint64_t passed;   /* bytes of all pages passed */
} cold_walk;

/** Sort what was collected. */
void tome__cold_sort(cold_ranges *all);
/** The next piece; 0 if there is none. */
int tome__cold_next(const tome *map, const cold_ranges *all, cold_walk *walk, cold_piece *ret);

/** One who asks ahead. Begin with {map, all}. */
typedef struct cold_asking {
  tome *map;
  const cold_ranges *all;
  cold_walk walk;
  int is_over;
} cold_asking;

/** Have asked for all that the other has come to, and as far ahead as is good. */
void tome__cold_ask(cold_asking *a, const cold_walk *other);
/** Ask for everything. */
void tome__cold_ask_all(cold_asking *a);

#endif
