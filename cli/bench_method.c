/* Each way as a program would do it that knows no better, without tricks: that is what the table is
 * about. */
#include "bench_method.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "complain.h"

#define PIECE ((size_t)1 << 20)

static int fail(const struct bench_source *source) {
  complain_system(source->path);
  return -1;
}

static int open_file(struct bench_source *source) {
  source->fd = open(source->path, O_RDONLY | O_CLOEXEC);
  return source->fd < 0 ? fail(source) : 0;
}

/* 0 where the system does not tell. */
static uint64_t available_memory(void) {
  static const char name[] = "MemAvailable:";
  uint64_t kib = 0;
  char line[128];
  FILE *file = fopen("/proc/meminfo", "r");
  while (file && kib == 0 && fgets(line, sizeof line, file))
    if (strncmp(line, name, sizeof name - 1) == 0)
      kib = strtoull(line + sizeof name - 1, NULL, 10);
  if (file)
    fclose(file);
  return kib * 1024;
}

int bench_fits_memory(uint64_t size) {
  return size <= available_memory() / 2 && size <= SIZE_MAX / 2;
}

static int whole_open(struct bench_source *source) {
  if (open_file(source) < 0)
    return -1;
  if (bench_fits_memory(source->size)) {
    source->bytes = malloc((size_t)source->size);
    if (!source->bytes)
      return fail(source);
  }
  return 0;
}

/* Where the file does not fit, a piece at a time is read into the same memory and forgotten. */
static int whole_prepare(struct bench_source *source) {
  unsigned char *piece = source->bytes ? NULL : malloc(PIECE);
  if (!source->bytes && !piece)
    return fail(source);
  int result = 0;
  for (uint64_t at = 0; at < source->size && result == 0;) {
    size_t length = source->size - at < PIECE ? (size_t)(source->size - at) : PIECE;
    ssize_t got = pread(source->fd, source->bytes ? source->bytes + at : piece, length, (off_t)at);
    if (got < 0)
      result = fail(source);
    else if (got == 0)
      break; /* cut meanwhile: the reads will differ, and that is told */
    else
      at += (uint64_t)got;
  }
  free(piece);
  return result;
}

static int seek_read(struct bench_source *source, uint64_t offset, void *buffer, size_t length) {
  if (lseek(source->fd, (off_t)offset, SEEK_SET) < 0)
    return fail(source);
  for (size_t done = 0; done < length;) {
    ssize_t got = read(source->fd, (char *)buffer + done, length - done);
    if (got < 0)
      return fail(source);
    if (got == 0) {
      complain(source->path, "became shorter meanwhile (at byte %" PRIu64 ")", offset + done);
      return -1;
    }
    done += (size_t)got;
  }
  return 0;
}

static int memory_read(struct bench_source *source, uint64_t offset, void *buffer, size_t length) {
  memcpy(buffer, source->bytes + offset, length);
  return 0;
}

static int whole_read(struct bench_source *source, uint64_t offset, void *buffer, size_t length) {
  return source->bytes ? memory_read(source, offset, buffer, length)
                       : seek_read(source, offset, buffer, length);
}

static int mapping_open(struct bench_source *source) {
  if (open_file(source) < 0)
    return -1;
  if (source->size > SIZE_MAX) {
    errno = ENOMEM;
    return fail(source);
  }
  void *address = mmap(NULL, (size_t)source->size, PROT_READ, MAP_SHARED, source->fd, 0);
  if (address == MAP_FAILED)
    return fail(source);
  source->bytes = address;
  return 0;
}

static int map_open(struct bench_source *source) {
  if (tome_open(&source->map, source->path, TOME_READ, NULL) == 0)
    return 0;
  complain_tome(source->path, NULL);
  return -1;
}

static int map_read(struct bench_source *source, uint64_t offset, void *buffer, size_t length) {
  if (tome_read(source->map, offset, buffer, length) == 0)
    return 0;
  complain_tome(source->path, NULL);
  return -1;
}

const struct bench_method bench_methods[BENCH_METHODS] = {
    {"read the whole file", "whole", whole_open, whole_prepare, whole_read},
    {"seek and read", "seek_read", open_file, NULL, seek_read},
    {"plain mapping", "mapping", mapping_open, NULL, memory_read},
    {"Tome", "tome", map_open, NULL, map_read},
};
