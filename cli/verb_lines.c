/* tome lines: lines of a file by their numbers, how many there are, and the index of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "input_file.h"
#include "json_text.h"
#include "line_source.h"
#include "range_output.h"
#include "shown_name.h"
#include "standard_output.h"

enum { OPTION_INDEX = OPTION_FIRST, OPTION_JSON };

static const char help[] =
    "Usage: tome lines [-z] FILE LINES...\n"
    "       tome lines [-c | --index] [-z] [--json] FILE...\n"
    "Print LINES of FILE: N is one line, A:B all from A to B, A: all from A on, :B all up to\n"
    "B. The first line is 1, the last -1, the one before it -2. Several LINES are printed in\n"
    "the order given.\n"
    "\n"
    "  -c, --count      print how many lines there are instead\n"
    "      --index      make an index of FILE, or bring it up to date, and print where it\n"
    "                   lies\n"
    "  -z, --null-data  lines end in a zero byte, not in a newline\n"
    "      --json       with -c: print an array with one object for each FILE\n"
    "  -h, --help       print this text\n"
    "\n"
    "With an index, any line is found at once, and counting takes no time. It lies in\n"
    "$XDG_CACHE_HOME/tome or ~/.cache/tome, is less than 0.004% of a large FILE, and is used\n"
    "from then on; it is brought up to date when FILE has grown, and made anew when FILE is\n"
    "another one or was changed. Without one, lines are counted, by all processors.\n"
    "\n"
    "FILE may be - for a file that standard input is redirected from.\n"
    "Exit status: 0 done, 1 there is no such line (of LINES that are several, none of them),\n"
    "2 error.\n"
    "\n"
    "  tome lines app.log 1000000        the millionth line\n"
    "  tome lines app.log 20:30 -5:      lines 20 to 30, and the last five\n"
    "  tome lines --count *.log          how many lines each has\n"
    "  tome lines --index app.log        so that the next time it is at once\n";

struct request {
  int count_only, index_only, json;
  uint32_t ends;
};

/* Lines `first` to `last`, both from 1 at either end. */
struct span {
  const char *text;
  struct position first, last;
  int is_one;
};

/* ---- what is asked for ---- */

static int parse_number(const struct arguments *args, const char *operand, const char *text,
                        size_t length, struct position *ret) {
  if (length == 0)
    return 0;
  const char *wrong = position_parse(text, length, ret);
  size_t sign = *text == '-';
  if (wrong && strspn(text + sign, "0123456789") < length - sign)
    wrong = "is not a line; write N, A:B, A: or :B";
  if (!wrong && ret->value == 0)
    wrong = "is no line; the first is 1, the last -1";
  if (!wrong)
    return 0;
  if (length == strlen(operand))
    return arguments_refuse(args, "\"%s\" %s", operand, wrong);
  return arguments_refuse(args, "\"%s\": \"%.*s\" %s", operand, (int)length, text, wrong);
}

static int parse_span(const struct arguments *args, const char *operand, struct span *ret) {
  const char *colon = strchr(operand, ':');
  size_t first = colon ? (size_t)(colon - operand) : strlen(operand);
  if (!*operand || (colon && strchr(colon + 1, ':')))
    return arguments_refuse(args, "\"%s\" are no lines; write N, A:B, A:, :B or :", operand);
  *ret = (struct span){.text = operand, .first = {.value = 1}, .last = {1, 1}, .is_one = !colon};
  int status = parse_number(args, operand, operand, first, &ret->first);
  if (status == 0 && colon)
    status = parse_number(args, operand, colon + 1, strlen(colon + 1), &ret->last);
  if (!colon)
    ret->last = ret->first;
  if (status == 0 && ret->first.from_end == ret->last.from_end &&
      (ret->first.from_end ? ret->first.value < ret->last.value
                           : ret->first.value > ret->last.value))
    return arguments_refuse(args, "\"%s\" ends before it begins", operand);
  return status;
}

/* ---- printing lines ---- */

/* What has been printed of the file. */
struct printing {
  struct line_source source;
  char end;    /* of a line */
  int unended; /* the last line that was printed has none: it gets one if anything follows */
};

/* The bytes of the lines that there are: 1, 0 if there is none, or -1. Lines that are asked for from
 * before the first on, or to behind the last, are those from the first on, or to the last. */
static int find_bytes(struct printing *p, const struct span *span, tome_range *ret) {
  tome_line first = {0}, last;
  int found = line_source_line(&p->source, span->first, &first);
  if (found < 0 || (!found && (span->is_one || !span->first.from_end)))
    return found;
  uint64_t end = tome_size(p->source.map);
  if (span->is_one) {
    last = first;
    found = 1;
  } else {
    found = line_source_line(&p->source, span->last, &last);
  }
  if (found < 0 || (!found && span->last.from_end))
    return found;
  end = found ? last.next : end;
  if (end <= first.offset)
    return 0;
  *ret = (tome_range){first.offset, end - first.offset};
  return 1;
}

static int note_end(struct printing *p, uint64_t end) {
  char last;
  if (tome_read(p->source.map, end - 1, &last, 1) < 0) {
    complain_tome(p->source.name, NULL);
    return STATUS_ERROR;
  }
  p->unended = last != p->end;
  return STATUS_OK;
}

static int print_bytes(struct printing *p, tome_range range) {
  uint64_t at = range.offset, end = range.offset + range.length;
  if (p->unended)
    putchar(p->end);
  int result = range_output(p->source.map, &at, end);
  if (result < 0)
    complain_tome(p->source.name, NULL);
  if (result != 0 || !standard_output_ok())
    return STATUS_ERROR;
  return note_end(p, end);
}

/* How many there are says what went wrong. */
static int complain_missing(struct printing *p, const struct span *span) {
  uint64_t count;
  if (line_source_count(&p->source, &count) < 0)
    return STATUS_ERROR;
  complain(p->source.name, "no line%s \"%s\": there %s %" PRIu64, span->is_one ? "" : "s",
           span->text, count == 1 ? "is" : "are", count);
  return STATUS_NOT_FOUND;
}

static int print_span(struct printing *p, const struct span *span) {
  tome_range range;
  int found = find_bytes(p, span, &range);
  if (found < 0)
    return STATUS_ERROR;
  return found ? print_bytes(p, range) : complain_missing(p, span);
}

/* What is missing does not keep the others from being printed. */
static int print_spans(const struct request *request, const char *file, const struct span *spans,
                       int count) {
  struct printing p = {.end = request->ends == TOME_LINES_NUL ? '\0' : '\n'};
  int status = STATUS_OK;
  if (line_source_open(&p.source, file, request->ends) < 0)
    return STATUS_ERROR;
  for (int i = 0; i < count && status != STATUS_ERROR; i++) {
    int result = print_span(&p, &spans[i]);
    status = result != STATUS_OK ? result : status;
  }
  line_source_close(&p.source);
  return status;
}

static int run_spans(const struct arguments *args, const struct request *request) {
  int count = args->operand_count - 1, status = STATUS_OK;
  if (count < 1)
    return arguments_refuse(args, "which lines? write N, A:B, A: or :B, or give -c");
  struct span *spans = calloc((size_t)count, sizeof *spans);
  if (!spans) {
    complain(args->verb->name, "out of memory");
    return STATUS_ERROR;
  }
  for (int i = 0; i < count && status == STATUS_OK; i++)
    status = parse_span(args, args->operands[1 + i], &spans[i]);
  if (status == STATUS_OK)
    status = print_spans(request, args->operands[0], spans, count);
  free(spans);
  return status;
}

/* ---- counting, and making indexes ---- */

static void print_name(const char *name, int with_names) {
  if (!with_names)
    return;
  shown_name_print(stdout, name);
  putchar(':');
}

static json_t *as_json(const char *name, uint64_t count) {
  json_t *object = json_object();
  json_object_set_new(object, "file", json_text(name));
  json_object_set_new(object, "lines", json_figure(count));
  return object;
}

/* `answers`: NULL, or an array that gets what else would be printed. */
static int count_file(struct line_source *source, int with_names, json_t *answers) {
  uint64_t count;
  if (line_source_count(source, &count) < 0)
    return STATUS_ERROR;
  if (answers) {
    json_array_append_new(answers, as_json(source->name, count));
    return STATUS_OK;
  }
  print_name(source->name, with_names);
  printf("%" PRIu64 "\n", count);
  return standard_output_ok() ? STATUS_OK : STATUS_ERROR;
}

static int index_file(struct line_source *source, int with_names) {
  tome_line_index_info info = {.struct_size = sizeof info};
  if (line_source_index(source) < 0 || tome_line_index_info_get(source->index, &info) < 0)
    return STATUS_ERROR;
  print_name(source->name, with_names);
  shown_name_print(stdout, info.path);
  putchar('\n');
  return standard_output_ok() ? STATUS_OK : STATUS_ERROR;
}

static int run_file(const struct request *request, const char *file, int with_names,
                    json_t *answers) {
  struct line_source source;
  if (line_source_open(&source, file, request->ends) < 0)
    return STATUS_ERROR;
  int status = request->index_only ? index_file(&source, with_names)
                                   : count_file(&source, with_names, answers);
  line_source_close(&source);
  return status;
}

static int run_files(const struct arguments *args, const struct request *request) {
  json_t *answers = request->json ? json_array() : NULL;
  int status = STATUS_OK;
  for (int i = 0; i < args->operand_count && standard_output_ok(); i++)
    if (run_file(request, args->operands[i], args->operand_count > 1, answers) != STATUS_OK)
      status = STATUS_ERROR;
  if (answers && json_print(answers) != STATUS_OK)
    status = STATUS_ERROR;
  return status;
}

/* ---- the command line ---- */

static void take_option(int option, struct request *request) {
  switch (option) {
  case 'c':
    request->count_only = 1;
    break;
  case 'z':
    request->ends = TOME_LINES_NUL;
    break;
  case OPTION_INDEX:
    request->index_only = 1;
    break;
  default:
    request->json = 1;
  }
}

static int run(struct arguments *args) {
  struct request request = {.ends = TOME_LINES_LF};
  int option;
  while ((option = arguments_next(args)) > 0)
    take_option(option, &request);
  if (option < 0)
    return args->status;
  if (request.count_only && request.index_only)
    return arguments_refuse(args, "-c and --index do not go together");
  if (request.json && !request.count_only)
    return arguments_refuse(args, "--json goes with -c");
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  return request.count_only || request.index_only ? run_files(args, &request)
                                                  : run_spans(args, &request);
}

static const struct option options[] = {{"count", no_argument, NULL, 'c'},
                                        {"index", no_argument, NULL, OPTION_INDEX},
                                        {"null-data", no_argument, NULL, 'z'},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        VERB_OPTIONS_END};

const struct verb verb_lines = {
    "lines", "print lines by their numbers, or count them", help, "+:hcz", options, run};
