#include "large_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PIECE ((size_t)256 << 10)

/* ---- bytes ---- */

static uint64_t word_at(uint64_t index) {
  uint64_t mixed = (index + 1) * UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 29)) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed ^= mixed >> 32;
  return (mixed & UINT64_C(0x7F7F7F7F7F7F7F7F)) | UINT64_C(0x0101010101010101);
}

void large_bytes(void *buffer, uint64_t offset, size_t length) {
  unsigned char *to = buffer;
  for (size_t done = 0; done < length; done += 8) {
    uint64_t word = word_at((offset + done) / 8);
    memcpy(to + done, &word, length - done < 8 ? length - done : 8);
  }
}

static size_t piece_of(uint64_t rest) {
  return rest < PIECE ? (size_t)rest : PIECE;
}

/* ---- files ---- */

const char *make_large_file(const char *name, uint64_t length) {
  const char *path = in_dir(name);
  unsigned char *bytes = malloc(PIECE);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  must(fd >= 0 && bytes != NULL);
  for (uint64_t done = 0; done < length; done += piece_of(length - done)) {
    size_t n = piece_of(length - done);
    large_bytes(bytes, done, n);
    must_equal(write(fd, bytes, n), n);
  }
  must_equal(close(fd), 0);
  free(bytes);
  evict_file(path);
  return path;
}

void plant_bytes(const char *path, uint64_t offset, const void *bytes, size_t length) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  must(fd >= 0);
  must_equal(pwrite(fd, bytes, length, (off_t)offset), length);
  must_equal(close(fd), 0);
}

static uint64_t pages_in_memory(int fd, size_t length) {
  size_t pages = (length + PAGE - 1) / PAGE, count = 0;
  unsigned char *in_memory = malloc(pages);
  void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
  must(in_memory != NULL && map != MAP_FAILED);
  must_equal(mincore(map, length, in_memory), 0);
  for (size_t i = 0; i < pages; i++)
    count += in_memory[i] & 1;
  munmap(map, length);
  free(in_memory);
  return count;
}

void evict_file(const char *path) {
  const uint64_t most = UINT64_C(512) << 20; /* looked at: less than a 32-bit process can map */
  uint64_t length = file_length(path);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  must(fd >= 0);
  must_equal(fsync(fd), 0);
  must_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  uint64_t seen = length < most ? length : most;
  must(pages_in_memory(fd, (size_t)seen) * PAGE < seen / 16);
  close(fd);
}

void check_large(const char *file, int line, const char *path, uint64_t from, uint64_t origin,
                 uint64_t length) {
  unsigned char *got = malloc(PIECE), *want = malloc(PIECE);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(fd >= 0 && got != NULL && want != NULL);
  for (uint64_t done = 0; done < length; done += piece_of(length - done)) {
    size_t n = piece_of(length - done);
    must_equal(pread(fd, got, n, (off_t)(from + done)), n);
    large_bytes(want, origin + done, n);
    note("%zu bytes from %" PRIu64 " on", n, from + done);
    check_bytes(file, line, path, got, want, n);
  }
  note("%s", "");
  close(fd);
  free(got);
  free(want);
}

/* ---- where they lie ---- */

static int lies_in_memory(const char *path) {
  const unsigned long tmpfs = 0x01021994, ramfs = 0x858458F6;
  struct statfs status;
  if (statfs(path, &status) != 0)
    return 0;
  return (unsigned long)status.f_type == tmpfs || (unsigned long)status.f_type == ramfs;
}

void use_a_disk(void) {
  if (getenv("TMPDIR") == NULL && lies_in_memory("/tmp"))
    setenv("TMPDIR", "/var/tmp", 1);
}

void skip_without_disk(void) {
  if (lies_in_memory(in_dir("")))
    skip_because("the files would lie in memory: set TMPDIR to a directory on a disk");
}
