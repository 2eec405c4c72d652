/* The descriptor that appends: a second one of the same file, opened at once by the name. */
#include "calls.h"
#include "description.h"
#include "posix_error.h"

#include <errno.h>
#include <tome/map.h>

/* The name may be another file's by now. */
static int is_same(int fd, const os_file *file) {
  struct stat ours, other;
  return tome__os_calls.fstat(file->descriptor, &ours) == 0 &&
         tome__os_calls.fstat(fd, &other) == 0 && S_ISREG(ours.st_mode) &&
         ours.st_dev == other.st_dev && ours.st_ino == other.st_ino;
}

/* Without it, as for a file that its permissions let nobody open again, appending is not atomic. */
int tome__os_prepare_to_append(os_file *file, int at, const char *name, uint32_t flags) {
  int fd;
  if (!(flags & TOME_WRITE))
    return 0;
  do
    fd =
        tome__os_calls.openat(at, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? tome__os_failed() : 0;
  if (is_same(fd, file))
    file->appender = fd;
  else
    tome__os_calls.close(fd);
  return 0;
}
