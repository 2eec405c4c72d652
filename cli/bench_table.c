/* A disk is not equally fast at all times, so the methods take turns; and slower after much was asked of it, so every second
 * round goes backwards. */
#include "bench_table.h"

#include <stdlib.h>

#include "complain.h"

/* A method that has taken longer in all is not run again; ns. */
#define TIME_MAX UINT64_C(2000000000)

/* All runs of a method. */
struct runs {
  struct bench_result *results; /* room for `wanted` */
  size_t wanted, count;
  uint64_t spent;
};

static int wants_run(const struct runs *runs) {
  return runs->count < runs->wanted && runs->spent < TIME_MAX &&
         !(runs->count > 0 && runs->results[runs->count - 1].stopped);
}

/* The first run that read all there is to read; NULL: none yet. */
static const struct bench_result *first_whole(const struct runs all[]) {
  for (int method = 0; method < BENCH_METHODS; method++)
    for (uint64_t i = 0; i < all[method].count; i++)
      if (!all[method].results[i].stopped)
        return &all[method].results[i];
  return NULL;
}

static int run_once(const struct bench_plan *plan, int method, struct runs all[]) {
  struct runs *runs = &all[method];
  struct bench_result *result = &runs->results[runs->count];
  if (bench_run(plan, &bench_methods[method], result) < 0)
    return -1;
  runs->count++;
  runs->spent += result->cold;
  const struct bench_result *other = first_whole(all);
  if (result->stopped || result->checksum == other->checksum)
    return 0;
  complain(plan->path, "%s read other bytes than the others; did the file change meanwhile?",
           bench_methods[method].name);
  return -1;
}

static int run_all(const struct bench_plan *plan, uint64_t wanted, struct runs all[]) {
  for (uint64_t round = 0; round < wanted; round++)
    for (int turn = 0; turn < BENCH_METHODS; turn++) {
      int method = round % 2 ? BENCH_METHODS - 1 - turn : turn;
      if (wants_run(&all[method]) && run_once(plan, method, all) < 0)
        return -1;
    }
  return 0;
}

static int compare(uint64_t left, uint64_t right) {
  return (left > right) - (left < right);
}

static int by_cold_time(const void *a, const void *b) {
  const struct bench_result *left = a, *right = b;
  return compare(left->cold, right->cold);
}

static int by_warm_time(const void *a, const void *b) {
  const struct bench_result *left = a, *right = b;
  return compare(left->warm, right->warm);
}

static struct bench_times warm_times(struct runs *runs) {
  qsort(runs->results, runs->count, sizeof runs->results[0], by_warm_time);
  return (struct bench_times){.median = runs->results[runs->count / 2].warm,
                              .least = runs->results[0].warm,
                              .most = runs->results[runs->count - 1].warm};
}

static struct bench_times cold_times(struct runs *runs) {
  qsort(runs->results, runs->count, sizeof runs->results[0], by_cold_time);
  return (struct bench_times){.median = runs->results[runs->count / 2].cold,
                              .least = runs->results[0].cold,
                              .most = runs->results[runs->count - 1].cold};
}

/* Pages left in one run settle it, whatever could not be seen in another. */
static uint64_t most_before(const struct runs *runs) {
  uint64_t most = 0;
  int seen = 1;
  for (uint64_t i = 0; i < runs->count; i++) {
    uint64_t left = runs->results[i].resident_before;
    if (left == TOME_UNKNOWN)
      seen = 0;
    else if (left > most)
      most = left;
  }
  return most > 0 || seen ? most : TOME_UNKNOWN;
}

static struct bench_row row_of(struct runs *runs) {
  struct bench_row row = {.runs = runs->count, .resident_before = most_before(runs)};
  row.warm = warm_times(runs);
  row.cold = cold_times(runs);
  row.typical = runs->results[runs->count / 2];
  return row;
}

int bench_table_make(const struct bench_plan *plan, size_t reads, uint64_t runs,
                     struct bench_table *ret) {
  struct bench_plan part = *plan;
  struct runs all[BENCH_METHODS];
  part.count = reads;
  struct bench_result *results =
      runs <= SIZE_MAX ? calloc((size_t)runs, BENCH_METHODS * sizeof *results) : NULL;
  if (!results) {
    complain(plan->path, "out of memory for so many runs");
    return -1;
  }
  for (int method = 0; method < BENCH_METHODS; method++)
    all[method] =
        (struct runs){.results = results + (size_t)method * (size_t)runs, .wanted = (size_t)runs};
  int result = run_all(&part, runs, all);
  ret->reads = reads;
  for (int method = 0; method < BENCH_METHODS && result == 0; method++)
    ret->rows[method] = row_of(&all[method]);
  free(results);
  return result;
}
