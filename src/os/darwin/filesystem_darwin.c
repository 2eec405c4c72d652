/* What depends on the kind of file system. */
#include "filesystem.h"

#include "calls.h"
#include "os.h"

#include <errno.h>
#include <stdio.h>

void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size) {
  struct statfs status;
  int known = tome__os_calls.fstatfs(file->descriptor, &status) == 0;
  snprintf(ret_name, size, "%s", known ? status.f_fstypename : "unknown");
}

/* Devices have no mapping here. Whether blocks move when they are overwritten matters to nobody who could not make sure of them
 * before. */
int tome__os_traits(os_file *file, os_traits *ret_traits) {
  *ret_traits = (os_traits){.can_be_cut = 1, .own_flags = !file->borrowed};
  return 0;
}

/* Nobody can be asked, but a disk that is nearly full has most likely no block left for this one. */
int tome__os_store_failure(const os_file *file, uint64_t offset, void *address, size_t length) {
  (void)address;
  struct statfs status;
  int full = tome__os_size_now(file) >= offset + length &&
             tome__os_calls.fstatfs(file->descriptor, &status) == 0 &&
             (uint64_t)status.f_bavail * status.f_bsize < (UINT64_C(1) << 20);
  errno = full ? ENOSPC : 0;
  return full ? TOME_ENOSPC : TOME_ELOST;
}
