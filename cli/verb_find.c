/* tome find: where byte strings or matches of expressions are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "file_range.h"
#include "find_patterns.h"
#include "input_file.h"
#include "json_text.h"
#include "progress.h"
#include "shown_name.h"
#include "standard_output.h"
#include "stopwatch.h"

enum {
  OPTION_REGEX = OPTION_FIRST,
  OPTION_LAST,
  OPTION_FROM,
  OPTION_TO,
  OPTION_HEX,
  OPTION_SLICE,
  OPTION_JSON
};

static const char help[] =
    "Usage: tome find [-i] [-c] [-m N] [--last] [--from=OFFSET] [--to=OFFSET] [--hex | --regex]\n"
    "                 [--slice | --json] [-e PATTERN]... [PATTERN] FILE...\n"
    "Print the byte offset of each match of PATTERN, one a line. With several files each\n"
    "line begins with FILE and a colon. PATTERN is plain bytes, with no special characters,\n"
    "and is also found where it overlaps another match; it may not be empty.\n"
    "\n"
    "  -e, --pattern=PATTERN  search for this one, too; there is no operand PATTERN then.\n"
    "                       Of those that match at the same place the longest counts\n"
    "      --regex          PATTERN is a regular expression, in the syntax of Perl\n"
    "      --hex            PATTERN is hexadecimal digits, two for each byte\n"
    "  -i, --ignore-case    a-z and A-Z are the same\n"
    "  -c, --count          print only how many there are, for each file\n"
    "  -m, --max-count=N    stop after N in each file\n"
    "      --last           print only the last one; searches from the end if it can\n"
    "      --from=OFFSET    only matches that begin at OFFSET or behind it\n"
    "      --to=OFFSET      only matches that end at OFFSET or before it\n"
    "      --slice          print START:END, as tome slice takes it\n"
    "      --json           print an object a line: file, offset, length; with -c: file, count\n"
    "  -h, --help           print this text\n"
    "\n"
    "An expression may match bytes of several lines: . is any byte but a newline, behind (?s)\n"
    "also that, and ^ and $ are the ends of each line. Its matches do not overlap: the next\n"
    "one is looked for behind the one before.\n"
    "A negative OFFSET counts from the end; one outside the file means its nearer end.\n"
    "Holes of a sparse file are searched as the zeros they read as.\n"
    "FILE may be - for a file that standard input is redirected from.\n"
    "Exit status: 0 found, 1 not found in any file, 2 error (the other files are searched\n"
    "all the same).\n"
    "\n"
    "  tome find ERROR app.log              every one\n"
    "  tome find --last ERROR app.log       the last one\n"
    "  tome find -c --from -1G ERROR *.log  how many in the last GiB of each\n"
    "  tome find -ci -e error -e fatal app.log\n"
    "  tome find --regex '(?s)BEGIN.*?END' app.log\n"
    "  tome find --hex \"50 4b 03 04\" disk.img\n"
    "  tome find -- --help manual.txt       a PATTERN that looks like an option\n";

struct request {
  struct find_patterns patterns;
  struct position from, to;
  uint64_t most;
  int count_only, last, slice, json, with_names;
};

/* One file being searched. */
struct target {
  const struct request *request;
  tome *map;
  const char *name;
  char *json_name; /* malloced, in quotes; NULL unless it is wanted */
  uint64_t from, to;
  tome_range last; /* the last match so far */
};

/* What comes before a figure on its line. */
static void print_name(const struct target *target) {
  if (!target->request->with_names)
    return;
  shown_name_print(stdout, target->name);
  putchar(':');
}

static void print_hit(const struct target *target, uint64_t offset, uint64_t length) {
  if (target->request->json) {
    printf("{\"file\":%s,\"offset\":%" PRIu64 ",\"length\":%" PRIu64 "}\n", target->json_name,
           offset, length);
    return;
  }
  print_name(target);
  if (target->request->slice)
    printf("%" PRIu64 ":%" PRIu64 "\n", offset, offset + length);
  else
    printf("%" PRIu64 "\n", offset);
}

static void print_count(const struct target *target, uint64_t count) {
  if (target->request->json) {
    printf("{\"file\":%s,\"count\":%" PRIu64 "}\n", target->json_name, count);
    return;
  }
  print_name(target);
  printf("%" PRIu64 "\n", count);
}

static int print_hits(void *context, const tome_hit *hits, size_t count) {
  const struct target *target = context;
  progress_hide();
  for (size_t i = 0; i < count; i++)
    print_hit(target, hits[i].offset, hits[i].length);
  return !standard_output_ok();
}

static int keep_last(void *context, const tome_hit *hits, size_t count) {
  struct target *target = context;
  target->last = (tome_range){hits[count - 1].offset, hits[count - 1].length};
  return 0;
}

static int show_progress(void *context, uint64_t done, uint64_t total) {
  (void)context;
  (void)total;
  progress_update(done);
  return 0;
}

/* Where matches of byte strings overlap, all of them count. */
static tome_search_options search_options(struct target *target) {
  tome_search_options options = TOME_SEARCH_INIT;
  options.from = target->from;
  options.to = target->to;
  options.most = target->request->most;
  options.flags = target->request->patterns.regex ? 0 : TOME_SEARCH_OVERLAPPING;
  options.progress = show_progress;
  options.context = target;
  return options;
}

/* 1 there are some, 0 there are none, or as tome_search(). */
static int search_all(struct target *target) {
  const struct request *request = target->request;
  tome_search_options options = search_options(target);
  uint64_t count = 0;
  options.found = request->count_only ? NULL : print_hits;
  int result = tome_search(target->map, request->patterns.ready, &options, &count);
  if (result >= 0 && request->count_only) {
    progress_hide();
    print_count(target, count);
  }
  return result;
}

/* The last one in [from, to), of a byte string. */
static int search_back(struct target *target, uint64_t from, uint64_t to) {
  const struct find_patterns *patterns = &target->request->patterns;
  tome_matches *walk;
  if (!patterns->ignore_case) {
    target->last.length = patterns->needles->length;
    return tome_rfind(target->map, patterns->needles->data, patterns->needles->length, from, to,
                      &target->last.offset);
  }
  int result =
      tome_matches_begin(&walk, target->map, patterns->ready, from, to, TOME_SEARCH_BACKWARD);
  if (result < 0)
    return result;
  result = tome_matches_next(walk, &target->last);
  tome_matches_end(walk);
  return result;
}

/* How much is searched from the end before progress is told: at first, and more while that takes no
 * time, as in the holes of a file. */
#define PIECE (UINT64_C(64) << 20)
#define NO_TIME UINT64_C(100000000) /* ns */

static int search_last_string(struct target *target) {
  uint64_t length = target->request->patterns.needles->length;
  uint64_t end = target->to, piece = PIECE;
  while (end - target->from >= length) {
    uint64_t starts = end - target->from - length + 1;
    uint64_t begin = starts > piece ? target->from + starts - piece : target->from;
    uint64_t started = clock_now();
    int found = search_back(target, begin, end);
    if (found != 0 || begin == target->from)
      return found;
    end = begin + length - 1;
    if (clock_now() - started < NO_TIME && piece < UINT64_MAX / 4)
      piece *= 2;
    progress_update(target->to - begin);
  }
  return 0;
}

/* Expressions and several byte strings are not searched for from the end. */
static int search_last(struct target *target) {
  tome_search_options options = search_options(target);
  int result;
  options.found = keep_last;
  if (find_patterns_is_string(&target->request->patterns))
    result = search_last_string(target);
  else
    result = tome_search(target->map, target->request->patterns.ready, &options, NULL);
  if (result > 0) {
    progress_hide();
    print_hit(target, target->last.offset, target->last.length);
  }
  return result;
}

static int search(const struct request *request, struct target *target) {
  if (file_range(target->name, request->from, request->to, tome_size(target->map), &target->from,
                 &target->to) != STATUS_OK)
    return STATUS_ERROR;
  progress_begin(target->name, target->to - target->from);
  int result = request->last ? search_last(target) : search_all(target);
  progress_end();
  if (result < 0)
    complain_tome(target->name, NULL);
  if (result < 0 || !standard_output_ok())
    return STATUS_ERROR;
  return result ? STATUS_OK : STATUS_NOT_FOUND;
}

static char *quoted_name(const char *name) {
  json_t *text = json_text(name);
  char *quoted = json_dumps(text, JSON_ENCODE_ANY);
  json_decref(text);
  if (!quoted)
    complain(name, "out of memory");
  return quoted;
}

static int search_file(const struct request *request, const char *file) {
  struct target target = {.request = request, .name = input_name(file), .map = input_open(file)};
  int status = STATUS_ERROR;
  if (!target.map)
    return status;
  if (!request->json || (target.json_name = quoted_name(target.name)))
    status = search(request, &target);
  free(target.json_name);
  tome_close(target.map);
  return status;
}

/* An error anywhere outweighs a match anywhere. */
static int search_files(const struct request *request, char **files, int count) {
  int found = 0, failed = 0;
  for (int i = 0; i < count && standard_output_ok(); i++) {
    int status = search_file(request, files[i]);
    found |= status == STATUS_OK;
    failed |= status == STATUS_ERROR;
  }
  if (failed)
    return STATUS_ERROR;
  return found ? STATUS_OK : STATUS_NOT_FOUND;
}

static int take_option(struct arguments *args, int option, struct request *request) {
  switch (option) {
  case 'e':
    return find_patterns_add(&request->patterns, optarg);
  case 'm':
    return arguments_count(args, optarg, &request->most);
  case OPTION_FROM:
    return arguments_position(args, optarg, &request->from);
  case OPTION_TO:
    return arguments_position(args, optarg, &request->to);
  case 'c':
    request->count_only = 1;
    return STATUS_OK;
  case 'i':
    request->patterns.ignore_case = 1;
    return STATUS_OK;
  case OPTION_LAST:
    request->last = 1;
    return STATUS_OK;
  case OPTION_REGEX:
    request->patterns.regex = 1;
    return STATUS_OK;
  case OPTION_SLICE:
    request->slice = 1;
    return STATUS_OK;
  case OPTION_JSON:
    request->json = 1;
    return STATUS_OK;
  default:
    request->patterns.hex = 1;
    return STATUS_OK;
  }
}

static int check(const struct arguments *args, const struct request *request) {
  if (request->last && (request->count_only || request->most != UINT64_MAX))
    return arguments_refuse(args, "--last is one match; it does not go with -c or -m");
  if (request->patterns.hex && request->patterns.regex)
    return arguments_refuse(args, "PATTERN is either --hex or --regex; \\x00 in an expression is "
                                  "a byte, too");
  if (request->slice && (request->json || request->count_only))
    return arguments_refuse(args, "--slice does not go with --json or -c");
  return STATUS_OK;
}

/* The operands are FILEs, the first one a PATTERN unless there is -e. */
static int run_request(struct arguments *args, struct request *request) {
  int taken = request->patterns.count == 0;
  int status = check(args, request);
  if (status != STATUS_OK)
    return status;
  if (args->operand_count < taken)
    return arguments_refuse(args, "which PATTERN?");
  if (args->operand_count == taken)
    return arguments_refuse(args, "in which FILE?");
  if (taken)
    status = find_patterns_add(&request->patterns, args->operands[0]);
  if (status == STATUS_OK)
    status = find_patterns_make(&request->patterns, args);
  if (status != STATUS_OK)
    return status;
  request->with_names = args->operand_count > 1 + taken;
  return search_files(request, args->operands + taken, args->operand_count - taken);
}

static int run(struct arguments *args) {
  struct request request = {.to = FILE_RANGE_END, .most = UINT64_MAX};
  int option, status = STATUS_OK;
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, &request);
  if (status == STATUS_OK)
    status = run_request(args, &request);
  find_patterns_end(&request.patterns);
  return status < 0 ? args->status : status;
}

static const struct option options[] = {
    {"pattern", required_argument, NULL, 'e'},  {"regex", no_argument, NULL, OPTION_REGEX},
    {"hex", no_argument, NULL, OPTION_HEX},     {"ignore-case", no_argument, NULL, 'i'},
    {"count", no_argument, NULL, 'c'},          {"max-count", required_argument, NULL, 'm'},
    {"last", no_argument, NULL, OPTION_LAST},   {"from", required_argument, NULL, OPTION_FROM},
    {"to", required_argument, NULL, OPTION_TO}, {"slice", no_argument, NULL, OPTION_SLICE},
    {"json", no_argument, NULL, OPTION_JSON},   VERB_OPTIONS_END};

const struct verb verb_find = {
    "find", "print where bytes or expressions match", help, "+:he:icm:", options, run};
