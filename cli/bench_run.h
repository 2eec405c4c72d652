/* One method measured: cold and warm, in a process of its own. */
#ifndef TOME_CLI_BENCH_RUN_H
#define TOME_CLI_BENCH_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "bench_method.h"

struct bench_plan {
  const char *path;
  uint64_t size;
  size_t count;  /* of reads */
  size_t length; /* of each */
  uint64_t *offsets;
  uint64_t limit; /* ns: what takes longer is stopped */
};

struct bench_result {
  uint64_t
      resident_before; /* of the file, in memory when the cold pass began; TOME_UNKNOWN possible */
  uint64_t resident_after; /* and when it had ended */
  uint64_t cold;           /* ns, from opening to the last byte */
  int never_dropped;       /* the system does not drop pages for the asking */
  int stopped;             /* at the limit */
  uint64_t done;           /* how many reads were done till then */
  uint64_t warm;           /* ns, median of the warm passes; TOME_UNKNOWN: not measured */
  uint64_t warm_passes;
  uint64_t peak_memory; /* bytes, of the process */
  uint64_t checksum;    /* of all bytes read in the cold pass, if it was not stopped */
};

/* Offsets for a plan of that size, count and length, the same ones each time; NULL: no memory. */
uint64_t *bench_offsets(const struct bench_plan *plan);

/* What a child of child_process.h does for bench_run(). */
int bench_child(const void *bytes, size_t length, int to_parent, int from_parent);

/* Returns 0, or complains and returns -1. */
int bench_run(const struct bench_plan *plan, const struct bench_method *method,
              struct bench_result *ret);

#endif
