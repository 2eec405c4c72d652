/* Shared memory as a file: one that has no name any more. shm_open() would do on most systems; on some, what it opens cannot be
 * written to by a call, or be given a length twice. */
#include "calls.h"
#include "description.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <tome/map.h>

#define LONGEST_PATH 1024

/* A program that runs with rights of its own does not let its caller choose. */
static const char *place(void) {
  const char *wished = getenv("TMPDIR");
  int trusted = getuid() == geteuid() && getgid() == getegid();
  return trusted && wished && *wished ? wished : "/tmp";
}

static int open_new(char *path, size_t room) {
  static atomic_uint count;
  int fd, length = snprintf(path, room, "%s/tome-%lld-%llx-%u", place(), (long long)getpid(),
                            (unsigned long long)tome__os_now(), atomic_fetch_add(&count, 1));
  if (length < 0 || (size_t)length >= room) {
    errno = ENAMETOOLONG;
    return -1;
  }
  do
    fd = tome__os_calls.openat(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               0600);
  while (fd < 0 && errno == EINTR);
  return fd;
}

int tome__os_memory_file(os_file *ret_file) {
  char path[LONGEST_PATH];
  int fd, tries = 0;
  do
    fd = open_new(path, sizeof path);
  while (fd < 0 && errno == EEXIST && ++tries < 100);
  if (fd < 0)
    return tome__os_failed();
  os_file file = {
      .descriptor = fd, .directory = -1, .appender = -1, .writable = 1, .owner = getpid()};
  int r = tome__os_prepare_to_append(&file, AT_FDCWD, path, TOME_WRITE);
  int system = errno;
  if (tome__os_calls.unlinkat(AT_FDCWD, path, 0) < 0 && r == 0) {
    r = tome__os_failed();
    system = errno;
  }
  if (r == 0)
    *ret_file = file;
  else
    tome__os_close(&file);
  errno = system;
  return r;
}
