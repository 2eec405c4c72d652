/* tome between: the lines of sorted files from one key to another. The library finds them; here is what the words of the command
 * line mean, and which file comes first. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "files.h"
#include "json_text.h"
#include "progress.h"
#include "sorted_file.h"
#include "standard_output.h"
#include "streams.h"
#include "time_text.h"

enum {
  OPTION_FROM = OPTION_FIRST,
  OPTION_TO,
  OPTION_KEY,
  OPTION_COLUMN,
  OPTION_SEPARATOR,
  OPTION_FORMAT,
  OPTION_SLACK,
  OPTION_UTC,
  OPTION_ZONE,
  OPTION_NOW,
  OPTION_JSON
};

static const char help[] =
    "Usage: tome between [-c] [--json] [--key=KIND] [--column=N] [--separator=TEXT]\n"
    "                    [--time-format=FORMAT] [--utc | --zone=ZONE] [--slack=AMOUNT]\n"
    "                    [--now=TIME] [--from=FROM] [--to=TO] FILE... [FROM [TO]]\n"
    "Print the lines of sorted files whose time stamps are not before FROM and not after TO.\n"
    "A few reads find them, however large the files are. Lines without a stamp, such as stack\n"
    "traces, belong to the line above them. Several files are taken for one log, whichever\n"
    "way they were rotated. FROM is the first argument that names no file.\n"
    "\n"
    "Times in files: ISO 8601, syslog, web server logs, Unix seconds to nanoseconds; the first\n"
    "in the line, in the format that most lines have.\n"
    "FROM and TO: any of these, 2026-11-21 (its midnight), \"2026-11-21 14:05\", 14:05 (today),\n"
    "\"yesterday 23:00\", today, now, -15min, -1h30min, \"2h ago\"; TO also +10min, behind FROM.\n"
    "Without TO: to the end. TO is a moment: 14:05 is 14:05:00, and a line of that very\n"
    "moment is printed. A TO before FROM is an error.\n"
    "\n"
    "  -c, --count               print only how many lines there are, in all files\n"
    "      --from=FROM           FROM as an option, which may then be missing; all arguments\n"
    "      --to=TO               are files if there is one of these\n"
    "      --key=KIND            time; number or text for files sorted by such a column\n"
    "      --column=N            the key is in column N, from 1\n"
    "      --separator=TEXT      between columns; \\t is a tab. Without it: blanks and tabs\n"
    "      --time-format=FORMAT  as in strptime(3), with %f for a fraction of a second\n"
    "      --utc                 times that name no zone, here and in the files, are in UTC;\n"
    "      --zone=ZONE           or in this one, +01:00. Without these: the system's\n"
    "      --slack=AMOUNT        lines may be out of order by so much: 5s, or a number\n"
    "      --now=TIME            what -15min, today and the like count from\n"
    "      --json                print where the lines are, and how many\n"
    "  -h, --help                print this text\n"
    "\n"
    "A file that is not sorted is an error as soon as that is seen; what lies before is\n"
    "printed. FILE may be - for a file that standard input is redirected from.\n"
    "Exit status: 0 some lines, 1 none, 2 error.\n"
    "\n"
    "  tome between app.log 14:05 14:10               five minutes of today\n"
    "  tome between app.log app.log.1 -2h             the last two hours\n"
    "  tome between access.log \"21/Nov/2026:14:05:06 +0100\" +30s\n"
    "  tome between --column 3 --separator , --time-format \"%d.%m.%Y %H:%M\" a.csv \\\n"
    "               2026-11-01 2026-12-01\n"
    "  tome between --key number ids.txt 1000000 1999999\n";

struct request {
  const char *from_text, *to_text;
  tome_key_options key;
  tome_key_value from, to;
  const tome_key_value *lower, *upper; /* these two, or NULL */
  struct time_context time;
  const char *slack, *now, *zone;
  char *separator;
  int count_only, json;
  tome_between_result total;
  json_t *report;
  int ends_open; /* the last line that was printed has no end */
};

/* ---- answering ---- */

struct printing {
  struct request *request;
  const struct sorted_file *file;
  int begun;
};

static int print_lines(void *context, uint64_t offset, const void *data, size_t length) {
  struct printing *printing = context;
  struct request *request = printing->request;
  (void)offset;
  if (!printing->begun && request->ends_open)
    putchar('\n');
  printing->begun = 1;
  fwrite(data, 1, length, stdout);
  request->ends_open = ((const char *)data)[length - 1] != '\n';
  return !standard_output_ok();
}

static int show_progress(void *context, uint64_t done, uint64_t total) {
  const struct printing *printing = context;
  (void)total;
  (void)printing;
  progress_update(done);
  return 0;
}

static int add_report(struct request *request, const struct sorted_file *file,
                      const tome_between_result *span) {
  json_t *entry = json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:I}", "file", json_text(file->name),
                            "key", tome_key_format(file->key), "offset", (json_int_t)span->offset,
                            "end", (json_int_t)span->end, "records", (json_int_t)span->records,
                            "lines", (json_int_t)span->lines, "bytes", (json_int_t)span->bytes);
  if (!entry || json_array_append_new(request->report, entry) < 0) {
    complain(file->name, "out of memory");
    return -1;
  }
  return 0;
}

/* Returns 0, or complains and returns -1. */
static int answer_file(struct request *request, const struct sorted_file *file) {
  struct printing printing = {.request = request, .file = file};
  tome_between_options options = TOME_BETWEEN_INIT;
  tome_between_result span;
  options.from = request->lower;
  options.to = request->upper;
  options.context = &printing;
  options.progress = show_progress;
  if (!request->count_only && !request->json)
    options.found = print_lines;
  if (options.found == NULL || !stream_is_terminal(STREAM_OUT))
    progress_begin(file->name, 0);
  int found = tome_between(file->map, file->key, &options, &span);
  progress_end();
  request->total.lines += span.lines;
  if (found < 0) {
    sorted_file_complain(file);
    return -1;
  }
  return request->json ? add_report(request, file, &span) : 0;
}

static int finish(const struct request *request, int failed) {
  if (request->count_only && !failed)
    printf("%" PRIu64 "\n", request->total.lines);
  if (request->json && json_print(request->report) != STATUS_OK)
    return STATUS_ERROR;
  if (failed || !standard_output_ok())
    return STATUS_ERROR;
  return request->total.lines > 0 ? STATUS_OK : STATUS_NOT_FOUND;
}

static int answer(struct request *request, struct sorted_file *files, int count, int failed) {
  if (count > 1 && sorted_files_order(files, count) < 0)
    return STATUS_ERROR;
  request->report = request->json ? json_array() : NULL; /* printing releases it */
  for (int i = 0; i < count && standard_output_ok(); i++)
    failed |= answer_file(request, &files[i]) < 0;
  return finish(request, failed);
}

/* Only a key can compare numbers. */
static int is_reversed(const struct request *request, const struct sorted_file *file) {
  if (!request->lower || !request->upper ||
      tome_key_compare(file->key, request->lower, request->upper) <= 0)
    return 0;
  complain("between", "TO lies before FROM: \"%s\" before \"%s\"", request->to_text,
           request->from_text);
  return 1;
}

/* Pre: count > 0. */
static int run_files(struct request *request, char **operands, int count) {
  struct sorted_file *files = calloc((size_t)count + 1, sizeof *files);
  int opened = 0, failed = 0, misused = 0;
  if (!files) {
    complain("between", "out of memory");
    return STATUS_ERROR;
  }
  for (int i = 0; i < count && !misused; i++) {
    int result = sorted_file_open(&files[opened], operands[i], &request->key);
    opened += result == 0;
    failed |= result < 0;
    misused = result > 0;
  }
  if (opened > 0 && is_reversed(request, &files[0]))
    misused = 1;
  int status = misused ? STATUS_ERROR : answer(request, files, opened, failed);
  for (int i = 0; i < opened; i++)
    sorted_file_close(&files[i]);
  free(files);
  return status;
}

/* ---- what the command line means ---- */

static int is_file(const char *operand) {
  return strcmp(operand, "-") == 0 || file_is_there(operand);
}

/* Sets *ret_files to how many operands are files; the first one always is. */
static int split_operands(struct arguments *args, struct request *request, int *ret_files) {
  int files = 1, count = args->operand_count;
  if (count < 1)
    return arguments_refuse(args, "which FILE?");
  *ret_files = count;
  if (request->from_text || request->to_text)
    return STATUS_OK;
  while (files < count && is_file(args->operands[files]))
    files++;
  *ret_files = files;
  if (files == count)
    return arguments_refuse(args, "from when? write FROM behind FILE, or --from");
  if (count - files > 2)
    return arguments_refuse(args, "\"%s\" is no file, and FROM and TO are all that stands behind",
                            args->operands[files]);
  request->from_text = args->operands[files];
  request->to_text = count - files > 1 ? args->operands[files + 1] : NULL;
  return STATUS_OK;
}

/* +10min as TO is behind FROM. */
static const char *parse_time(const struct request *request, const char *text, int is_to,
                              int64_t *ret) {
  int64_t length;
  if (!is_to || text[0] != '+' || !request->lower)
    return time_parse(text, &request->time, ret);
  const char *wrong = duration_parse(text + 1, &length);
  if (!wrong && __builtin_add_overflow(request->from.time, length, ret))
    wrong = "is too long";
  return wrong;
}

static size_t digits(const char *text) {
  return strspn(text, "0123456789");
}

/* [+-] digits [. digits] [e [+-] digits], as the library reads it. */
static int is_number(const char *text) {
  text += *text == '-' || *text == '+';
  size_t whole = digits(text), fraction = text[whole] == '.' ? digits(text + whole + 1) : 0;
  text += whole + (fraction ? 1 + fraction : 0);
  if (whole + fraction == 0)
    return 0;
  if (*text == 'e' || *text == 'E') {
    const char *exponent = text + 1 + (text[1] == '-' || text[1] == '+');
    if (digits(exponent) > 0)
      text = exponent + digits(exponent);
  }
  return *text == '\0';
}

static int parse_bound(struct arguments *args, const struct request *request, const char *text,
                       int is_to, tome_key_value *ret) {
  const char *wrong = NULL;
  *ret = (tome_key_value){.text = text, .length = strlen(text)};
  if (request->key.kind == TOME_KEY_TIME)
    wrong = parse_time(request, text, is_to, &ret->time);
  else if (request->key.kind == TOME_KEY_NUMBER && !is_number(text))
    wrong = "is not a number";
  return wrong ? arguments_refuse(args, "\"%s\" %s", text, wrong) : STATUS_OK;
}

static int parse_bounds(struct arguments *args, struct request *request) {
  int status = STATUS_OK;
  if (request->from_text) {
    status = parse_bound(args, request, request->from_text, 0, &request->from);
    request->lower = &request->from;
  }
  if (status == STATUS_OK && request->to_text) {
    status = parse_bound(args, request, request->to_text, 1, &request->to);
    request->upper = &request->to;
  }
  return status;
}

static int parse_slack(struct arguments *args, struct request *request) {
  if (!request->slack)
    return STATUS_OK;
  if (request->key.kind == TOME_KEY_TEXT)
    return arguments_refuse(args, "--slack is for times and numbers");
  if (request->key.kind == TOME_KEY_NUMBER) {
    request->key.number_slack = request->slack;
    return is_number(request->slack) && request->slack[0] != '-'
               ? STATUS_OK
               : arguments_refuse(args, "--slack \"%s\" is not an amount; write 5 or 0.25",
                                  request->slack);
  }
  const char *wrong = duration_parse(request->slack, &request->key.slack);
  return wrong ? arguments_refuse(args, "\"%s\" %s", request->slack, wrong) : STATUS_OK;
}

static int take_kind(struct arguments *args, const char *text, uint32_t *ret) {
  static const char *const kinds[] = {"time", "number", "text"};
  for (uint32_t i = 0; i < 3; i++)
    if (strcmp(text, kinds[i]) == 0) {
      *ret = i;
      return STATUS_OK;
    }
  return arguments_refuse(args, "\"%s\" is no kind of key; there are time, number and text", text);
}

static int take_column(struct arguments *args, const char *text, uint32_t *ret) {
  uint64_t column;
  int status = arguments_count(args, text, &column);
  if (status != STATUS_OK)
    return status;
  if (column == 0 || column > UINT32_MAX)
    return arguments_refuse(args, "\"%s\" is no column; they count from 1", text);
  *ret = (uint32_t)column;
  return STATUS_OK;
}

/* \t and \\ are for those whose shell does not write them easily. */
static int take_separator(struct arguments *args, const char *text, struct request *request) {
  free(request->separator);
  char *to = request->separator = malloc(strlen(text) + 1);
  if (!to)
    return arguments_refuse(args, "out of memory");
  for (; *text; text++)
    if (*text == '\\' && (text[1] == 't' || text[1] == '\\'))
      *to++ = *++text == 't' ? '\t' : '\\';
    else
      *to++ = *text;
  *to = '\0';
  request->key.separator = request->separator;
  return STATUS_OK;
}

static int take_option(struct arguments *args, int option, struct request *request) {
  switch (option) {
  case 'c':
    request->count_only = 1;
    return STATUS_OK;
  case OPTION_JSON:
    request->json = 1;
    return STATUS_OK;
  case OPTION_FROM:
    request->from_text = optarg;
    return STATUS_OK;
  case OPTION_TO:
    request->to_text = optarg;
    return STATUS_OK;
  case OPTION_KEY:
    return take_kind(args, optarg, &request->key.kind);
  case OPTION_COLUMN:
    return take_column(args, optarg, &request->key.column);
  case OPTION_SEPARATOR:
    return take_separator(args, optarg, request);
  case OPTION_FORMAT:
    request->key.format = optarg;
    return STATUS_OK;
  case OPTION_SLACK:
    request->slack = optarg;
    return STATUS_OK;
  case OPTION_NOW:
    request->now = optarg;
    return STATUS_OK;
  default: /* --utc, --zone */
    request->zone = option == OPTION_UTC ? "Z" : optarg;
    return STATUS_OK;
  }
}

/* The zone first: all other times are in it. */
static int parse_context(struct arguments *args, struct request *request) {
  const char *wrong = request->zone ? zone_parse(request->zone, &request->time.zone) : NULL;
  if (wrong)
    return arguments_refuse(args, "\"%s\" %s", request->zone, wrong);
  request->key.zone = request->time.zone;
  wrong = request->now ? time_parse(request->now, &request->time, &request->time.now) : NULL;
  return wrong ? arguments_refuse(args, "\"%s\" %s", request->now, wrong) : STATUS_OK;
}

static int check(struct arguments *args, struct request *request, int *ret_files) {
  if (request->count_only && request->json)
    return arguments_refuse(args, "--json tells the number of lines, too; it does not go with -c");
  if (request->key.kind == TOME_KEY_TIME && request->key.separator && !request->key.column)
    return arguments_refuse(args, "--separator wants --column, which says where the time is");
  if (request->key.format && request->key.kind != TOME_KEY_TIME)
    return arguments_refuse(args, "--time-format is for times");
  int status = parse_context(args, request);
  if (status == STATUS_OK)
    status = parse_slack(args, request);
  if (status == STATUS_OK)
    status = split_operands(args, request, ret_files);
  if (status == STATUS_OK)
    status = parse_bounds(args, request);
  return status;
}

static int run(struct arguments *args) {
  struct request request = {.key = TOME_KEY_OPTIONS_INIT,
                            .time = {.now = time_now(), .zone = TOME_ZONE_LOCAL}};
  int option, status = STATUS_OK, files = 0;
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, &request);
  if (status == STATUS_OK)
    status = check(args, &request, &files);
  if (status == STATUS_OK)
    status = run_files(&request, args->operands, files);
  free(request.separator);
  return status < 0 ? args->status : status;
}

static const struct option options[] = {{"count", no_argument, NULL, 'c'},
                                        {"from", required_argument, NULL, OPTION_FROM},
                                        {"to", required_argument, NULL, OPTION_TO},
                                        {"key", required_argument, NULL, OPTION_KEY},
                                        {"column", required_argument, NULL, OPTION_COLUMN},
                                        {"separator", required_argument, NULL, OPTION_SEPARATOR},
                                        {"time-format", required_argument, NULL, OPTION_FORMAT},
                                        {"slack", required_argument, NULL, OPTION_SLACK},
                                        {"utc", no_argument, NULL, OPTION_UTC},
                                        {"zone", required_argument, NULL, OPTION_ZONE},
                                        {"now", required_argument, NULL, OPTION_NOW},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        VERB_OPTIONS_END};

const struct verb verb_between = {
    "between", "print the lines of sorted files from one time to another", help, "+:hc", options,
    run};
