/* tome info: what files are made of, and what of them is in memory. One file is told about at length; several are
 * lines of a table. */
#include <stdio.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "file_walk.h"
#include "files.h"
#include "info_changes.h"
#include "info_json.h"
#include "info_svg.h"
#include "info_table.h"
#include "info_text.h"
#include "info_watch.h"
#include "input_file.h"
#include "svg_file.h"

enum {
  OPTION_JSON = OPTION_FIRST,
  OPTION_MAP,
  OPTION_WATCH,
  OPTION_SVG,
  OPTION_COLOR,
};

static const char help[] =
    "Usage: tome info [--map] [--watch[=SECONDS]] [--svg=FILE.svg] [--json] [--color[=WHEN]]\n"
    "                 FILE|DIR...\n"
    "Tell what each FILE is made of and what of it is in memory.\n"
    "\n"
    "  kind         regular file, or block device\n"
    "  size         its length\n"
    "  allocated    space it takes on the disk\n"
    "  holes        ranges without space on the disk; they read as zeros\n"
    "  file system  where it is\n"
    "  read-ahead   how much the disk may read beyond what is asked for\n"
    "  in memory    how much of it is in the system's page cache\n"
    "  dirty        how much of that is not on the disk yet\n"
    "  reserved     address space Tome sets aside to open it (costs no memory)\n"
    "\n"
    "Below, a strip as wide as the screen shows where in the file that is. Several files are a\n"
    "table with a line for each and their total. A DIR is all regular files below it, in the\n"
    "order of their names; symbolic links are not followed, hard links are counted once.\n"
    "\n"
    "      --map              draw each FILE as rows of blocks, with offsets, not as a strip\n"
    "      --watch[=SECONDS]  do it again every second, or every so many: on a terminal in\n"
    "                         place, until Ctrl-C; elsewhere one answer after the other, with\n"
    "                         the time. Files that grow, are cut, replaced or deleted are\n"
    "                         told about\n"
    "      --svg=FILE.svg     also write a picture of it, fit for light and dark pages; - is\n"
    "                         standard output, which then gets nothing else\n"
    "      --json             print an array with an object for each FILE, sizes in bytes,\n"
    "                         null where the system cannot tell; with --map each has its\n"
    "                         blocks, with --watch each array is a line\n"
    "      --color=WHEN       colour the blocks: always, never, auto (on a terminal, unless\n"
    "                         the variable NO_COLOR is set)\n"
    "  -h, --help             print this text\n"
    "\n"
    "FILE may be - for a file that standard input is redirected from. The characters of strips\n"
    "and maps are explained below them, and are ASCII where the locale is not UTF-8.\n"
    "\n"
    "  tome info app.log\n"
    "  tome info --map --watch app.log     how it comes into memory, and goes\n"
    "  tome info /var/lib/db               how much of a database is in memory\n"
    "  tome info --json *.log | jq 'map(.resident) | add'\n";

struct request {
  char **operands;
  int count;
  int json, map;
  const char *svg; /* NULL: none */
  uint64_t watch;  /* ns; 0: once */
  enum color_choice color;
};

/* An answer on its way. */
struct answer {
  const struct request *request;
  const struct screen *screen;
  FILE *out;     /* NULL: only the picture is wanted */
  int at_length; /* each file by itself, not in a table */
  struct info_totals totals;
  struct info_json json;
  struct info_svg svg;
  struct info_changes *changes; /* NULL: nobody watches */
};

static int is_directory(const char *operand) {
  struct file_facts facts;
  return !input_is_stdin(operand) && file_facts_of_name(operand, &facts) == 0 &&
         facts.kind == FILE_DIRECTORY;
}

static int is_one_file(const struct request *request) {
  return request->count == 1 && !is_directory(request->operands[0]);
}

static int print_text(struct answer *answer, const struct info_file *file) {
  if (!answer->at_length)
    return info_table_row(answer->out, answer->screen, file);
  if (answer->totals.files > 1)
    fputc('\n', answer->out);
  return info_text_print(answer->out, answer->screen, file, answer->request->map);
}

static int add_file(struct answer *answer, const struct info_file *file) {
  int status = STATUS_OK, pictured = STATUS_OK;
  info_totals_add(&answer->totals, file);
  if (answer->changes)
    info_changes_saw(answer->changes, file);
  if (answer->out && answer->request->json)
    status = info_json_add(&answer->json, file, answer->request->map);
  else if (answer->out)
    status = print_text(answer, file);
  if (answer->request->svg)
    pictured = info_svg_add(&answer->svg, file);
  return status == STATUS_OK ? pictured : status;
}

static int look_at(void *context, const char *path) {
  struct info_file file;
  if (info_file_open(&file, path) != STATUS_OK)
    return STATUS_ERROR;
  int status = add_file(context, &file);
  info_file_close(&file);
  return status;
}

static void begin_text(struct answer *answer) {
  if (answer->request->json)
    info_json_begin(&answer->json, answer->out, answer->request->watch != 0);
  else if (!answer->at_length)
    info_table_head(answer->out, answer->screen);
}

static void end_text(struct answer *answer) {
  int many = !is_one_file(answer->request);
  if (answer->request->json) {
    info_json_end(&answer->json);
  } else if (!answer->at_length) {
    info_table_foot(answer->out, answer->screen, &answer->totals);
  } else if (many && answer->totals.files > 0) {
    fputc('\n', answer->out);
    info_totals_print(answer->out, &answer->totals);
    fputc('\n', answer->out);
  }
}

static int give(struct answer *answer) {
  const struct request *request = answer->request;
  answer->at_length = is_one_file(request) || request->map;
  if (request->svg && info_svg_begin(&answer->svg, request->svg, is_one_file(request)) != STATUS_OK)
    return STATUS_ERROR;
  if (answer->out)
    begin_text(answer);
  int status = file_walk(request->operands, request->count, look_at, answer);
  if (answer->out)
    end_text(answer);
  if (!request->svg)
    return status;
  int pictured = info_svg_end(&answer->svg, status == STATUS_OK || answer->totals.files > 0);
  return status == STATUS_OK ? pictured : status;
}

/* What cannot be looked at any more is told, and waited for. */
static int draw(void *context, FILE *out, const struct screen *screen) {
  struct answer *answer = context, now = *answer;
  now.out = out;
  now.screen = screen;
  int first = !answer->changes->looked;
  info_changes_begin(answer->changes);
  int status = give(&now);
  info_changes_end(answer->changes);
  if (!answer->request->json)
    info_changes_print(out, screen, answer->changes, !screen->can_redraw);
  return first && now.totals.files == 0 ? status : STATUS_OK;
}

static int watch(const struct request *request) {
  struct info_changes changes = {0};
  struct answer answer = {.request = request, .changes = &changes};
  int status = info_watch_run(&(struct info_watch){.interval = request->watch,
                                                   .color = request->color,
                                                   .plain = request->json,
                                                   .draw = draw,
                                                   .context = &answer});
  info_changes_free(&changes);
  return status;
}

static int answer_once(const struct request *request) {
  struct screen screen = screen_get(request->color);
  int only_picture = request->svg && input_is_stdin(request->svg);
  struct answer answer = {
      .request = request, .screen = &screen, .out = only_picture ? NULL : stdout};
  return give(&answer);
}

static int take_option(const struct arguments *args, int option, struct request *request) {
  switch (option) {
  case OPTION_JSON:
    request->json = 1;
    return STATUS_OK;
  case OPTION_MAP:
    request->map = 1;
    return STATUS_OK;
  case OPTION_COLOR:
    return color_choice_read(args, optarg, &request->color);
  case OPTION_WATCH:
    if (info_watch_interval(optarg ? optarg : "1", &request->watch) == 0)
      return STATUS_OK;
    return arguments_refuse(args, "--watch is seconds, from 0.1 to 86400, not \"%s\"", optarg);
  default:
    request->svg = optarg;
    return svg_file_check(args, optarg);
  }
}

static int run(struct arguments *args) {
  struct request request = {.operands = args->operands, .color = COLOR_AUTO};
  int option;
  while ((option = arguments_next(args)) > 0)
    if (take_option(args, option, &request) != STATUS_OK)
      return STATUS_ERROR;
  if (option < 0)
    return args->status;
  request.count = args->operand_count;
  if (request.count < 1)
    return arguments_refuse(args, "which FILE?");
  if (request.svg && request.watch)
    return arguments_refuse(args, "--svg and --watch do not go together");
  if (request.svg && request.json && input_is_stdin(request.svg))
    return arguments_refuse(args, "--svg=- and --json do not go together");
  if (svg_file_spares(args, request.svg) != STATUS_OK)
    return STATUS_ERROR;
  return request.watch ? watch(&request) : answer_once(&request);
}

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},         {"map", no_argument, NULL, OPTION_MAP},
    {"watch", optional_argument, NULL, OPTION_WATCH}, {"svg", required_argument, NULL, OPTION_SVG},
    {"color", optional_argument, NULL, OPTION_COLOR}, VERB_OPTIONS_END};

const struct verb verb_info = {
    "info", "what a file is made of, and what of it is in memory", help, "+:h", options, run};
