/* The calls of macOS beyond those of all POSIX systems; see calls.h. It has no posix_fadvise(), and no declaration of
 * fdatasync(). */
#ifndef TOME_SYSTEM_CALLS_H
#define TOME_SYSTEM_CALLS_H

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysctl.h>
#include <sys/types.h>
#include <unistd.h>

/* Its names for what POSIX calls so. */
#ifndef st_mtim
#define st_mtim st_mtimespec
#define st_ctim st_ctimespec
#endif

static inline int os_preallocate(int fd, fstore_t *wanted) {
  return fcntl(fd, F_PREALLOCATE, wanted);
}

static inline int os_read_advice(int fd, struct radvisory *range) {
  return fcntl(fd, F_RDADVISE, range);
}

/* The path by which the system knows an open file: at least MAXPATHLEN bytes. */
static inline int os_path_of(int fd, char *ret_path) {
  return fcntl(fd, F_GETPATH, ret_path);
}

#define OS_SYSTEM_CALLS(X)                                                                         \
  X(ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n), -1)                       \
  X(int, fstatfs, (int fd, struct statfs *status), (fd, status), -1)                               \
  X(int, fstatvfs, (int fd, struct statvfs *status), (fd, status), -1)                             \
  X(int, msync, (void *at, size_t n, int flags), (at, n, flags), -1)                               \
  X(int, posix_madvise, (void *at, size_t n, int advice), (at, n, advice), EINVAL)                 \
  X(int, os_preallocate, (int fd, fstore_t *wanted), (fd, wanted), -1)                             \
  X(int, os_read_advice, (int fd, struct radvisory *range), (fd, range), -1)                       \
  X(int, os_path_of, (int fd, char *ret_path), (fd, ret_path), -1)                                 \
  X(int, proc_pid_rusage, (int pid, int flavor, rusage_info_t *info), (pid, flavor, info), -1)     \
  X(int, sysctlbyname,                                                                             \
    (const char *name, void *old, size_t *old_length, void *new, size_t new_length),               \
    (name, old, old_length, new, new_length), -1)

#endif
