#include "pageset.h"

#include "os.h"

/* Scattered bits would each cost a page fault, more than the system call that a bit saves. So the set's memory is made
 * present in stretches of a few pages, the first time a bit is set in one. */
#define SHORTEST_STRETCH 14 /* log2: 16 KiB, bits for 512 MiB of file */

/* A set larger than this would be for a map of 4 TiB; such a one does without. */
#define MOST_BYTES ((uint64_t)128 << 20)

static uint64_t mask_of(uint64_t first, uint64_t last, uint64_t word) {
  uint64_t mask = ~UINT64_C(0);
  if (word == first / 64)
    mask &= ~UINT64_C(0) << first % 64;
  if (word == last / 64)
    mask &= ~UINT64_C(0) >> (63 - last % 64);
  return mask;
}

void tome__pageset_init(pageset *set, uint64_t length) {
  size_t page = tome__os_system()->page;
  *set = (pageset){0};
  while ((size_t)1 << set->shift < page)
    set->shift++;
  set->stretch_shift = SHORTEST_STRETCH;
  uint64_t words = (length >> set->shift) / 64 + 1;
  size_t bytes = ((size_t)words * 8 + page - 1) / page * page;
  void *bits = NULL;
  if (words * 8 > MOST_BYTES || tome__os_pages(bytes, &bits) < 0)
    return;
  set->bits = bits;
  set->bytes = bytes;
  while (set->bytes >> set->stretch_shift >= PAGESET_STRETCHES)
    set->stretch_shift++;
}

static void make_present(pageset *set, uint64_t word) {
  size_t stretch = (size_t)(word * 8) >> set->stretch_shift;
  uint64_t bit = UINT64_C(1) << stretch % 64;
  if (atomic_load_explicit(&set->present[stretch / 64], memory_order_relaxed) & bit)
    return;
  atomic_fetch_or_explicit(&set->present[stretch / 64], bit, memory_order_relaxed);
  size_t at = stretch << set->stretch_shift, length = (size_t)1 << set->stretch_shift;
  length = length < set->bytes - at ? length : set->bytes - at;
  tome__os_populate((char *)(uintptr_t)set->bits + at, length, OS_WRITE);
}

void tome__pageset_release(pageset *set) {
  if (set->bits)
    tome__os_unmap(set->bits, set->bytes);
  set->bits = NULL;
}

void tome__pageset_add(pageset *set, uint64_t offset, uint64_t length) {
  if (!set->bits || length == 0)
    return;
  uint64_t first = offset >> set->shift;
  uint64_t last = (offset + length - 1) >> set->shift;
  make_present(set, first / 64);
  for (uint64_t word = first / 64; word <= last / 64; word++)
    atomic_fetch_or_explicit(&set->bits[word], mask_of(first, last, word), memory_order_release);
}

int tome__pageset_has_many(const pageset *set, uint64_t first, uint64_t last) {
  for (uint64_t word = first / 64; word <= last / 64; word++) {
    uint64_t mask = mask_of(first, last, word);
    if ((atomic_load_explicit(&set->bits[word], memory_order_acquire) & mask) != mask)
      return 0;
  }
  return 1;
}

int tome__pageset_may_have(const pageset *set, uint64_t offset, uint64_t length) {
  if (!set->bits || length == 0)
    return !set->bits;
  uint64_t first = offset >> set->shift;
  uint64_t last = (offset + length - 1) >> set->shift;
  for (uint64_t word = first / 64; word <= last / 64; word++)
    if (atomic_load_explicit(&set->bits[word], memory_order_acquire) & mask_of(first, last, word))
      return 1;
  return 0;
}

void tome__pageset_remove(pageset *set, uint64_t offset, uint64_t length) {
  if (!set->bits || length == 0)
    return;
  uint64_t first = offset >> set->shift;
  uint64_t last = (offset + length - 1) >> set->shift;
  for (uint64_t word = first / 64; word <= last / 64 && word < set->bytes / 8; word++)
    if (atomic_load_explicit(&set->bits[word], memory_order_relaxed))
      atomic_fetch_and(&set->bits[word], ~mask_of(first, last, word));
}

void tome__pageset_clear(pageset *set) {
  if (!set->bits)
    return;
  for (size_t i = 0; i < PAGESET_STRETCHES / 64; i++)
    atomic_store(&set->present[i], 0);
  tome__os_clear_pages(set->bits, set->bytes);
}
