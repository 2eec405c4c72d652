/* tome tail: the last part of files, and what is added to them. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "input_file.h"
#include "range_output.h"
#include "standard_output.h"
#include "streams.h"
#include "tail_follow.h"
#include "tail_stream.h"
#include "tail_watch.h"

static const char help[] =
    "Usage: tome tail [-n N] [-c SIZE] [-f] [-F] [-q] [-v] [FILE...]\n"
    "Print the last 10 lines of each FILE, or of standard input.\n"
    "With several files the name of each comes before its lines, as ==> FILE <==.\n"
    "\n"
    "  -n, --lines=N     the last N lines instead; +N: all from line N on\n"
    "  -c, --bytes=SIZE  the last SIZE bytes; +SIZE: all from that byte on, the first is 1\n"
    "  -f, --follow      go on: print what is added, until an interrupt\n"
    "  -F, --retry       follow, and wait for files that are missing at first\n"
    "  -q, --quiet       print no names\n"
    "  -v, --verbose     print the name even of a single file\n"
    "  -h, --help        print this text\n"
    "\n"
    "A file is followed by its name. When it was renamed or deleted and there is a new one\n"
    "of that name, the old one is printed to its end, and then the new one from its start,\n"
    "as soon as there is something in it. One that became shorter is printed from its\n"
    "start. Standard input is followed if it is redirected from a file. What has no size,\n"
    "such as a pipe, is read to its end and not followed.\n"
    "As the first argument, -20 means -n 20, and -20f also -f.\n"
    "\n"
    "  tome tail app.log             the last 10 lines\n"
    "  tome tail -n 100 -f app.log   the last 100, and all that come\n"
    "  tome tail -F app.log db.log   through rotations, also before there is a log\n"
    "  tome tail -n +2 table.csv     all but the first line\n"
    "  tome tail -c 1K app.log       the last 1024 bytes\n"
    "  make 2>&1 | tome tail\n";

/* Standard input begins where its position is: a program before us may have read a part of it. */
static uint64_t beginning(const struct tail_file *file, uint64_t size) {
  int64_t position = tail_file_is_stdin(file) ? stream_position(STREAM_IN) : 0;
  if (position <= 0)
    return 0;
  return (uint64_t)position < size ? (uint64_t)position : size;
}

static int print_tail(const struct tail *tail, struct tail_file *file) {
  uint64_t size = tome_size(file->open.map);
  file->at = size;
  int result = tail_start(file->open.map, &tail->amount, beginning(file, size), size, &file->at);
  return result < 0 ? result : range_output(file->open.map, &file->at, size);
}

static int print_stream(struct tail *tail, const struct tail_file *file, int fd) {
  tail_file_title(tail, file);
  int status = tail_stream(fd, input_name(file->operand), &tail->amount);
  if (fd != STREAM_IN)
    (void)stream_close(fd);
  return status;
}

/* What cannot be opened may still come, if that is waited for. */
static int refuse(const struct tail *tail, struct tail_file *file, int result) {
  int wait = tail->wait_for_missing && !tail_file_is_stdin(file);
  complain_tome(input_name(file->operand), wait ? "waiting for it" : NULL);
  if (wait)
    tail_follow_missing(file, result);
  return STATUS_ERROR;
}

static int print_file(struct tail *tail, struct tail_file *file) {
  int fd, result = tail_file_open(tail, file->operand, 1, &file->open, &fd);
  if (result < 0)
    return refuse(tail, file, result);
  if (result == 1)
    return print_stream(tail, file, fd);
  tail_file_title(tail, file);
  result = print_tail(tail, file);
  if (result < 0)
    complain_tome(input_name(file->operand), NULL);
  file->followed = tail->follow;
  if (!tail->follow)
    tail_file_close(tail, &file->open);
  return result < 0 ? STATUS_ERROR : STATUS_OK;
}

static int print_files(struct tail *tail) {
  if (tail->follow)
    tail->watch = tail_watch_begin();
  for (int i = 0; i < tail->file_count && standard_output_ok(); i++)
    if (print_file(tail, &tail->files[i]) != STATUS_OK)
      tail->status = STATUS_ERROR;
  return tail->follow ? tail_follow(tail) : tail->status;
}

static int take_amount(const struct arguments *args, int in_bytes, struct tail_amount *amount) {
  const char *number = optarg;
  *amount = (struct tail_amount){.in_bytes = in_bytes, .from_start = *number == '+'};
  if (*number == '+' || *number == '-')
    number++;
  int status = in_bytes ? arguments_size(args, number, &amount->count)
                        : arguments_count(args, number, &amount->count);
  if (amount->from_start && amount->count > 0)
    amount->count--;
  return status;
}

enum titles { TITLES_OF_SEVERAL, TITLES_NEVER, TITLES_ALWAYS };

static int take_option(const struct arguments *args, int option, struct tail *tail,
                       enum titles *titles) {
  switch (option) {
  case 'n':
  case 'c':
    return take_amount(args, option == 'c', &tail->amount);
  case 'F':
    tail->wait_for_missing = 1;
    tail->follow = 1;
    return STATUS_OK;
  case 'f':
    tail->follow = 1;
    return STATUS_OK;
  default:
    *titles = option == 'q' ? TITLES_NEVER : TITLES_ALWAYS;
    return STATUS_OK;
  }
}

/* -20 as the first argument is -n 20, and the letters of -20fv are options. Returns 0, or the exit
 * status. */
static int take_number(struct arguments *args, struct tail *tail) {
  char *text = args->argc > 1 ? args->argv[1] : NULL;
  size_t digits = text && text[0] == '-' ? strspn(text + 1, "0123456789") : 0;
  if (digits == 0 || text[1 + digits + strspn(text + 1 + digits, "fFqv")] != '\0')
    return STATUS_OK;
  const char *wrong = count_parse(text + 1, digits, &tail->amount.count);
  if (wrong)
    return arguments_refuse(args, "\"%s\" %s", text, wrong);
  if (text[1 + digits]) {
    text[digits] = '-';
    args->argv[1] = text + digits;
  } else {
    arguments_begin(args, args->verb, args->argc - 1, args->argv + 1);
  }
  return STATUS_OK;
}

static int run_files(struct tail *tail, char **operands, int count) {
  tail->files = calloc((size_t)count, sizeof *tail->files);
  if (!tail->files) {
    complain("tail", "out of memory");
    return STATUS_ERROR;
  }
  tail->file_count = count;
  for (int i = 0; i < count; i++)
    tail->files[i] = (struct tail_file){.operand = operands[i],
                                        .open = {.watch = TAIL_WATCH_NONE},
                                        .next = {.watch = TAIL_WATCH_NONE},
                                        .folder_watch = TAIL_WATCH_NONE};
  int status = print_files(tail);
  for (int i = 0; i < count; i++) {
    tail_file_close(tail, &tail->files[i].open);
    tail_file_close(tail, &tail->files[i].next);
  }
  free(tail->files);
  return status;
}

static int run(struct arguments *args) {
  struct tail tail = {.amount = {.count = 10}, .watch = TAIL_WATCH_NONE};
  enum titles titles = TITLES_OF_SEVERAL;
  int option, status = take_number(args, &tail);
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, &tail, &titles);
  if (status != STATUS_OK)
    return status < 0 ? args->status : status;
  char standard_input[] = "-";
  char *standard_inputs[] = {standard_input};
  int none = args->operand_count == 0;
  int nothing = tail.amount.count == 0 && !tail.amount.from_start && !tail.follow;
  tail.with_titles = !nothing && (titles == TITLES_ALWAYS ||
                                  (titles == TITLES_OF_SEVERAL && args->operand_count > 1));
  return run_files(&tail, none ? standard_inputs : args->operands, none ? 1 : args->operand_count);
}

static const struct option options[] = {{"lines", required_argument, NULL, 'n'},
                                        {"bytes", required_argument, NULL, 'c'},
                                        {"follow", no_argument, NULL, 'f'},
                                        {"retry", no_argument, NULL, 'F'},
                                        {"quiet", no_argument, NULL, 'q'},
                                        {"verbose", no_argument, NULL, 'v'},
                                        VERB_OPTIONS_END};

const struct verb verb_tail = {
    "tail", "print the last lines of a file, and follow it", help, "+:hn:c:fFqv", options, run};
