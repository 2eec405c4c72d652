/* Looking through a whole file, in order, for a byte string that it does not hold.
 *
 * All ways search with the same code, that of tome_find(): what differs is how the bytes get to it. */
#include "reads_work.h"

#include "finder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define POPULATED ((size_t)4 << 20)

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

static const unsigned char absent[] = "\xF1 nowhere \xF2";
enum { ABSENT = sizeof absent - 1 };

static finder needle;

static void must_be_absent(const unsigned char *bytes, size_t length) {
  errno = EEXIST;
  check(length < ABSENT || tome__finder_first(&needle, bytes, length) == NULL, "the needle");
}

/* Pieces come one after the other, each behind what is kept of the one before. */
static unsigned char buffer[PIECE + ABSENT];
static size_t kept;

static void search_piece(size_t length) {
  size_t there = kept + length;
  must_be_absent(buffer, there);
  kept = there < ABSENT - 1 ? there : ABSENT - 1;
  memmove(buffer, buffer + there - kept, kept);
}

static void by_read(const char *path, uint64_t size) {
  int fd = open_file(path);
  for (uint64_t at = 0; at < size;) {
    ssize_t n = read(fd, buffer + kept, PIECE);
    check(n > 0, "read");
    search_piece((size_t)n);
    at += (uint64_t)n;
  }
}

static void by_tome_read(const char *path, uint64_t size) {
  tome *map = open_tome(path);
  for (uint64_t at = 0; at < size; at += PIECE) {
    size_t length = size - at < PIECE ? (size_t)(size - at) : PIECE;
    errno = 0;
    check(tome_read(map, at, buffer + kept, length) == 0, "tome_read");
    search_piece(length);
  }
}

static void by_mapping(const char *path, uint64_t size) {
  must_be_absent(map_file(path, size, 0), (size_t)size);
}

static void by_advised_mapping(const char *path, uint64_t size) {
  unsigned char *mapped = map_file(path, size, 0);
  check(madvise(mapped, (size_t)size, MADV_SEQUENTIAL) == 0, "madvise");
  must_be_absent(mapped, (size_t)size);
}

/* Without faults: each piece is mapped as a whole before it is looked at. */
static void by_populated_mapping(const char *path, uint64_t size) {
  unsigned char *mapped = map_file(path, size, 0);
  check(madvise(mapped, (size_t)size, MADV_SEQUENTIAL) == 0, "madvise");
  for (uint64_t at = 0; at < size; at += POPULATED) {
    size_t length = size - at < POPULATED ? (size_t)(size - at) : POPULATED;
    size_t before = at == 0 ? 0 : ABSENT - 1;
    check(madvise(mapped + at, length, MADV_POPULATE_READ) == 0, "MADV_POPULATE_READ");
    must_be_absent(mapped + at - before, before + length);
  }
}

static void by_find(const char *path, uint64_t size) {
  errno = 0;
  check(tome_find(open_tome(path), absent, ABSENT, 0, size, NULL) == 0, "tome_find");
}

static void by_count(const char *path, uint64_t size) {
  uint64_t count;
  errno = 0;
  check(tome_count(open_tome(path), absent, ABSENT, 0, size, &count) == 0, "tome_count");
}

static const struct {
  const char *name;
  void (*go)(const char *path, uint64_t size);
} ways[] = {{"read", by_read},
            {"mapping", by_mapping},
            {"mapping-sequential", by_advised_mapping},
            {"mapping-populated", by_populated_mapping},
            {"tome-find", by_find},
            {"tome-count", by_count},
            {"tome-read", by_tome_read}};

void scan(const char *name, const char *path) {
  struct stat status;
  check(stat(path, &status) == 0, path);
  tome__finder_begin(&needle, absent, ABSENT, 0);
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
    if (strcmp(ways[i].name, name) != 0)
      continue;
    account_begin();
    double begin = now();
    ways[i].go(path, (uint64_t)status.st_size);
    account_end(0, now() - begin);
    return;
  }
  errno = EINVAL;
  die(name);
}
