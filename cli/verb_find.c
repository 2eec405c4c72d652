/* tome find: where a byte string occurs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "hex_text.h"
#include "input_file.h"
#include "match_walk.h"
#include "progress.h"
#include "shown_name.h"
#include "standard_output.h"

enum { OPTION_LAST = OPTION_FIRST, OPTION_FROM, OPTION_TO, OPTION_HEX };

static const char help[] =
    "Usage: tome find [-c] [-m N] [--last] [--from OFFSET] [--to OFFSET] [--hex]\n"
    "                 PATTERN FILE...\n"
    "Print the byte offset of each occurrence of PATTERN, overlapping ones too, one a line.\n"
    "With several files each line begins with FILE and a colon. PATTERN is plain bytes, with\n"
    "no special characters; it may not be empty.\n"
    "\n"
    "  -c, --count          print only how many there are, for each file\n"
    "  -m, --max-count=N    stop after N in each file\n"
    "      --last           print only the last one; searches from the end\n"
    "      --from=OFFSET    only matches that begin at OFFSET or behind it\n"
    "      --to=OFFSET      only matches that end at OFFSET or before it\n"
    "      --hex            PATTERN is hexadecimal digits, two for each byte\n"
    "  -h, --help           print this text\n"
    "\n"
    "A negative OFFSET counts from the end; one outside the file means its nearer end.\n"
    "Holes of a sparse file are searched as the zeros they read as.\n"
    "FILE may be - for a file that standard input is redirected from.\n"
    "Exit status: 0 found, 1 not found in any file, 2 error (the other files are searched\n"
    "all the same).\n"
    "\n"
    "  tome find ERROR app.log              every one\n"
    "  tome find --last ERROR app.log       the last one\n"
    "  tome find -c --from -1G ERROR *.log  how many in the last GiB of each\n"
    "  tome find --hex \"50 4b 03 04\" disk.img\n"
    "  tome find -- --help manual.txt       a PATTERN that looks like an option\n";

struct request {
  unsigned char *pattern;
  size_t length;
  struct position from, to;
  uint64_t most;
  int count_only, last, hex, with_names;
};

/* One file being searched. */
struct target {
  tome *map;
  const char *name;
  uint64_t from, to;
};

static int print_number(const struct request *request, const struct target *target,
                        uint64_t number) {
  progress_hide();
  if (request->with_names)
    shown_name_print(stdout, target->name);
  printf("%s%" PRIu64 "\n", request->with_names ? ":" : "", number);
  return standard_output_ok() ? STATUS_OK : STATUS_ERROR;
}

static int search_last(const struct request *request, const struct target *target) {
  uint64_t offset;
  int found =
      match_last(target->map, request->pattern, request->length, target->from, target->to, &offset);
  if (found < 0) {
    complain_tome(target->name, NULL);
    return STATUS_ERROR;
  }
  return found ? print_number(request, target, offset) : STATUS_NOT_FOUND;
}

static int walk_matches(const struct request *request, const struct target *target,
                        struct match_walk *walk) {
  uint64_t count = 0, offset;
  int found = 0;
  while (count < request->most && (found = match_walk_next(walk, &offset)) == 1) {
    count++;
    if (!request->count_only && print_number(request, target, offset) != STATUS_OK)
      return STATUS_ERROR;
  }
  if (found < 0) {
    complain_tome(target->name, NULL);
    return STATUS_ERROR;
  }
  if (request->count_only && print_number(request, target, count) != STATUS_OK)
    return STATUS_ERROR;
  return count > 0 ? STATUS_OK : STATUS_NOT_FOUND;
}

static int search_all(const struct request *request, const struct target *target) {
  struct match_walk walk;
  int status = STATUS_ERROR;
  if (match_walk_begin(&walk, target->map, request->pattern, request->length, target->from,
                       target->to) < 0)
    complain(target->name, "out of memory");
  else
    status = walk_matches(request, target, &walk);
  match_walk_end(&walk);
  return status;
}

/* Two that count from the same end are in the wrong order in a file of any size. */
static int find_range(const struct request *request, struct target *target) {
  uint64_t size = tome_size(target->map);
  struct position from = request->from, to = request->to;
  target->from = position_clamp(from, size);
  target->to = position_clamp(to, size);
  int reversed = target->to < target->from;
  if (from.from_end == to.from_end)
    reversed = from.from_end ? to.value > from.value : to.value < from.value;
  if (reversed)
    complain(target->name, "--to lies before --from");
  return reversed ? STATUS_ERROR : STATUS_OK;
}

static int search(const struct request *request, struct target *target) {
  if (find_range(request, target) != STATUS_OK)
    return STATUS_ERROR;
  progress_begin(target->name, target->to - target->from);
  int status = request->last ? search_last(request, target) : search_all(request, target);
  progress_end();
  return status;
}

static int search_file(const struct request *request, const char *file) {
  struct target target = {.name = input_name(file), .map = input_open(file)};
  if (!target.map)
    return STATUS_ERROR;
  int status = search(request, &target);
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
  case 'c':
    request->count_only = 1;
    return STATUS_OK;
  case 'm':
    return arguments_count(args, optarg, &request->most);
  case OPTION_LAST:
    request->last = 1;
    return STATUS_OK;
  case OPTION_FROM:
    return arguments_position(args, optarg, &request->from);
  case OPTION_TO:
    return arguments_position(args, optarg, &request->to);
  default:
    request->hex = 1;
    return STATUS_OK;
  }
}

static int parse_pattern(struct arguments *args, struct request *request) {
  const char *text = args->operands[0];
  const char *wrong = NULL;
  if (request->hex) {
    wrong = hex_parse(text, &request->pattern, &request->length);
  } else {
    request->length = strlen(text);
    request->pattern = (unsigned char *)strdup(text);
    wrong = request->pattern ? NULL : "is too long for the memory there is";
  }
  if (wrong)
    return arguments_refuse(args, "\"%s\" %s", text, wrong);
  if (request->length == 0)
    return arguments_refuse(args, "the PATTERN is empty");
  return STATUS_OK;
}

static int check(struct arguments *args, struct request *request) {
  if (request->last && (request->count_only || request->most != UINT64_MAX))
    return arguments_refuse(args, "--last is one match; it does not go with -c or -m");
  if (args->operand_count < 1)
    return arguments_refuse(args, "which PATTERN?");
  if (args->operand_count < 2)
    return arguments_refuse(args, "in which FILE?");
  return parse_pattern(args, request);
}

static int run(struct arguments *args) {
  struct request request = {.to = {.value = UINT64_MAX}, .most = UINT64_MAX};
  int option, status = STATUS_OK;
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, &request);
  if (status != STATUS_OK)
    return status < 0 ? args->status : status;
  status = check(args, &request);
  if (status == STATUS_OK) {
    request.with_names = args->operand_count > 2;
    status = search_files(&request, args->operands + 1, args->operand_count - 1);
  }
  free(request.pattern);
  return status;
}

static const struct option options[] = {{"count", no_argument, NULL, 'c'},
                                        {"max-count", required_argument, NULL, 'm'},
                                        {"last", no_argument, NULL, OPTION_LAST},
                                        {"from", required_argument, NULL, OPTION_FROM},
                                        {"to", required_argument, NULL, OPTION_TO},
                                        {"hex", no_argument, NULL, OPTION_HEX},
                                        VERB_OPTIONS_END};

const struct verb verb_find = {"find", "print where a byte string occurs", help, "+:hcm:", options,
                               run};
