/* tome bench: ways of reading a file at random, measured on the user's own file and disk. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "bench_report.h"
#include "bench_run.h"
#include "complain.h"

#define COLD_RUNS 5
#define COLD_TIME_MAX UINT64_C(500000000) /* ns */

enum { OPTION_JSON = OPTION_FIRST, OPTION_READS, OPTION_LENGTH };

static const char help[] =
    "Usage: tome bench [--reads N] [--length N] [--json] FILE\n"
    "Measure on FILE what reading a few pieces at random offsets costs by: reading the whole\n"
    "file, seeking and reading, a plain mapping, and Tome. FILE is not changed.\n"
    "\n"
    "Each method reads the same pieces in a process of its own: first cold, with the file's\n"
    "pages dropped from memory (that needs no privilege), then warm, the same once more.\n"
    "What is quick is measured several times. Reading the whole of a large file is not.\n"
    "\n"
    "      --reads=N   how many pieces; default 100\n"
    "      --length=N  how long each is; default 4096\n"
    "      --json      print an object: sizes in bytes, times in seconds, null where\n"
    "                  something was not measured\n"
    "  -h, --help      print this text\n"
    "\n"
    "  tome bench app.log\n"
    "  tome bench --reads 1000 --length 64 app.log\n";

struct request {
  uint64_t reads;
  uint64_t length;
  int json;
};

/* The same offsets on every run: a counter through the finaliser of SplitMix64 (Steele, Lea, Flood,
 * 2014). */
static uint64_t scatter(uint64_t i) {
  uint64_t z = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static int make_plan(const struct request *request, const char *file, uint64_t size,
                     struct bench_plan *ret) {
  uint64_t length = request->length < size ? request->length : size;
  if (size == 0) {
    complain(file, "is empty; there is nothing to read");
    return -1;
  }
  if (length <= SIZE_MAX && request->reads <= SIZE_MAX / sizeof *ret->offsets)
    ret->offsets = malloc((size_t)request->reads * sizeof *ret->offsets);
  if (!ret->offsets) {
    complain(file, "out of memory for so many reads, or such long ones");
    return -1;
  }
  ret->path = file;
  ret->size = size;
  ret->count = request->reads;
  ret->length = (size_t)length;
  for (uint64_t i = 0; i < ret->count; i++)
    ret->offsets[i] = scatter(i) % (size - length + 1);
  return 0;
}

static int get_info(const char *file, tome_info *ret) {
  tome *map;
  *ret = (tome_info){.struct_size = sizeof *ret};
  int failed = tome_open(&map, file, TOME_READ, NULL);
  if (failed == 0) {
    failed = tome_info_get(map, ret);
    tome_close(map);
  }
  if (failed < 0)
    complain_tome(file, NULL);
  return failed;
}

static int by_cold_time(const void *a, const void *b) {
  uint64_t left = ((const struct bench_result *)a)->cold;
  uint64_t right = ((const struct bench_result *)b)->cold;
  return (left > right) - (left < right);
}

/* All runs of a method. */
struct runs {
  struct bench_result results[COLD_RUNS];
  uint64_t count;
};

/* What takes long is not run again. */
static int wants_run(const struct runs *runs) {
  return runs->count == 0 || runs->results[0].cold < COLD_TIME_MAX;
}

static int run_once(const struct bench_plan *plan, int method, struct runs all[]) {
  struct runs *runs = &all[method];
  struct bench_result *result = &runs->results[runs->count];
  if (bench_run(plan, &bench_methods[method], result) < 0)
    return -1;
  runs->count++;
  if (result->checksum == all[0].results[0].checksum)
    return 0;
  complain(plan->path, "%s read other bytes than %s; did the file change meanwhile?",
           bench_methods[method].name, bench_methods[0].name);
  return -1;
}

/* The run of median cold time. */
static struct bench_result median(struct runs *runs) {
  qsort(runs->results, (size_t)runs->count, sizeof runs->results[0], by_cold_time);
  struct bench_result result = runs->results[runs->count / 2];
  result.cold_runs = runs->count;
  return result;
}

/* A disk is not equally fast at all times, so the methods take turns; and slower after much was asked of it, so every second
 * round goes backwards. */
static int run_all(const struct bench_plan *plan, struct bench_result *results) {
  struct runs all[BENCH_METHODS] = {{.count = 0}};
  for (int round = 0; round < COLD_RUNS; round++)
    for (int turn = 0; turn < BENCH_METHODS; turn++) {
      int method = round % 2 ? BENCH_METHODS - 1 - turn : turn;
      if (wants_run(&all[method]) && run_once(plan, method, all) < 0)
        return -1;
    }
  for (int method = 0; method < BENCH_METHODS; method++)
    results[method] = median(&all[method]);
  return 0;
}

static int bench(const struct request *request, const char *file) {
  if (strcmp(file, "-") == 0) {
    complain(file, "standard input cannot be measured; write ./- for a file of that name");
    return STATUS_ERROR;
  }
  struct bench_plan plan = {.offsets = NULL};
  struct bench_result results[BENCH_METHODS];
  tome_info info;
  int status = STATUS_ERROR;
  if (get_info(file, &info) == 0 && make_plan(request, file, info.size, &plan) == 0 &&
      run_all(&plan, results) == 0)
    status = request->json ? bench_report_json(&plan, &info, results)
                           : bench_report_table(&plan, &info, results);
  free(plan.offsets);
  return status;
}

static int take_option(struct arguments *args, int option, struct request *request) {
  if (option == OPTION_JSON) {
    request->json = 1;
    return STATUS_OK;
  }
  uint64_t *value = option == OPTION_READS ? &request->reads : &request->length;
  int failed = option == OPTION_READS ? arguments_count(args, optarg, value)
                                      : arguments_size(args, optarg, value);
  if (!failed && *value == 0)
    return arguments_refuse(args, "--%s must be 1 or more",
                            option == OPTION_READS ? "reads" : "length");
  return failed;
}

static int run(struct arguments *args) {
  struct request request = {.reads = 100, .length = 4096};
  int option, status = STATUS_OK;
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, &request);
  if (status != STATUS_OK)
    return status < 0 ? args->status : status;
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  if (args->operand_count > 1)
    return arguments_refuse(args, "one FILE only");
  return bench(&request, args->operands[0]);
}

static const struct option options[] = {{"json", no_argument, NULL, OPTION_JSON},
                                        {"reads", required_argument, NULL, OPTION_READS},
                                        {"length", required_argument, NULL, OPTION_LENGTH},
                                        VERB_OPTIONS_END};

const struct verb verb_bench = {
    "bench", "compare ways of reading a file at random, on your own disk", help, "+:h", options,
    run};
