#include "failing_calls.h"

#include "calls.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

const char *const strike_names[STRIKES] = {"hard", "full", "interrupted", "unsupported"};

static os_calls real;
static int armed, fatal;
static atomic_int made; /* by any thread */
static strike kind;
static const char *struck;

static const struct {
  const char *name;
  int hard, full, interrupted, unsupported; /* 0: the call cannot fail so */
} errors[] = {
    {"calloc", ENOMEM, 0, 0, 0},
    {"open", EMFILE, 0, EINTR, 0},
    {"openat", EMFILE, ENOSPC, EINTR, 0},
    {"close", EIO, ENOSPC, EINTR, 0},
    {"dup3", EMFILE, 0, EINTR, 0},
    {"unlinkat", EIO, 0, 0, 0},
    {"renameat", EIO, ENOSPC, 0, 0},
    {"flock", ENOLCK, 0, EINTR, EOPNOTSUPP},
    {"fcntl", EMFILE, 0, 0, 0},
    {"fstatat", ENOENT, 0, 0, 0},
    {"fstat", EIO, 0, 0, 0},
    {"lseek", EIO, 0, 0, 0},
    {"pread", EIO, 0, EINTR, 0},
    {"pwrite", EIO, ENOSPC, EINTR, 0},
    {"ftruncate", EIO, ENOSPC, EINTR, 0},
    {"fsync", EIO, ENOSPC, 0, 0},
    {"fdatasync", EIO, ENOSPC, EINTR, 0},
    {"getrlimit", EPERM, 0, 0, 0},
    {"getrusage", EFAULT, 0, 0, 0},
    {"mmap", ENOMEM, 0, 0, 0},
    {"munmap", ENOMEM, 0, 0, 0},
    {"madvise", EFAULT, 0, EINTR, EINVAL},
    {"mlock", ENOMEM, 0, 0, 0},
    {"mlock2", ENOMEM, 0, 0, ENOSYS},
    {"munlock", ENOMEM, 0, 0, 0},
    {"nanosleep", EINVAL, 0, EINTR, 0},
    {"sigaction", EINVAL, 0, 0, 0},
    {"pthread_atfork", ENOMEM, 0, 0, 0},
    {"pthread_create", EAGAIN, 0, 0, 0},
    {"fallocate", EIO, ENOSPC, EINTR, EOPNOTSUPP},
    {"fstatfs", EIO, 0, 0, ENOSYS},
    {"statx", ENOSYS, 0, 0, 0},
    {"pwritev2", EIO, ENOSPC, EINTR, EOPNOTSUPP},
    {"preadv2", EAGAIN, 0, EINTR, EOPNOTSUPP},
    {"os_scan_pages", ENOMEM, 0, EINTR, ENOTTY},
    {"memfd_create", EMFILE, 0, 0, 0},
    {"sync_file_range", EIO, ENOSPC, 0, ENOSYS},
    {"sysinfo", EFAULT, 0, 0, 0},
    {"syncfs", EIO, ENOSPC, 0, 0},
    {"posix_fadvise", EINVAL, 0, 0, 0},
    {"mincore", EAGAIN, 0, 0, 0},
    {"write", EIO, ENOSPC, EINTR, 0},
    {"fstatvfs", EIO, 0, 0, ENOSYS},
    {"msync", EIO, ENOSPC, EINTR, 0},
    {"posix_madvise", EINVAL, 0, 0, 0},
    {"os_membarrier", EPERM, 0, 0, ENOSYS},
    {"os_cachestat", EPERM, 0, 0, ENOSYS},
};

static int error_of(const char *name) {
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
    if (strcmp(errors[i].name, name) == 0) {
      int all[STRIKES] = {errors[i].hard, errors[i].full, errors[i].interrupted,
                          errors[i].unsupported};
      return all[kind];
    }
  return fatal = 1; /* a call was added to the library and not here: seen by sweep_test */
}

/* Whether this call is the one; errno is set then. */
static int strikes(const char *name) {
  if (!armed)
    return 0;
  if (atomic_fetch_add(&made, 1) + 1 != armed)
    return 0;
  int error = error_of(name);
  if (!error)
    return 0;
  struck = name;
  errno = error;
  return 1;
}

/* What releases a thing releases it, whatever it then says. */
#define RELEASES(name) (strcmp(#name, "close") == 0 || strcmp(#name, "munmap") == 0)

#define X(result, name, parameters, arguments, failure)                                            \
  static result failing_##name parameters {                                                        \
    if (!strikes(#name))                                                                           \
      return real.name arguments;                                                                  \
    int error = errno;                                                                             \
    if (RELEASES(name))                                                                            \
      (void)!real.name arguments;                                                                  \
    errno = error;                                                                                 \
    return failure;                                                                                \
  }
/* clang-format off */
OS_CALLS(X)
#undef X
/* clang-format on */

void calls_arm(int k, strike how) {
  real = tome__os_calls;
  kind = how;
  made = 0;
  struck = NULL;
  armed = k > 0 ? k : -1;
#define X(result, name, parameters, arguments, failure) tome__os_calls.name = failing_##name;
  OS_CALLS(X)
#undef X
}

int calls_disarm(void) {
  tome__os_calls = real;
  armed = 0;
  return fatal ? -1 : made;
}

const char *calls_struck(void) {
  return struck;
}
