/* A set of pages, one bit each: lock-free, and taking memory only where bits were set. */
#ifndef TOME_PAGESET_H
#define TOME_PAGESET_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define PAGESET_STRETCHES 4096

typedef struct pageset {
  _Atomic uint64_t *bits; /* NULL: the set holds nothing and takes nothing up */
  size_t bytes;           /* of `bits` */
  unsigned shift;         /* log2 of the page */
  unsigned stretch_shift; /* log2 of the bytes of `bits` that are made present at once */
  _Atomic uint64_t present[PAGESET_STRETCHES / 64];
} pageset;

/** A set for `length` bytes of pages. Without memory the set stays empty: it is only ever a shortcut. */
void tome__pageset_init(pageset *set, uint64_t length);
void tome__pageset_release(pageset *set);

/** Empty the set. */
void tome__pageset_clear(pageset *set);

/** Add every page that [offset, offset + length) touches. Pre: inside the length the set was made for. */
void tome__pageset_add(pageset *set, uint64_t offset, uint64_t length);
/** Whether all pages are in the set that [offset, offset + length) touches, when these are more than two words. */
int tome__pageset_has_many(const pageset *set, uint64_t first, uint64_t last);
/** Take out every page that [offset, offset + length) touches. Pages beyond what the set was made for are in no set. */
void tome__pageset_remove(pageset *set, uint64_t offset, uint64_t length);
/** Whether any page may be in the set (without memory any may) that [offset, offset + length) touches. */
int tome__pageset_may_have(const pageset *set, uint64_t offset, uint64_t length);

/** Whether all pages are in the set that [offset, offset + length) touches. Pre: length > 0. */
static inline int tome__pageset_has(const pageset *set, uint64_t offset, uint64_t length) {
  if (!set->bits)
    return 0;
  uint64_t first = offset >> set->shift;
  uint64_t last = (offset + length - 1) >> set->shift;
  if (first / 64 != last / 64)
    return tome__pageset_has_many(set, first, last);
  uint64_t mask = (~UINT64_C(0) >> (63 - last % 64)) & (~UINT64_C(0) << first % 64);
  return (atomic_load_explicit(&set->bits[first / 64], memory_order_acquire) & mask) == mask;
}

/** The same for a range of less than 64 pages, in as few instructions as it takes: 0 also where they lie in two words. */
static inline int tome__pageset_has_few(const pageset *set, uint64_t offset, uint64_t length) {
  if (!set->bits)
    return 0;
  uint64_t first = offset >> set->shift;
  uint64_t more = ((offset + length - 1) >> set->shift) - first;
  uint64_t mask = (UINT64_C(2) << more) - 1;
  return ((atomic_load_explicit(&set->bits[first / 64], memory_order_acquire) >> first % 64) &
          mask) == mask;
}

#endif
