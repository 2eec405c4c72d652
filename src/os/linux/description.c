/* A file that is open is opened again by the name that /proc has for it. */
#include "description.h"

#include "calls.h"

#include <errno.h>
#include <stdio.h>

int tome__os_reopen(int descriptor, int writable) {
  char path[64];
  int fd, flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  do
    fd = tome__os_calls.openat(AT_FDCWD, path, flags, 0);
  while (fd < 0 && errno == EINTR);
  return fd;
}

void tome__os_own_description(os_file *file) {
  if (file->borrowed || file->owner == getpid())
    return;
  int fd = tome__os_reopen(file->descriptor, file->writable);
  if (fd >= 0 && tome__os_calls.dup3(fd, file->descriptor, O_CLOEXEC) >= 0)
    file->owner = getpid();
  else
    file->borrowed = 1;
  if (fd >= 0)
    tome__os_calls.close(fd);
  if (file->appender >= 0) /* its position is the parent's as well */
    tome__os_calls.close(file->appender);
  file->appender = -1;
}

/* pwritev2() appends to any description. */
int tome__os_prepare_to_append(os_file *file, int at, const char *name, uint32_t flags) {
  (void)file, (void)at, (void)name, (void)flags;
  return 0;
}
