/* Opening, adopting and closing files. */
#include "calls.h"
#include "description.h"
#include "os.h"
#include "posix_error.h"
#include "posix_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <tome/map.h>
#include <unistd.h>

/* Not every system has these. */
#ifndef O_PATH
#define O_PATH 0
#endif
#ifndef O_DIRECT
#define O_DIRECT 0
#endif

#define ALWAYS (O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

static int open_retrying(int at, const char *path, int flags, mode_t mode) {
  int fd;
  do
    fd = tome__os_calls.openat(at, path, flags | ALWAYS, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

/* Only files have bytes at offsets. */
static int check_mode(mode_t mode) {
  if (S_ISREG(mode) || S_ISBLK(mode))
    return 0;
  errno = 0;
  return S_ISDIR(mode) ? TOME_EISDIR : TOME_ENOTMAP;
}

/* Asked before the file is used for anything. */
static int check_kind(int fd) {
  struct stat status;
  if (tome__os_calls.fstat(fd, &status) < 0)
    return tome__os_failed();
  return check_mode(status.st_mode);
}

/* Opening alone would rewind a tape, pick up a modem, or let someone in who waits at a FIFO. What there is by the time it
 * is opened is looked at again. */
static int check_path(const char *path) {
  struct stat status;
  if (tome__os_calls.fstatat(AT_FDCWD, path, &status, 0) < 0)
    return 0; /* opening will say why */
  return check_mode(status.st_mode);
}

static os_file new_file(int fd, uint32_t flags) {
  return (os_file){.descriptor = fd,
                   .directory = -1,
                   .appender = -1,
                   .writable = (flags & TOME_WRITE) != 0,
                   .owner = getpid()};
}

/* The directory is opened first and the file created in it, so that the name that is made durable later is this
 * very one, whatever is renamed meanwhile. */
static int open_directory(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash)
    return open_retrying(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0);
  size_t length = slash == path ? 1 : (size_t)(slash - path);
  char *name = tome__os_new(length + 1, 1);
  if (!name) {
    errno = ENOMEM;
    return -1;
  }
  memcpy(name, path, length);
  int fd = open_retrying(AT_FDCWD, name, O_RDONLY | O_DIRECTORY, 0);
  int system = errno;
  tome__os_free(name);
  errno = system;
  return fd;
}

static const char *last_component(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* A dangling link exists for O_EXCL and does not without it. There the plain O_CREAT decides; whose the file then is, and in
 * which directory, nobody can tell. */
static int create_behind_link(const char *path, uint32_t flags, uint32_t mode, os_file *ret_file) {
  int fd = open_retrying(AT_FDCWD, path, O_RDWR | O_CREAT, mode);
  if (fd < 0)
    return tome__os_failed();
  *ret_file = new_file(fd, flags);
  ret_file->name_at_risk = 1;
  return 0;
}

static int create(const char *path, uint32_t flags, uint32_t mode, os_file *ret_file) {
  if (*path && !*last_component(path)) {
    errno = EISDIR;
    return TOME_EISDIR;
  }
  int directory = open_directory(path);
  if (directory < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
    return tome__os_failed(); /* else: a directory that may be searched, not read */
  int fd =
      open_retrying(directory >= 0 ? directory : AT_FDCWD,
                    directory >= 0 ? last_component(path) : path, O_RDWR | O_CREAT | O_EXCL, mode);
  if (fd < 0) {
    int system = errno;
    if (directory >= 0)
      tome__os_calls.close(directory);
    errno = system;
    return system == EEXIST && !(flags & TOME_EXCL)
               ? create_behind_link(path, flags, mode, ret_file)
               : tome__os_failed();
  }
  *ret_file = new_file(fd, flags);
  ret_file->directory = directory;
  ret_file->created = ret_file->name_at_risk = 1;
  return 0;
}

static int open_existing(const char *path, uint32_t flags, os_file *ret_file) {
  int r = check_path(path);
  if (r < 0)
    return r;
  int fd = open_retrying(AT_FDCWD, path, flags & TOME_WRITE ? O_RDWR : O_RDONLY, 0);
  if (fd < 0)
    return tome__os_failed();
  *ret_file = new_file(fd, flags);
  return 0;
}

/* The name by which a file was opened goes by its directory, where that is known. */
static int named_at(const os_file *file) {
  return file->directory >= 0 ? file->directory : AT_FDCWD;
}

static const char *name_there(const os_file *file, const char *path) {
  return file->directory >= 0 ? last_component(path) : path;
}

int tome__os_open(const char *path, uint32_t flags, uint32_t mode, os_file *ret_file) {
  os_file file = {.descriptor = -1};
  int r = flags & TOME_EXCL ? TOME_ENOENT : open_existing(path, flags, &file);
  if (r == TOME_ENOENT && (flags & TOME_CREATE))
    r = create(path, flags, mode, &file);
  if (r < 0)
    return r;
  r = check_kind(file.descriptor);
  if (r == 0)
    r = tome__os_prepare_to_append(&file, named_at(&file), name_there(&file, path), flags);
  if (r < 0) {
    int system = errno;
    tome__os_abandon(&file, path);
    errno = system;
    return r;
  }
  *ret_file = file;
  return 0;
}

int tome__os_adopt(int descriptor, uint32_t flags, os_file *ret_file) {
  int status = tome__os_calls.fcntl(descriptor, F_GETFL, 0);
  if (status < 0)
    return tome__os_failed();
  if (status & O_PATH)
    return TOME_EBADF;
  int access = status & O_ACCMODE;
  int r = check_kind(descriptor);
  if (r < 0)
    return r;
  errno = 0;
  if (access == O_WRONLY || (access == O_RDONLY && (flags & TOME_WRITE)))
    return TOME_EACCES;
  int fd = tome__os_reopen(descriptor, (flags & TOME_WRITE) != 0);
  int borrowed = fd < 0;
  if (borrowed && (errno == EMFILE || errno == ENFILE))
    return TOME_EMFILE;
  if (borrowed) {
    /* Writing at an offset would append, or want alignment. */
    if ((status & O_DIRECT) || ((status & O_APPEND) && (flags & TOME_WRITE)))
      return TOME_ENOTSUP;
    fd = tome__os_calls.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  }
  if (fd < 0)
    return tome__os_failed();
  *ret_file = new_file(fd, flags);
  ret_file->borrowed = borrowed;
  return 0;
}

int tome__os_owns_position(os_file *file) {
  tome__os_own_description(file);
  return !file->borrowed;
}

/* Someone may have put another file in the place of the one that was created. */
static int is_still_named(const os_file *file, int at, const char *name) {
  struct stat ours, named;
  return tome__os_calls.fstat(file->descriptor, &ours) == 0 &&
         tome__os_calls.fstatat(at, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

void tome__os_abandon(os_file *file, const char *path) {
  int at = named_at(file);
  const char *name = name_there(file, path);
  if (file->created && is_still_named(file, at, name))
    tome__os_calls.unlinkat(at, name, 0);
  if (file->directory >= 0)
    tome__os_calls.close(file->directory);
  if (file->appender >= 0)
    tome__os_calls.close(file->appender);
  tome__os_calls.close(file->descriptor);
}

int tome__os_close(os_file *file) {
  if (file->directory >= 0)
    tome__os_calls.close(file->directory);
  if (file->appender >= 0)
    tome__os_calls.close(file->appender);
  /* After EINTR the descriptor is gone all the same. */
  if (tome__os_calls.close(file->descriptor) < 0 && errno != EINTR)
    return tome__os_failed();
  return 0;
}

void tome__os_name_is_safe(os_file *file) {
  file->name_at_risk = 0;
  if (file->directory >= 0)
    tome__os_calls.close(file->directory);
  file->directory = -1;
}

const char *tome__os_divider(const char *directory) {
  size_t length = strlen(directory);
  return length > 0 && directory[length - 1] == '/' ? "" : "/";
}
