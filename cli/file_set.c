/* A hash table with open addressing, never more than half full. */
#include "file_set.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_SLOTS ((size_t)64)

struct file_slot {
  struct file_identity file;
  int taken;
};

/* Numbers that lie side by side come from the same folder: they are spread by a multiplication. */
static size_t first_slot(const struct file_set *set, const struct file_identity *file) {
  uint64_t mixed =
      (file->number[0] ^ file->number[1] ^ (file->device << 32)) * UINT64_C(0x9E3779B97F4A7C15);
  return (size_t)(mixed >> 32) & (set->slot_count - 1);
}

/* Where the file is, or the free slot where it belongs. */
static struct file_slot *find(const struct file_set *set, const struct file_identity *file) {
  size_t slot = first_slot(set, file);
  while (set->slots[slot].taken && !file_identity_same(&set->slots[slot].file, file))
    slot = (slot + 1) & (set->slot_count - 1);
  return &set->slots[slot];
}

static int make_larger(struct file_set *set) {
  struct file_set larger = {.used = set->used};
  larger.slot_count = set->slot_count ? 2 * set->slot_count : FIRST_SLOTS;
  larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
  if (!larger.slots)
    return -1;
  for (size_t i = 0; i < set->slot_count; i++)
    if (set->slots[i].taken)
      *find(&larger, &set->slots[i].file) = set->slots[i];
  free(set->slots);
  *set = larger;
  return 0;
}

int file_set_add(struct file_set *set, const struct file_identity *file) {
  if (2 * set->used >= set->slot_count && make_larger(set) < 0)
    return -1;
  struct file_slot *slot = find(set, file);
  if (slot->taken)
    return 0;
  *slot = (struct file_slot){.file = *file, .taken = 1};
  set->used++;
  return 1;
}

void file_set_free(struct file_set *set) {
  free(set->slots);
  *set = (struct file_set){.slots = NULL};
}
