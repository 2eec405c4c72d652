/* The ways of reading pieces here and there. */
#include "reads_work.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd = -1;
static const unsigned char *mapped;
static tome *map;

static unsigned char *place(const work *w, size_t i) {
  return w->area + i * w->length;
}

/* ---- opening ---- */

static void open_descriptor(const work *w) {
  fd = open_file(w->path);
}

static void open_mapping(const work *w) {
  mapped = map_file(w->path, w->size, 0);
}

static void open_mapping_random(const work *w) {
  open_mapping(w);
  check(madvise((void *)(uintptr_t)mapped, (size_t)w->size, MADV_RANDOM) == 0, "madvise");
}

static void open_map(const work *w) {
  map = open_tome(w->path);
}

/* ---- reading ---- */

/* As a program does that loads its file and goes on in memory. */
static void read_all(const work *w) {
  unsigned char *all = malloc((size_t)w->size);
  check(all != NULL, "memory for the whole file");
  for (uint64_t at = 0; at < w->size;) {
    ssize_t n = read(fd, all + at, (size_t)(w->size - at));
    check(n > 0, "read");
    at += (uint64_t)n;
  }
  read_by_copying(all, w);
  free(all);
}

static void seek_and_read(const work *w) {
  for (size_t i = 0; i < w->count; i++) {
    check(lseek(fd, (off_t)w->offsets[i], SEEK_SET) >= 0, "lseek");
    check(read(fd, place(w, i), w->length) == (ssize_t)w->length, "read");
  }
}

void read_by_pread(int from, const work *w) {
  for (size_t i = 0; i < w->count; i++)
    check(pread(from, place(w, i), w->length, (off_t)w->offsets[i]) == (ssize_t)w->length, "pread");
}

void read_by_copying(const unsigned char *from, const work *w) {
  for (size_t i = 0; i < w->count; i++)
    memcpy(place(w, i), from + w->offsets[i], w->length);
}

void read_by_tome(tome *from, const work *w) {
  errno = 0;
  for (size_t i = 0; i < w->count; i++)
    check(tome_read(from, w->offsets[i], place(w, i), w->length) == 0, "tome_read");
}

static void by_pread(const work *w) {
  read_by_pread(fd, w);
}

static void by_mapping(const work *w) {
  read_by_copying(mapped, w);
}

static void by_tome(const work *w) {
  read_by_tome(map, w);
}

static void by_gather(const work *w) {
  errno = 0;
  check(tome_gather(map, w->spans, w->count) == 0, "tome_gather");
}

static const way ways[] = {{"read-all", open_descriptor, read_all},
                           {"seek-read", open_descriptor, seek_and_read},
                           {"pread", open_descriptor, by_pread},
                           {"mapping", open_mapping, by_mapping},
                           {"mapping-random", open_mapping_random, by_mapping},
                           {"tome-read", open_map, by_tome},
                           {"tome-gather", open_map, by_gather}};

const way *way_named(const char *name) {
  for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
    if (strcmp(ways[i].name, name) == 0)
      return &ways[i];
  errno = EINVAL;
  die(name);
}
