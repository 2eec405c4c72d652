/* All methods measured with one number of reads: each run several times, and what that comes to. */
#ifndef TOME_CLI_BENCH_TABLE_H
#define TOME_CLI_BENCH_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include <tome/tome.h>

#include "bench_method.h"
#include "bench_run.h"

/* Of the runs' times, in ns; TOME_UNKNOWN: not measured. */
struct bench_times {
  uint64_t median, least, most;
};

struct bench_row {
  struct bench_result typical; /* the run of median cold time */
  uint64_t runs;
  struct bench_times cold, warm;
  uint64_t
      resident_before; /* the most that any run found in memory; TOME_UNKNOWN if none can tell */
};

struct bench_table {
  size_t reads;
  struct bench_row rows[BENCH_METHODS];
};

/* What is shown, in whatever form. */
struct bench_report {
  const struct bench_plan *plan;
  uint64_t runs; /* how many were asked for */
  tome_info info;
  const struct bench_table *tables; /* one for each number of reads */
  size_t count;
};

/* Measure the first `reads` reads of the plan. Returns 0, or complains and returns -1. */
int bench_table_make(const struct bench_plan *plan, size_t reads, uint64_t runs,
                     struct bench_table *ret);

#endif
