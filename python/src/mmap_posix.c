/* What mmap asks of a POSIX system. */
#include "mmap_system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH 0
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

/* Mapped, it is memory: some systems have it for that. */
static int is_zero_device(const struct stat *status) {
  struct stat zero;
  return S_ISCHR(status->st_mode) && stat("/dev/zero", &zero) == 0 &&
         zero.st_rdev == status->st_rdev;
}

static enum file_kind kind_of(const struct stat *status) {
  if (S_ISREG(status->st_mode))
    return REGULAR_FILE;
  if (S_ISBLK(status->st_mode))
    return BLOCK_DEVICE;
  if (is_zero_device(status))
    return ZERO_DEVICE;
  return OTHER_FILE;
}

int system_ask(int descriptor, file_facts *ret) {
  struct stat status;
  int mode = fcntl(descriptor, F_GETFL);
  if (mode < 0 || fstat(descriptor, &status) < 0)
    return errno;
  int only_path = mode & O_PATH;
  mode &= O_ACCMODE;
  *ret = (file_facts){kind_of(&status), status.st_size, mode != O_WRONLY, mode != O_RDONLY,
                      only_path != 0};
  return 0;
}

PyObject *system_name(int descriptor) {
  static const char gone[] = " (deleted)";
  char link[64], name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, name, sizeof name);
  if (length <= 0 || (size_t)length == sizeof name || name[0] != '/')
    return Py_NewRef(Py_None);
  size_t tail = sizeof gone - 1;
  if ((size_t)length > tail && memcmp(name + (size_t)length - tail, gone, tail) == 0)
    return Py_NewRef(Py_None);
  return PyUnicode_DecodeFSDefaultAndSize(name, length);
}

static int new_memory(void) {
#ifdef MFD_CLOEXEC
  return memfd_create("tome", MFD_CLOEXEC);
#else
  char name[] = "/tmp/tome-XXXXXX";
  int descriptor = mkstemp(name);
  if (descriptor >= 0) {
    unlink(name);
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
  return descriptor;
#endif
}

int system_memory(Py_ssize_t size, int *ret_descriptor) {
  int descriptor = new_memory();
  if (descriptor < 0)
    return errno;
  if (ftruncate(descriptor, size) == 0) {
    *ret_descriptor = descriptor;
    return 0;
  }
  int number = errno;
  close(descriptor);
  return number;
}

int system_has_memory(Py_ssize_t size, int flags, int protection) {
  flags &= MAP_SHARED | MAP_PRIVATE | MAP_NORESERVE;
  void *memory = mmap(NULL, (size_t)size, protection, flags | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return errno;
  munmap(memory, (size_t)size);
  return 0;
}

int system_advise(void *address, size_t length, int advice) {
  return madvise(address, length, advice) < 0 ? errno : 0;
}

int system_protect(void *address, size_t length, int protection) {
  return mprotect(address, length, protection) < 0 ? errno : 0;
}
