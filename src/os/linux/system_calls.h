/* The calls that Linux alone has; see calls.h. Those without a wrapper in every C library are made here. */
#ifndef TOME_SYSTEM_CALLS_H
#define TOME_SYSTEM_CALLS_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

/* As the kernel defines them, for C libraries that are older than the kernel. */
struct os_cachestat_range {
  uint64_t offset, length;
};
struct os_cachestat {
  uint64_t cached, dirty, writeback, evicted, recently_evicted;
};
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

/* C libraries that define none of this flag's kind have no function that takes it. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x08
#define RWF_APPEND 0x10
#define OS_OFFSET_HALVES(at) (long)(at), (long)((uint64_t)(at) >> 32)

static inline ssize_t preadv2(int fd, const struct iovec *v, int count, off_t at, int flags) {
  return syscall(SYS_preadv2, fd, v, count, OS_OFFSET_HALVES(at), flags);
}

static inline ssize_t pwritev2(int fd, const struct iovec *v, int count, off_t at, int flags) {
  return syscall(SYS_pwritev2, fd, v, count, OS_OFFSET_HALVES(at), flags);
}
#endif

#ifndef STATX_BTIME
#define STATX_BASIC_STATS 0x7ffu
#define STATX_BTIME 0x800u

struct statx_timestamp {
  int64_t tv_sec;
  uint32_t tv_nsec;
  int32_t unused;
};
struct statx {
  uint32_t stx_mask, stx_blksize;
  uint64_t stx_attributes;
  uint32_t stx_nlink, stx_uid, stx_gid;
  uint16_t stx_mode, unused;
  uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
  struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
  uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
  uint64_t later[14];
};

static inline int statx(int at, const char *path, int flags, unsigned wanted,
                        struct statx *status) {
  return (int)syscall(SYS_statx, at, path, flags, wanted, status);
}
#endif

struct os_scan {
  uint64_t size, flags, start, end, walk_end, found, room, most;
  uint64_t inverted, wanted, wanted_any, returned;
};
struct os_scan_region {
  uint64_t start, end, categories;
};
#define OS_SCAN_PRESENT ((uint64_t)1 << 3)
#define OS_SCAN_PAGES _IOWR('f', 16, struct os_scan)

/** Ask /proc/self/pagemap which pages are in the page tables; since Linux 6.7. */
static inline int os_scan_pages(int fd, struct os_scan *scan) {
  return (int)syscall(SYS_ioctl, fd, OS_SCAN_PAGES, scan);
}

static inline int os_membarrier(int command) {
  return (int)syscall(SYS_membarrier, command, 0, 0);
}

static inline int os_cachestat(int fd, const struct os_cachestat_range *range,
                               struct os_cachestat *status) {
  return (int)syscall(SYS_cachestat, fd, range, status, 0);
}

#define OS_SYSTEM_CALLS(X)                                                                         \
  X(int, dup3, (int from, int to, int flags), (from, to, flags), -1)                               \
  X(int, fdatasync, (int fd), (fd), -1)                                                            \
  X(int, madvise, (void *at, size_t n, int advice), (at, n, advice), -1)                           \
  X(int, fallocate, (int fd, int mode, off_t offset, off_t n), (fd, mode, offset, n), -1)          \
  X(int, fstatfs, (int fd, struct statfs *status), (fd, status), -1)                               \
  X(ssize_t, pwritev2, (int fd, const struct iovec *v, int count, off_t at, int flags),            \
    (fd, v, count, at, flags), -1)                                                                 \
  X(ssize_t, preadv2, (int fd, const struct iovec *v, int count, off_t at, int flags),             \
    (fd, v, count, at, flags), -1)                                                                 \
  X(int, os_scan_pages, (int fd, struct os_scan *scan), (fd, scan), -1)                            \
  X(int, statx, (int at, const char *path, int flags, unsigned wanted, struct statx *status),      \
    (at, path, flags, wanted, status), -1)                                                         \
  X(int, memfd_create, (const char *name, unsigned flags), (name, flags), -1)                      \
  X(int, sync_file_range, (int fd, off_t offset, off_t n, unsigned flags), (fd, offset, n, flags), \
    -1)                                                                                            \
  X(int, sysinfo, (struct sysinfo * info), (info), -1)                                             \
  X(int, syncfs, (int fd), (fd), -1)                                                               \
  X(int, posix_fadvise, (int fd, off_t offset, off_t n, int advice), (fd, offset, n, advice),      \
    EINVAL)                                                                                        \
  X(int, mlock2, (const void *at, size_t n, unsigned flags), (at, n, flags), -1)                   \
  X(int, os_membarrier, (int command), (command), -1)                                              \
  X(int, os_cachestat,                                                                             \
    (int fd, const struct os_cachestat_range *range, struct os_cachestat *status),                 \
    (fd, range, status), -1)

#endif
