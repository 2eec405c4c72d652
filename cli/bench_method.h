/* The ways of reading a file at random that tome bench compares. */
#ifndef TOME_CLI_BENCH_METHOD_H
#define TOME_CLI_BENCH_METHOD_H

#include <stddef.h>
#include <stdint.h>

#include <tome/tome.h>

/* What a method has open. Each uses what it needs. */
struct bench_source {
  const char *path;
  uint64_t size;
  int fd;
  unsigned char
      *bytes; /* the whole file: its copy, or its mapping; NULL if it would not fit in memory */
  tome *map;
};

/* All return 0, or complain and return -1. */
struct bench_method {
  const char *name;
  const char *key; /* in JSON */
  int (*open)(struct bench_source *source);
  int (*prepare)(
      struct bench_source *source); /* before each pass over the reads; NULL: nothing to do */
  int (*read)(struct bench_source *source, uint64_t offset, void *buffer, size_t length);
};

enum { BENCH_WHOLE, BENCH_SEEK, BENCH_MAPPING, BENCH_TOME, BENCH_METHODS };

extern const struct bench_method bench_methods[BENCH_METHODS];

/* Reading the whole file keeps it in memory if that leaves as much again for others. */
int bench_fits_memory(uint64_t size);

#endif
