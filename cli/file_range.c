/* Two positions that count from the same end are in the wrong order in a file of any size. */
#include "file_range.h"

#include "complain.h"
#include "verb.h"

int file_range(const char *name, struct position from, struct position to, uint64_t size,
               uint64_t *ret_from, uint64_t *ret_to) {
  *ret_from = position_clamp(from, size);
  *ret_to = position_clamp(to, size);
  int reversed = *ret_to < *ret_from;
  if (from.from_end == to.from_end)
    reversed = from.from_end ? to.value > from.value : to.value < from.value;
  if (reversed)
    complain(name, "--to lies before --from");
  return reversed ? STATUS_ERROR : STATUS_OK;
}
