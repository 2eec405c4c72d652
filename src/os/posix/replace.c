/* Replacing a small file in one step.
 *
 * The new file always has the same name until it is complete, so that nothing is left over by processes that were killed. Who
 * writes it holds a lock on it, and knows that the name is still that of the file that was locked, and not of one that the
 * holder before has moved into place meanwhile. */
#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <tome/map.h>

static const char suffix[] = ".new";

/* Not a link to somebody's file, nor a FIFO. */
static int is_plain(const struct stat *status) {
  return S_ISREG(status->st_mode) && status->st_nlink == 1;
}

/* 1: the name is that of the open file; 0: not any more. */
static int is_named(int fd, const char *path) {
  struct stat ours, named;
  if (tome__os_calls.fstat(fd, &ours) < 0)
    return tome__os_failed();
  if (tome__os_calls.fstatat(AT_FDCWD, path, &named, AT_SYMLINK_NOFOLLOW) < 0)
    return errno == ENOENT ? 0 : tome__os_failed();
  if (ours.st_dev != named.st_dev || ours.st_ino != named.st_ino)
    return 0;
  errno = 0;
  return is_plain(&named) ? 1 : TOME_EACCES;
}

/* The descriptor of a locked file, or a code; 0: it was moved away before it was locked. */
static int try_to_open(const char *path, int *ret_fd) {
  int fd;
  do
    fd = tome__os_calls.openat(
        AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    return tome__os_failed();
  int locked;
  do
    locked = tome__os_calls.flock(fd, LOCK_EX | LOCK_NB);
  while (locked < 0 && errno == EINTR);
  int r = locked < 0 ? tome__os_failed() : is_named(fd, path);
  if (r == 1) {
    *ret_fd = fd;
    return 1;
  }
  int system = errno;
  tome__os_calls.close(fd);
  errno = system;
  return r;
}

static int write_and_rename(const os_file *file, const char *from, const char *to, const void *data,
                            size_t length) {
  size_t written;
  int r = tome__os_truncate(file, 0);
  if (r == 0)
    r = tome__os_write(file, 0, data, length, &written);
  if (r == 0 && tome__os_calls.renameat(AT_FDCWD, from, AT_FDCWD, to) < 0)
    r = tome__os_failed();
  return r;
}

static int replace(const char *from, const char *to, const void *data, size_t length) {
  os_file file = {.directory = -1, .appender = -1, .writable = 1};
  int r = 0;
  for (int tries = 0; r == 0 && tries < 3; tries++)
    r = try_to_open(from, &file.descriptor);
  if (r <= 0)
    return r < 0 ? r : TOME_EBUSY;
  r = write_and_rename(&file, from, to, data, length);
  int system = errno;
  if (r < 0)
    tome__os_calls.unlinkat(AT_FDCWD, from, 0);
  tome__os_calls.close(file.descriptor);
  errno = system;
  return r;
}

int tome__os_replace(const char *path, const void *data, size_t length) {
  size_t named = strlen(path);
  char *beside = tome__os_new(named + sizeof suffix, 1);
  if (!beside) {
    errno = ENOMEM;
    return TOME_ENOMEM;
  }
  memcpy(beside, path, named);
  memcpy(beside + named, suffix, sizeof suffix);
  int r = replace(beside, path, data, length);
  int system = errno;
  tome__os_free(beside);
  errno = system;
  return r;
}
