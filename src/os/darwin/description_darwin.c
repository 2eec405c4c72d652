/* A file that is open is opened again by the path that the system knows for it, if that is still the same file. */
#include "description.h"

#include "calls.h"

#include <errno.h>

static int is_same(int fd, int other) {
  struct stat a, b;
  return tome__os_calls.fstat(fd, &a) == 0 && tome__os_calls.fstat(other, &b) == 0 &&
         a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int tome__os_reopen(int descriptor, int writable) {
  char path[MAXPATHLEN];
  int fd, flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (tome__os_calls.os_path_of(descriptor, path) < 0)
    return -1;
  do
    fd = tome__os_calls.openat(AT_FDCWD, path, flags, 0);
  while (fd < 0 && errno == EINTR);
  if (fd < 0 || is_same(descriptor, fd))
    return fd;
  tome__os_calls.close(fd);
  errno = ENOENT;
  return -1;
}

/* No call puts another description under a number in use so that a program that is started at that moment does not get it. */
void tome__os_own_description(os_file *file) {
  if (file->owner != getpid())
    file->borrowed = 1;
}
