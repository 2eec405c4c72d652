/* Sizes, and moving bytes by system call. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>
#include <tome/map.h>

/* More than the kernel takes in one call; it would be cut short anyway. */
#define MOST ((size_t)1 << 30)

int tome__os_stat(const os_file *file, os_stat *ret_stat) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) < 0)
    return tome__os_failed();
  uint64_t size = (uint64_t)status.st_size;
  if (S_ISBLK(status.st_mode)) {
    off_t end = tome__os_calls.lseek(file->descriptor, 0, SEEK_END);
    if (end < 0)
      return tome__os_failed();
    size = (uint64_t)end;
  }
  *ret_stat = (os_stat){.size = size,
                        .allocated = (uint64_t)status.st_blocks * 512,
                        .changed = (uint64_t)status.st_ctim.tv_sec * 1000000000u +
                                   (uint64_t)status.st_ctim.tv_nsec,
                        .kind = S_ISBLK(status.st_mode) ? TOME_KIND_BLOCK : TOME_KIND_FILE};
  return 0;
}

uint64_t tome__os_size_now(const os_file *file) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) < 0)
    return 0;
  return S_ISBLK(status.st_mode) ? UINT64_MAX : (uint64_t)status.st_size;
}

int tome__os_read(const os_file *file, uint64_t offset, void *buffer, size_t length,
                  size_t *ret_read) {
  size_t done = 0;
  while (done < length) {
    size_t most = length - done < MOST ? length - done : MOST;
    ssize_t n =
        tome__os_calls.pread(file->descriptor, (char *)buffer + done, most, (off_t)(offset + done));
    if (n == 0)
      break;
    if (n > 0)
      done += (size_t)n;
    else if (errno != EINTR) {
      *ret_read = done;
      return tome__os_failed();
    }
  }
  *ret_read = done;
  return 0;
}

int tome__os_may_reach(uint64_t size) {
  struct rlimit limit;
  if (tome__os_calls.getrlimit(RLIMIT_FSIZE, &limit) < 0)
    return tome__os_failed();
  if (size > INT64_MAX || (limit.rlim_cur != RLIM_INFINITY && size > limit.rlim_cur)) {
    errno = EFBIG;
    return TOME_EFBIG;
  }
  return 0;
}

int tome__os_write(const os_file *file, uint64_t offset, const void *data, size_t length,
                   size_t *ret_written) {
  size_t done = 0;
  int r = tome__os_may_reach(offset + length);
  while (r == 0 && done < length) {
    size_t most = length - done < MOST ? length - done : MOST;
    ssize_t n = tome__os_calls.pwrite(file->descriptor, (const char *)data + done, most,
                                      (off_t)(offset + done));
    if (n == 0)
      errno = EIO; /* some servers' answer; it would be so for ever */
    if (n > 0)
      done += (size_t)n;
    else if (errno != EINTR)
      r = tome__os_failed();
  }
  *ret_written = done;
  return r;
}

int tome__os_truncate(const os_file *file, uint64_t size) {
  int r = tome__os_may_reach(size);
  if (r < 0)
    return r;
  while (tome__os_calls.ftruncate(file->descriptor, (off_t)size) < 0)
    if (errno != EINTR)
      return tome__os_failed();
  return 0;
}

void tome__os_cut_back(const os_file *file, uint64_t size) {
  int system = errno;
  while (tome__os_calls.ftruncate(file->descriptor, (off_t)size) < 0 && errno == EINTR)
    ;
  errno = system;
}
