/* Making files longer, with the blocks that belong to it.
 *
 * posix_fallocate() would be quick where the file system knows it. Where not, C libraries write into each block instead, after a
 * look at what is there, which takes back what someone else stores at that moment; and nobody says which of the two it was.
 * Zeros that are appended disturb nobody, and have their blocks. */
#include "calls.h"
#include "end_of_file.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

static int extend(const os_file *file, uint64_t old_size, uint64_t new_size) {
  uint64_t written = 0;
  int r = new_size > old_size ? tome__os_check_space(file, old_size, new_size) : 0;
  if (r < 0)
    return r;
  r = tome__os_append_zeros(file, new_size, &written);
  if (r < 0 && written > 0 && tome__os_size_now(file) == old_size + written)
    tome__os_cut_back(file, old_size);
  return r;
}

int tome__os_extend(const os_file *file, uint64_t old_size, uint64_t new_size, int sparse) {
  int r = tome__os_may_reach(new_size);
  if (r < 0)
    return r;
  tome__os_lock_end(file);
  r = sparse ? tome__os_set_longer(file, new_size) : extend(file, old_size, new_size);
  tome__os_unlock_end(file);
  return r;
}
