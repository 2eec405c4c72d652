/* The calls that the POSIX fallback makes beyond those of all POSIX systems; see calls.h. What POSIX has as an option, and some
 * systems do not have, is refused here in its place. */
#ifndef TOME_SYSTEM_CALLS_H
#define TOME_SYSTEM_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef POSIX_FADV_NORMAL
#define POSIX_FADV_NORMAL 0
#define POSIX_FADV_RANDOM 1
#define POSIX_FADV_SEQUENTIAL 2
#define POSIX_FADV_WILLNEED 3
#define POSIX_FADV_DONTNEED 4

static inline int posix_fadvise(int fd, off_t offset, off_t n, int advice) {
  (void)fd, (void)offset, (void)n, (void)advice;
  return EOPNOTSUPP;
}
#endif

/* Not of POSIX, but of nearly all systems. */
#ifdef __OpenBSD__
static inline int mincore(void *at, size_t n, char *pages) {
  (void)at, (void)n, (void)pages;
  errno = ENOSYS;
  return -1;
}
#endif

#define OS_SYSTEM_CALLS(X)                                                                         \
  X(int, fdatasync, (int fd), (fd), -1)                                                            \
  X(ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n), -1)                       \
  X(int, fstatvfs, (int fd, struct statvfs *status), (fd, status), -1)                             \
  X(int, msync, (void *at, size_t n, int flags), (at, n, flags), -1)                               \
  X(int, posix_madvise, (void *at, size_t n, int advice), (at, n, advice), EINVAL)                 \
  X(int, posix_fadvise, (int fd, off_t offset, off_t n, int advice), (fd, offset, n, advice),      \
    EINVAL)

#endif
