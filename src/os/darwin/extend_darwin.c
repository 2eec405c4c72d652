/* Making files longer, with the blocks that belong to it: they are reserved behind the end of the file, where nobody sees them, and
 * then its length is set. F_ALLOCATEALL: all of them, or none. */
#include "calls.h"
#include "end_of_file.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>

static int reserve(const os_file *file, uint64_t length, unsigned how) {
  fstore_t wanted = {.fst_flags = how, .fst_posmode = F_PEOFPOSMODE, .fst_length = (off_t)length};
  while (tome__os_calls.os_preallocate(file->descriptor, &wanted) < 0)
    if (errno != EINTR)
      return tome__os_failed();
  return 0;
}

/* In one piece if possible. TOME_ENOTSUP for the file systems that only know files with all their blocks, or servers. */
static int reserve_behind(const os_file *file, uint64_t length) {
  int r = reserve(file, length, F_ALLOCATECONTIG | F_ALLOCATEALL);
  if (r < 0)
    r = reserve(file, length, F_ALLOCATEALL);
  return r == TOME_EINVAL ? TOME_ENOTSUP : r;
}

static int extend(const os_file *file, uint64_t new_size) {
  os_stat before, after;
  uint64_t written = 0;
  int r = tome__os_stat(file, &before);
  if (r < 0 || before.size >= new_size)
    return r;
  r = reserve_behind(file, new_size - before.size);
  if (r == 0)
    r = tome__os_set_longer(file, new_size);
  if (r == TOME_ENOTSUP) {
    r = tome__os_check_space(file, before.size, new_size);
    r = r < 0 ? r : tome__os_append_zeros(file, new_size, &written);
  }
  int system = errno;
  if (r < 0 && tome__os_stat(file, &after) == 0 && after.size == before.size + written &&
      (written > 0 || after.allocated > before.allocated))
    tome__os_cut_back(file, before.size);
  errno = system;
  return r;
}

int tome__os_extend(const os_file *file, uint64_t old_size, uint64_t new_size, int sparse) {
  (void)old_size; /* what it is under the lock counts */
  int r = tome__os_may_reach(new_size);
  if (r < 0)
    return r;
  tome__os_lock_end(file);
  r = sparse ? tome__os_set_longer(file, new_size) : extend(file, new_size);
  tome__os_unlock_end(file);
  return r;
}
