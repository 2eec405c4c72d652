#include "page_model.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_plainly(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(fd >= 0);
  return fd;
}

void look_at_pages(const char *path, uint64_t first, size_t count, unsigned char *ret_pages) {
  int fd = open_plainly(path);
  void *address = mmap(NULL, count * PAGE, PROT_READ, MAP_SHARED, fd, (off_t)(first * PAGE));
  must(address != MAP_FAILED);
  must_equal(mincore(address, count * PAGE, ret_pages), 0);
  for (size_t i = 0; i < count; i++)
    ret_pages[i] &= 1;
  must_equal(munmap(address, count * PAGE), 0);
  must_equal(close(fd), 0);
}

size_t pages_there(const char *path, uint64_t first, size_t count) {
  unsigned char *pages = malloc(count);
  size_t there = 0;
  look_at_pages(path, first, count, pages);
  for (size_t i = 0; i < count; i++)
    there += pages[i];
  free(pages);
  return there;
}

/* How often to try what the system may have a reason not to do at once. */
enum { TRIES = 50 };

void must_evict(tome *map, uint64_t offset, uint64_t length, const char *path, uint64_t first,
                size_t count) {
  size_t there = count;
  for (int i = 0; i < TRIES && there > 0; i++) {
    must_succeed(tome_evict(map, offset, length));
    there = pages_there(path, first, count);
  }
  must_equal(there, 0);
}

void drop_file(const char *path) {
  int fd = open_plainly(path);
  struct stat status;
  size_t there = 1;
  must_equal(fsync(fd), 0);
  must_equal(fstat(fd, &status), 0);
  for (int i = 0; i < TRIES && there > 0; i++) {
    must_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
    there = pages_there(path, 0, ((size_t)status.st_size + PAGE - 1) / PAGE);
  }
  must_equal(close(fd), 0);
  if (there == 0)
    return;
  if (is_child())
    exit_unable("the pages of a file here do not go when told to");
  skip_because("the pages of a file here do not go when told to");
}

void bring_in_pages(const char *path, uint64_t first, size_t count) {
  char byte;
  int fd = open_plainly(path);
  must_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
  for (uint64_t i = first; i < first + count; i++)
    must_equal(pread(fd, &byte, 1, (off_t)(i * PAGE)), 1);
  must_equal(close(fd), 0);
}

const char *make_cold_file(const char *name, size_t length) {
  const char *path = make_pattern_file(name, length);
  drop_file(path);
  return path;
}

uint64_t process_figure(const char *name) {
  char line[128];
  uint64_t kibibytes = 0;
  FILE *status = fopen("/proc/self/status", "re");
  must(status != NULL);
  while (fgets(line, sizeof line, status) != NULL)
    if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
      kibibytes = strtoull(line + strlen(name) + 1, NULL, 10);
  fclose(status);
  return kibibytes << 10;
}
