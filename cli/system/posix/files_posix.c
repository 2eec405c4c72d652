#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum file_kind kind_of(mode_t mode) {
  return S_ISREG(mode)   ? FILE_REGULAR
         : S_ISDIR(mode) ? FILE_DIRECTORY
         : S_ISBLK(mode) ? FILE_BLOCK_DEVICE
                         : FILE_OTHER;
}

static int take_facts(int failed, const struct stat *status, struct file_facts *ret) {
  if (failed)
    return -1;
  ret->identity = (struct file_identity){.device = (uint64_t)status->st_dev,
                                         .number = {(uint64_t)status->st_ino}};
  ret->kind = kind_of(status->st_mode);
  return 0;
}

int file_facts_of_name(const char *path, struct file_facts *ret) {
  struct stat status;
  return take_facts(stat(path, &status), &status, ret);
}

int file_facts_of_entry(const char *path, struct file_facts *ret) {
  struct stat status;
  return take_facts(lstat(path, &status), &status, ret);
}

int file_facts_of_open(int fd, struct file_facts *ret) {
  struct stat status;
  return take_facts(fstat(fd, &status), &status, ret);
}

int file_is_there(const char *path) {
  return access(path, F_OK) == 0;
}

int file_open(const char *path, int may_wait) {
  return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (may_wait ? 0 : O_NONBLOCK));
}

int64_t file_read_at(int fd, void *bytes, size_t length, uint64_t offset) {
  return pread(fd, bytes, length, (off_t)offset);
}

FILE *file_stream_read(const char *path) {
  return fopen(path, "re");
}

FILE *file_stream_write(const char *path) {
  return fopen(path, "we");
}

void file_write_back(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  (void)fsync(fd);
  close(fd);
}

void *file_map(int fd, uint64_t size) {
  if (size > SIZE_MAX) {
    errno = ENOMEM;
    return NULL;
  }
  void *address = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
  return address == MAP_FAILED ? NULL : address;
}

static DIR *open_directory(const char *path, int follow) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  DIR *directory = fd < 0 ? NULL : fdopendir(fd);
  if (!directory && fd >= 0)
    close(fd);
  return directory;
}

static int each_entry(DIR *directory, directory_entry *each, void *context) {
  const struct dirent *entry;
  while (errno = 0, (entry = readdir(directory))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (each(context, entry->d_name) < 0)
      return -1;
  }
  return errno == 0 ? 0 : -1;
}

int directory_each(const char *path, int follow, directory_entry *each, void *context) {
  DIR *directory = open_directory(path, follow);
  if (!directory)
    return -1;
  int result = each_entry(directory, each, context), reason = errno;
  closedir(directory);
  errno = reason;
  return result;
}

char *path_directory(const char *path) {
  char *copy = strdup(path); /* dirname() cuts it */
  char *directory = copy ? strdup(dirname(copy)) : NULL;
  free(copy);
  return directory;
}

const char *path_last(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int path_ends_in_divider(const char *directory) {
  size_t length = strlen(directory);
  return length > 0 && directory[length - 1] == '/';
}
