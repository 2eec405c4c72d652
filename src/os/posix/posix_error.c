#include "posix_error.h"

#include "os.h"

#include <errno.h>
#include <tome/error.h>

int tome__os_code(int system) {
  switch (system) {
  case EINVAL:
    return TOME_EINVAL;
  case ENOENT:
    return TOME_ENOENT;
  case EEXIST:
    return TOME_EEXIST;
  case EACCES:
  case EPERM:
    return TOME_EACCES;
  case EROFS:
    return TOME_EREADONLY;
  case EISDIR:
    return TOME_EISDIR;
  case ENOTDIR:
    return TOME_ENOTDIR;
  case ENODEV:
  case ENXIO:
    return TOME_ENOTMAP;
  case ENAMETOOLONG:
  case ELOOP:
    return TOME_ENAME;
  case EBADF:
    return TOME_EBADF;
  case EMFILE:
  case ENFILE:
    return TOME_EMFILE;
  case ENOMEM:
    return TOME_ENOMEM;
  case ENOSPC:
  case EDQUOT:
    return TOME_ENOSPC;
  case EFBIG:
  case EOVERFLOW:
    return TOME_EFBIG;
  case EBUSY:
  case EAGAIN: /* open: someone holds a lease */
  case ETXTBSY:
    return TOME_EBUSY;
  case EIO:
    return TOME_EIO;
  case EOPNOTSUPP:
  case ENOSYS:
    return TOME_ENOTSUP;
  default:
    return TOME_ESYSTEM;
  }
}

int tome__os_failed(void) {
  return tome__os_code(errno);
}

int tome__os_write_back_failed(void) {
  int r = tome__os_failed();
  return r == TOME_ENOMEM || r == TOME_EBUSY || r == TOME_ENOTSUP ? TOME_EIO : r;
}

int tome__os_last_error(void) {
  return errno;
}

void tome__os_set_error(int system) {
  errno = system;
}
