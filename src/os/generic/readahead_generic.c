/* How far a disk reads ahead is told by no call of POSIX. */
#include "filesystem.h"

uint64_t tome__os_disk_readahead(const os_file *file) {
  (void)file;
  return TOME_UNKNOWN;
}
