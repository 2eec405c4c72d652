/* What the library uses of the C library of macOS, declared from Apple's documentation and published headers, for 64-bit processors:
 * enough to compile the library for macOS, without linking it, on a machine that has no such headers. A name that is not declared here
 * is one that nobody looked up. */
#ifndef DARWIN_DECLARATIONS_H
#define DARWIN_DECLARATIONS_H

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* ---- sys/types.h ---- */

typedef long ssize_t;
typedef int64_t off_t;
typedef int32_t pid_t, dev_t;
typedef uint32_t uid_t, gid_t, id_t;
typedef uint16_t mode_t, nlink_t;
typedef uint64_t ino_t, rlim_t;
typedef int32_t blksize_t, suseconds_t;
typedef int64_t blkcnt_t;
typedef unsigned int fsblkcnt_t, fsfilcnt_t;
typedef long time_t;
struct timespec {
  time_t tv_sec;
  long tv_nsec;
};
struct timeval {
  time_t tv_sec;
  suseconds_t tv_usec;
};

/* ---- errno.h ---- */

int *__error(void);
#define errno (*__error())
#define EPERM 1
#define ENOENT 2
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define EBADF 9
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EMFILE 24
#define ENOTTY 25
#define ETXTBSY 26
#define EFBIG 27
#define ENOSPC 28
#define EROFS 30
#define ERANGE 34
#define EAGAIN 35
#define ENOTSUP 45
#define ELOOP 62
#define ENAMETOOLONG 63
#define EDQUOT 69
#define ENOLCK 77
#define ENOSYS 78
#define EOVERFLOW 84
#define EOPNOTSUPP 102

/* ---- string.h, stdlib.h, stdio.h, assert.h ---- */

void *memchr(const void *, int, size_t);
int memcmp(const void *, const void *, size_t);
void *memcpy(void *, const void *, size_t);
void *memmove(void *, const void *, size_t);
void *memset(void *, int, size_t);
int strcmp(const char *, const char *);
int strncmp(const char *, const char *, size_t);
size_t strlen(const char *);
char *strchr(const char *, int);
char *strrchr(const char *, int);
char *strstr(const char *, const char *);
char *strerror(int);
void *calloc(size_t, size_t);
void *malloc(size_t);
void *realloc(void *, size_t);
void free(void *);
char *getenv(const char *);
void abort(void);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
void *bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));
long strtol(const char *, char **, int);
unsigned long long strtoull(const char *, char **, int);
int snprintf(char *, size_t, const char *, ...) __attribute__((format(printf, 3, 4)));
int vsnprintf(char *, size_t, const char *, va_list) __attribute__((format(printf, 3, 0)));
#define assert(condition) ((condition) ? (void)0 : abort())

/* ---- time.h ---- */

struct tm {
  int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst;
  long tm_gmtoff;
  char *tm_zone;
};
typedef enum { CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 6 } clockid_t;
struct tm *localtime_r(const time_t *, struct tm *);
struct tm *gmtime_r(const time_t *, struct tm *);
int clock_gettime(clockid_t, struct timespec *);
int nanosleep(const struct timespec *, struct timespec *);

/* ---- unistd.h ---- */

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define SEEK_HOLE 3
#define SEEK_DATA 4
#define _SC_PAGESIZE 29
#define _SC_NPROCESSORS_ONLN 58
#define _SC_PHYS_PAGES 200
int close(int);
int fsync(int);
int ftruncate(int, off_t);
uid_t geteuid(void);
gid_t getegid(void);
uid_t getuid(void);
gid_t getgid(void);
pid_t getpid(void);
off_t lseek(int, off_t, int);
ssize_t pread(int, void *, size_t, off_t);
ssize_t pwrite(int, const void *, size_t, off_t);
ssize_t write(int, const void *, size_t);
void sync(void);
long sysconf(int);
int unlinkat(int, const char *, int);
int renameat(int, const char *, int, const char *);

/* ---- fcntl.h, sys/file.h ---- */

#define O_RDONLY 0x0000
#define O_WRONLY 0x0001
#define O_RDWR 0x0002
#define O_ACCMODE 0x0003
#define O_NONBLOCK 0x0004
#define O_APPEND 0x0008
#define O_NOFOLLOW 0x0100
#define O_CREAT 0x0200
#define O_TRUNC 0x0400
#define O_EXCL 0x0800
#define O_NOCTTY 0x20000
#define O_DIRECTORY 0x100000
#define O_CLOEXEC 0x1000000
#define AT_FDCWD (-2)
#define AT_SYMLINK_NOFOLLOW 0x0020
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETLK 8
#define F_GETLK 7
#define F_SETLKW 9
#define F_UNLCK 2
#define F_WRLCK 3
#define F_PREALLOCATE 42
#define F_RDADVISE 44
#define F_RDAHEAD 45
#define F_GETPATH 50
#define F_FULLFSYNC 51
#define F_DUPFD_CLOEXEC 67
#define F_ALLOCATECONTIG 0x00000002
#define F_ALLOCATEALL 0x00000004
#define F_PEOFPOSMODE 3
struct flock {
  off_t l_start, l_len;
  pid_t l_pid;
  short l_type, l_whence;
};
typedef struct fstore {
  unsigned int fst_flags;
  int fst_posmode;
  off_t fst_offset, fst_length, fst_bytesalloc;
} fstore_t;
struct radvisory {
  off_t ra_offset;
  int ra_count;
};
int open(const char *, int, ...);
int openat(int, const char *, int, ...);
int fcntl(int, int, ...);
#define LOCK_EX 0x02
#define LOCK_NB 0x04
int flock(int, int);

/* ---- sys/stat.h ---- */

struct stat {
  dev_t st_dev;
  mode_t st_mode;
  nlink_t st_nlink;
  ino_t st_ino;
  uid_t st_uid;
  gid_t st_gid;
  dev_t st_rdev;
  struct timespec st_atimespec, st_mtimespec, st_ctimespec, st_birthtimespec;
  off_t st_size;
  blkcnt_t st_blocks;
  blksize_t st_blksize;
  uint32_t st_flags, st_gen;
  int32_t st_lspare;
  int64_t st_qspare[2];
};
#define st_birthtime st_birthtimespec.tv_sec
#define S_IFMT 0170000
#define S_ISBLK(mode) (((mode)&S_IFMT) == 0060000)
#define S_ISDIR(mode) (((mode)&S_IFMT) == 0040000)
#define S_ISREG(mode) (((mode)&S_IFMT) == 0100000)
int fstat(int, struct stat *);
int fstatat(int, const char *, struct stat *, int);

/* ---- sys/mount.h, sys/statvfs.h, sys/param.h ---- */

#define MAXPATHLEN 1024
#define MFSTYPENAMELEN 16
typedef struct fsid {
  int32_t val[2];
} fsid_t;
struct statfs {
  uint32_t f_bsize;
  int32_t f_iosize;
  uint64_t f_blocks, f_bfree, f_bavail, f_files, f_ffree;
  fsid_t f_fsid;
  uid_t f_owner;
  uint32_t f_type, f_flags, f_fssubtype;
  char f_fstypename[MFSTYPENAMELEN], f_mntonname[MAXPATHLEN], f_mntfromname[MAXPATHLEN];
  uint32_t f_flags_ext, f_reserved[7];
};
int fstatfs(int, struct statfs *);
struct statvfs {
  unsigned long f_bsize, f_frsize;
  fsblkcnt_t f_blocks, f_bfree, f_bavail;
  fsfilcnt_t f_files, f_ffree, f_favail;
  unsigned long f_fsid, f_flag, f_namemax;
};
int fstatvfs(int, struct statvfs *);

/* ---- sys/mman.h ---- */

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 0x0001
#define MAP_PRIVATE 0x0002
#define MAP_FIXED 0x0010
#define MAP_NORESERVE 0x0040
#define MAP_ANONYMOUS 0x1000
#define MAP_FAILED ((void *)-1)
#define MS_ASYNC 0x0001
#define MS_INVALIDATE 0x0002
#define MS_SYNC 0x0010
#define POSIX_MADV_NORMAL 0
#define POSIX_MADV_RANDOM 1
#define POSIX_MADV_SEQUENTIAL 2
#define POSIX_MADV_WILLNEED 3
#define POSIX_MADV_DONTNEED 4
void *mmap(void *, size_t, int, int, int, off_t);
int munmap(void *, size_t);
int msync(void *, size_t, int);
int mlock(const void *, size_t);
int munlock(const void *, size_t);
int mincore(const void *, size_t, char *);
int posix_madvise(void *, size_t, int);

/* ---- sys/resource.h, libproc.h, sys/sysctl.h ---- */

#define RUSAGE_SELF 0
#define RLIMIT_FSIZE 1
#define RLIMIT_MEMLOCK 6
#define RLIM_INFINITY (((uint64_t)1 << 63) - 1)
struct rlimit {
  rlim_t rlim_cur, rlim_max;
};
struct rusage {
  struct timeval ru_utime, ru_stime;
  long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap, ru_inblock,
      ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};
int getrlimit(int, struct rlimit *);
int getrusage(int, struct rusage *);
#define RUSAGE_INFO_V2 2
typedef void *rusage_info_t;
struct rusage_info_v2 {
  uint8_t ri_uuid[16];
  uint64_t ri_user_time, ri_system_time, ri_pkg_idle_wkups, ri_interrupt_wkups, ri_pageins,
      ri_wired_size, ri_resident_size, ri_phys_footprint, ri_proc_start_abstime,
      ri_proc_exit_abstime, ri_child_user_time, ri_child_system_time, ri_child_pkg_idle_wkups,
      ri_child_interrupt_wkups, ri_child_pageins, ri_child_elapsed_abstime, ri_diskio_bytesread,
      ri_diskio_byteswritten;
};
int proc_pid_rusage(int, int, rusage_info_t *);
int sysctlbyname(const char *, void *, size_t *, void *, size_t);

/* ---- signal.h, sys/ucontext.h ---- */

typedef uint32_t sigset_t;
union sigval {
  int sival_int;
  void *sival_ptr;
};
typedef struct siginfo {
  int si_signo, si_errno, si_code;
  pid_t si_pid;
  uid_t si_uid;
  int si_status;
  void *si_addr;
  union sigval si_value;
  long si_band;
  unsigned long pad[7];
} siginfo_t;
_Static_assert(sizeof(siginfo_t) == 104, "as Apple's");
struct sigaction {
  union {
    void (*handler)(int);
    void (*action)(int, siginfo_t *, void *);
  } who;
  sigset_t sa_mask;
  int sa_flags;
};
#define sa_handler who.handler
#define sa_sigaction who.action
#define SIG_DFL ((void (*)(int))0)
#define SIG_IGN ((void (*)(int))1)
#define SIG_SETMASK 3
#define SA_ONSTACK 0x0001
#define SA_RESTART 0x0002
#define SA_RESETHAND 0x0004
#define SA_NODEFER 0x0010
#define SA_SIGINFO 0x0040
#define NSIG 32
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGFPE 8
#define SIGBUS 10
#define SIGSEGV 11
#define SIGSYS 12
#define SI_USER 0x10001
#define SI_QUEUE 0x10002
#define BUS_ADRALN 1
#define BUS_ADRERR 2
#define BUS_OBJERR 3
int raise(int);
int sigaction(int, const struct sigaction *, struct sigaction *);
int sigaddset(sigset_t *, int);
int sigdelset(sigset_t *, int);
int sigfillset(sigset_t *);
int sigismember(const sigset_t *, int);
int pthread_sigmask(int, const sigset_t *, sigset_t *);

/* Of the processor's state only what tells of the fault. */
struct darwin_exception {
#if defined(__x86_64__)
  uint16_t __trapno, __cpu;
  uint32_t __err;
  uint64_t __faultvaddr;
#else
  uint64_t __far;
  uint32_t __esr, __exception;
#endif
};
struct darwin_mcontext {
  struct darwin_exception __es;
};
typedef struct darwin_ucontext {
  int uc_onstack;
  sigset_t uc_sigmask;
  struct {
    void *ss_sp;
    size_t ss_size;
    int ss_flags;
  } uc_stack;
  struct darwin_ucontext *uc_link;
  size_t uc_mcsize;
  struct darwin_mcontext *uc_mcontext;
} ucontext_t;

/* ---- pthread.h, sched.h ---- */

typedef struct darwin_pthread *pthread_t;
typedef struct {
  long sig;
  char opaque[56];
} pthread_attr_t, pthread_mutex_t;
typedef struct {
  long sig;
  char opaque[40];
} pthread_cond_t;
typedef struct {
  long sig;
  char opaque[8];
} pthread_once_t;
typedef struct pthread_mutexattr pthread_mutexattr_t;
typedef struct pthread_condattr pthread_condattr_t;
/* clang-format off */
#define PTHREAD_MUTEX_INITIALIZER {0x32AAABA7, {0}}
#define PTHREAD_ONCE_INIT {0x30B1BCBA, {0}}
/* clang-format on */
int pthread_atfork(void (*)(void), void (*)(void), void (*)(void));
int pthread_attr_init(pthread_attr_t *);
int pthread_attr_destroy(pthread_attr_t *);
int pthread_attr_setstacksize(pthread_attr_t *, size_t);
int pthread_cond_init(pthread_cond_t *, const pthread_condattr_t *);
int pthread_cond_destroy(pthread_cond_t *);
int pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int pthread_cond_broadcast(pthread_cond_t *);
int pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int pthread_join(pthread_t, void **);
int pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *);
int pthread_mutex_destroy(pthread_mutex_t *);
int pthread_mutex_lock(pthread_mutex_t *);
int pthread_mutex_unlock(pthread_mutex_t *);
int pthread_once(pthread_once_t *, void (*)(void));
pthread_t pthread_self(void);
int sched_yield(void);

#endif
