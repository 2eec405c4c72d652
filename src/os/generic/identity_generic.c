/* Which file this is, whatever its name. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

/* The number of an inode is used again for another file; the moment at which it was created, where it is told, is not. */
static uint64_t birth(const struct stat *status) {
#ifdef st_birthtime
  return (uint64_t)status->st_birthtime;
#else
  (void)status;
  return 0;
#endif
}

int tome__os_identity(const os_file *file, os_identity *ret_identity) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) < 0)
    return tome__os_failed();
  if (S_ISBLK(status.st_mode))
    *ret_identity = (os_identity){{(uint64_t)status.st_rdev, UINT64_MAX, 0, 0}};
  else
    *ret_identity =
        (os_identity){{(uint64_t)status.st_dev, (uint64_t)status.st_ino, birth(&status), 0}};
  return 0;
}
