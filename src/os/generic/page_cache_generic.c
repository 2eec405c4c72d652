/* Steering what of a file is in memory. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <tome/map.h>

int tome__os_evict(const os_file *file, uint64_t offset, uint64_t length) {
  int system = tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                            POSIX_FADV_DONTNEED);
  errno = system;
  return system ? tome__os_code(system) : 0;
}

void tome__os_read_ahead(const os_file *file, uint64_t offset, uint64_t length) {
  if (length > 0)
    tome__os_calls.posix_fadvise(file->descriptor, (off_t)offset, (off_t)length,
                                 POSIX_FADV_WILLNEED);
}

void tome__os_expect(const os_file *file, uint32_t advice) {
  if (file->borrowed)
    return;
  int wanted = advice == TOME_ADVICE_RANDOM       ? POSIX_FADV_RANDOM
               : advice == TOME_ADVICE_SEQUENTIAL ? POSIX_FADV_SEQUENTIAL
                                                  : POSIX_FADV_NORMAL;
  tome__os_calls.posix_fadvise(file->descriptor, 0, 0, wanted);
}
