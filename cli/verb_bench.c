/* tome bench: ways of reading a file at random, measured on the user's own file and disk. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "bench_picture.h"
#include "bench_report.h"
#include "bench_run.h"
#include "bench_table.h"
#include "complain.h"
#include "input_file.h"
#include "svg_file.h"
#include "time_text.h"

enum {
  OPTION_JSON = OPTION_FIRST,
  OPTION_READS,
  OPTION_LENGTH,
  OPTION_RUNS,
  OPTION_LIMIT,
  OPTION_SVG
};

static const char help[] =
    "Usage: tome bench [--reads=LIST] [--length=N] [--runs=N] [--limit=TIME] "
    "[--json]\n"
    "                  [--svg=FILE.svg] FILE\n"
    "Measure on FILE what reading pieces at random offsets costs by: reading "
    "the whole file,\n"
    "seeking and reading, a plain mapping, and Tome: one by one, and all at "
    "once, as tome read\n"
    "does. FILE is not changed.\n"
    "\n"
    "Each method reads the same pieces in a process of its own: first cold, "
    "with the file's\n"
    "pages dropped from memory (that needs no privilege), then warm, the same "
    "again. Shown\n"
    "are the median of several runs, and the fastest and the slowest; what has "
    "taken more\n"
    "than two seconds is not run again.\n"
    "\n"
    "      --reads=LIST    how many pieces; default 100. With commas: a table "
    "for each\n"
    "      --length=N      how long each is; default 4096\n"
    "      --runs=N        how often each method is run; default 5\n"
    "      --limit=TIME    stop a method's cold run after so long; default "
    "30s\n"
    "      --json          print an array with an object for each table: sizes "
    "in bytes, times\n"
    "                      in seconds, null where something was not measured\n"
    "      --svg=FILE.svg  also write a picture of it, fit for light and dark "
    "pages; - is\n"
    "                      standard output, and then nothing else is printed "
    "there\n"
    "  -h, --help          print this text\n"
    "\n"
    "  tome bench app.log\n"
    "  tome bench --reads 100,10000 --length 64 --svg reads.svg app.log\n";

struct request {
  size_t *reads;
  size_t read_count; /* how many numbers of reads */
  uint64_t length;
  uint64_t runs;
  uint64_t limit; /* ns */
  int json;
  const char *svg; /* NULL: none */
};

static size_t most_reads(const struct request *request) {
  size_t most = 1;
  for (size_t i = 0; i < request->read_count; i++)
    most = request->reads[i] > most ? request->reads[i] : most;
  return most;
}

/* For the most reads: a table with fewer takes the first of them. */
static int make_plan(const struct request *request, const char *file, uint64_t size,
                     struct bench_plan *ret) {
  uint64_t length = request->length < size ? request->length : size;
  size_t reads = most_reads(request);
  if (size == 0) {
    complain(file, "is empty; there is nothing to read");
    return -1;
  }
  ret->path = file;
  ret->size = size;
  ret->count = reads;
  ret->length = (size_t)length;
  ret->limit = request->limit;
  if (length <= SIZE_MAX)
    ret->offsets = bench_offsets(ret);
  if (!ret->offsets) {
    complain(file, "out of memory for so many reads, or such long ones");
    return -1;
  }
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

/* Each table is printed when it is there. */
static int measure(const struct request *request, const struct bench_report *report,
                   struct bench_table *tables) {
  int printed = !request->json && !(request->svg && input_is_stdin(request->svg));
  if (printed)
    bench_report_title(report);
  for (size_t i = 0; i < report->count; i++) {
    if (bench_table_make(report->plan, request->reads[i], request->runs, &tables[i]) < 0)
      return STATUS_ERROR;
    if (printed)
      bench_report_table(&tables[i]);
  }
  if (printed)
    bench_report_notes(report);
  return STATUS_OK;
}

static void draw(FILE *out, const void *report) {
  bench_picture_draw(out, report);
}

static int bench_file(const struct request *request, const struct bench_plan *plan,
                      const tome_info *info, struct bench_table *tables) {
  struct bench_report report = {.plan = plan,
                                .runs = request->runs,
                                .info = *info,
                                .tables = tables,
                                .count = request->read_count};
  int status = measure(request, &report, tables);
  if (status == STATUS_OK && request->json)
    status = bench_report_json(&report);
  if (status == STATUS_OK && request->svg)
    status = svg_file_write(request->svg, draw, &report);
  return status;
}

static int bench(const struct request *request, const char *file) {
  if (input_is_stdin(file)) {
    complain(file, "standard input cannot be measured; write ./- for a file of that name");
    return STATUS_ERROR;
  }
  struct bench_plan plan = {.offsets = NULL};
  struct bench_table *tables = calloc(request->read_count, sizeof *tables);
  tome_info info;
  int status = STATUS_ERROR;
  if (!tables)
    complain(file, "out of memory");
  else if (get_info(file, &info) == 0 && make_plan(request, file, info.size, &plan) == 0)
    status = bench_file(request, &plan, &info, tables);
  free(plan.offsets);
  free(tables);
  return status;
}

static int take_count(const struct arguments *args, const char *name, const char *text,
                      size_t length, uint64_t *ret) {
  const char *wrong = count_parse(text, length, ret);
  if (wrong)
    return arguments_refuse(args, "\"%.*s\" %s", (int)length, text, wrong);
  return *ret == 0 ? arguments_refuse(args, "--%s must be 1 or more", name) : STATUS_OK;
}

/* Numbers with commas between them. */
static int take_reads(const struct arguments *args, const char *text, struct request *request) {
  size_t *reads = calloc(strlen(text) / 2 + 1, sizeof *reads);
  int status = reads ? STATUS_OK : STATUS_ERROR;
  if (!reads)
    complain(args->verb->name, "out of memory");
  free(request->reads);
  request->reads = reads;
  request->read_count = 0;
  for (const char *next = text; next && status == STATUS_OK;) {
    uint64_t count = 0;
    size_t length = strcspn(next, ",");
    status = take_count(args, "reads", next, length, &count);
    if (status == STATUS_OK)
      reads[request->read_count++] = count < SIZE_MAX ? (size_t)count : SIZE_MAX;
    next = next[length] ? next + length + 1 : NULL;
  }
  return status;
}

static int take_limit(const struct arguments *args, struct request *request) {
  int64_t limit;
  const char *wrong = duration_parse(optarg, &limit);
  if (wrong)
    return arguments_refuse(args, "\"%s\" %s", optarg, wrong);
  if (limit <= 0)
    return arguments_refuse(args, "--limit must be more than nothing");
  request->limit = (uint64_t)limit;
  return STATUS_OK;
}

static int take_length(const struct arguments *args, struct request *request) {
  int failed = arguments_size(args, optarg, &request->length);
  if (!failed && request->length == 0)
    return arguments_refuse(args, "--length must be 1 or more");
  return failed;
}

static int take_option(const struct arguments *args, int option, struct request *request) {
  switch (option) {
  case OPTION_READS:
    return take_reads(args, optarg, request);
  case OPTION_LENGTH:
    return take_length(args, request);
  case OPTION_RUNS:
    return take_count(args, "runs", optarg, strlen(optarg), &request->runs);
  case OPTION_LIMIT:
    return take_limit(args, request);
  case OPTION_SVG:
    request->svg = optarg;
    return svg_file_check(args, optarg);
  default:
    request->json = 1;
    return STATUS_OK;
  }
}

static int check_request(const struct arguments *args, const struct request *request) {
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  if (args->operand_count > 1)
    return arguments_refuse(args, "one FILE only");
  if (request->json && request->svg && input_is_stdin(request->svg))
    return arguments_refuse(args, "--svg=- and --json do not go together");
  return svg_file_spares(args, request->svg);
}

static int run_request(struct arguments *args, struct request *request) {
  char hundred[] = "100";
  int option, status = take_reads(args, hundred, request);
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, request);
  if (status == STATUS_OK)
    status = check_request(args, request);
  if (status == STATUS_OK)
    status = bench(request, args->operands[0]);
  return status < 0 ? args->status : status;
}

static int run(struct arguments *args) {
  struct request request = {.length = 4096, .runs = 5, .limit = UINT64_C(30000000000)};
  int status = run_request(args, &request);
  free(request.reads);
  return status;
}

static const struct option options[] = {{"json", no_argument, NULL, OPTION_JSON},
                                        {"reads", required_argument, NULL, OPTION_READS},
                                        {"length", required_argument, NULL, OPTION_LENGTH},
                                        {"runs", required_argument, NULL, OPTION_RUNS},
                                        {"limit", required_argument, NULL, OPTION_LIMIT},
                                        {"svg", required_argument, NULL, OPTION_SVG},
                                        VERB_OPTIONS_END};

const struct verb verb_bench = {
    "bench", "compare ways of reading a file at random, on your own disk", help, "+:h", options,
    run};
