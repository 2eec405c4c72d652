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
  tome_span *spans;
};

/* Reads that are done together, each of `length` bytes, into a buffer for all of them. */
struct bench_reads {
  const uint64_t *offsets;
  size_t count;
  size_t length;
  unsigned char *buffer;
};

/* How many reads are done together by the methods that can: so that all their bytes stay below a few MiB, and there are many. */
#define BENCH_TOGETHER_COUNT ((size_t)16384)
#define BENCH_TOGETHER_BYTES ((size_t)4 << 20)

/* All return 0, or complain and return -1. */
struct bench_method {
  const char *name;
  const char *key; /* in JSON */
  int together;    /* whether it does many reads at once; the others are given one at a time */
  int (*open)(struct bench_source *source);
  /* Before each pass over the reads; NULL: nothing to do. Returns 1 too: it has come to `deadline`, and was not ready. */
  int (*prepare)(struct bench_source *source, uint64_t deadline);
  int (*read)(struct bench_source *source, const struct bench_reads *reads);
};

enum { BENCH_WHOLE, BENCH_SEEK, BENCH_MAPPING, BENCH_TOME, BENCH_GATHER, BENCH_METHODS };

extern const struct bench_method bench_methods[BENCH_METHODS];

/* Reading the whole file keeps it in memory if that leaves as much again for others. */
int bench_fits_memory(uint64_t size);

#endif
