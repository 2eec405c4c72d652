/* tome read: many reads at once, from a list of offsets. Two batches take turns: one is read while the other is printed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "input_file.h"
#include "progress.h"
#include "range_pieces.h"
#include "read_batch.h"
#include "read_list.h"
#include "read_output.h"
#include "standard_output.h"
#include "streams.h"

enum { OPTION_AT = OPTION_FIRST, OPTION_LENGTH, OPTION_HEX, OPTION_JSON };

static const char help[] =
    "Usage: tome read [--at=LIST]... [--length=N] [--hex | --json] FILE\n"
    "Read many places of FILE at once and write their bytes to standard output, one after the\n"
    "other, in the order of the list. The disk is asked for many places at a time, in the\n"
    "order in which they lie there, so that this takes a fraction of the time that reading\n"
    "them one by one takes; and only what is asked for is read.\n"
    "\n"
    "      --at=LIST   offsets, with commas between them; @NAME: those in the file NAME,\n"
    "                  one a line; -: on standard input. May be given several times\n"
    "      --length=N  how many bytes at each; default 4096\n"
    "      --hex       draw a hex dump of each\n"
    "      --json      print an object a line: offset, length and text, or bytes in base64\n"
    "                  where they are not UTF-8; error and error_offset where some were lost\n"
    "  -h, --help      print this text\n"
    "\n"
    "An offset may be negative, counting from the end; a length may follow it after a blank;\n"
    "and START:END is a slice, as in tome slice. Empty lines of a list, and those that begin\n"
    "with #, are passed over. What reaches beyond the end of the file is cut there; what\n"
    "begins outside it is an error, but the others are read. FILE may be - for a file that\n"
    "standard input is redirected from.\n"
    "\n"
    "  tome read app.log --at 0,1M,-4K --hex\n"
    "  tome find --slice ERROR app.log | tome read app.log --at -\n"
    "  tome read app.log --at @offsets.txt --length 200 --json | jq -r .text\n";

struct request {
  const char **lists; /* the values of --at */
  size_t list_count;
  uint64_t length;
  enum read_format format;
};

/* The reads of one file on their way. */
struct reads {
  tome *map;
  const char *name;
  struct read_list list;
  struct read_output out;
  struct read_wish next; /* where `has_next`: for which the batch had no room */
  int has_next;
  uint64_t done; /* bytes */
  int status;
};

/* Put in what the list holds, as far as there is room. Returns how far the list has come. */
static enum read_lines_answer fill(struct reads *reads, struct read_batch *batch, int may_wait) {
  read_batch_empty(batch);
  for (;;) {
    if (!reads->has_next) {
      int wait = may_wait && batch->count == 0;
      enum read_lines_answer answer = read_list_next(&reads->list, wait, &reads->next);
      if (answer != READ_LINES_LINE)
        return answer;
    }
    reads->has_next = !read_batch_add(batch, reads->map, &reads->next);
    if (reads->has_next)
      return READ_LINES_LINE;
  }
}

static void tell_outside(struct reads *reads, const struct read_entry *entry) {
  const struct read_wish *wish = &entry->wish;
  const char *minus = wish->start.from_end ? "-" : "";
  char where[64] = "";
  if (wish->list)
    snprintf(where, sizeof where, ": line %" PRIu64, wish->line);
  complain(reads->name,
           "byte %s%" PRIu64 " is outside the file, which has %" PRIu64 " bytes (%s%s)", minus,
           wish->start.value, tome_size(reads->map), wish->list ? wish->list : "--at", where);
  read_output_outside(&reads->out, wish->start);
  reads->status = STATUS_ERROR;
}

static int take_piece(void *context, const void *bytes, size_t length) {
  struct reads *reads = context;
  read_output_add(&reads->out, bytes, length);
  reads->done += length;
  progress_update(reads->done);
  return 0;
}

/* What is long, and what the batch could not read: the bytes before a loss are printed, as tome slice does. */
static void read_alone(struct reads *reads, const struct read_entry *entry) {
  uint64_t at = entry->offset;
  read_output_open(&reads->out, at, entry->length);
  int result = range_pieces(reads->map, &at, at + entry->length, take_piece, reads);
  read_output_close(&reads->out, result < 0 ? tome_strerror(result) : NULL, at);
  if (result == 0)
    return;
  if (result == TOME_ENOMEM)
    complain(reads->name, "out of memory");
  else
    complain_tome(reads->name, NULL);
  reads->status = STATUS_ERROR;
}

static void print_span(struct reads *reads, const tome_span *span) {
  read_output_open(&reads->out, span->offset, span->length);
  if (span->length > 0)
    take_piece(reads, span->buffer, span->length);
  read_output_close(&reads->out, NULL, 0);
}

static void print_batch(struct reads *reads, const struct read_batch *batch) {
  const tome_span *span = batch->spans;
  for (size_t i = 0; i < batch->count && standard_output_ok(); i++) {
    const struct read_entry *entry = &batch->entries[i];
    if (entry->kind == READ_OUTSIDE)
      tell_outside(reads, entry);
    else if (entry->kind == READ_LONG || span->result < 0)
      read_alone(reads, entry);
    else
      print_span(reads, span);
    span += entry->kind == READ_SPAN;
  }
}

static void swap(struct read_batch **one, struct read_batch **other) {
  struct read_batch *kept = *one;
  *one = *other;
  *other = kept;
}

/* While a batch is read the list is read on, and the batch before is printed. A list that is still being written is waited for
 * only when all that it has asked for is printed: who writes it may want to see that first. */
static void read_all(struct reads *reads, struct read_batch batches[2]) {
  struct read_batch *now = &batches[0], *next = &batches[1];
  enum read_lines_answer answer = fill(reads, now, 1);
  read_batch_start(now, reads->map);
  while (now->count > 0) {
    read_batch_empty(next);
    if (answer > READ_LINES_END)
      answer = fill(reads, next, 0);
    read_batch_wait(now);
    read_batch_start(next, reads->map);
    print_batch(reads, now);
    if (!standard_output_ok())
      break;
    if (answer == READ_LINES_WAITS && next->count == 0) {
      if (read_output_flush(&reads->out) != STATUS_OK)
        break;
      answer = fill(reads, next, 1);
      read_batch_start(next, reads->map);
    }
    swap(&now, &next);
  }
  if (answer == READ_LINES_FAILED)
    reads->status = STATUS_ERROR;
}

static void read_and_print(struct reads *reads, enum read_format format) {
  struct read_batch batches[2] = {{.count = 0}};
  reads->status = read_batch_new(&batches[0]);
  if (reads->status == STATUS_OK)
    reads->status = read_batch_new(&batches[1]);
  if (reads->status == STATUS_OK)
    reads->status = read_output_begin(&reads->out, format);
  if (reads->status == STATUS_OK) {
    if (!stream_is_terminal(STREAM_OUT))
      progress_begin(reads->name, 0);
    read_all(reads, batches);
    read_output_end(&reads->out);
    progress_end();
  }
  read_batch_free(&batches[0]);
  read_batch_free(&batches[1]);
}

static int read_file(const struct arguments *args, const struct request *request) {
  const char *file = args->operands[0];
  struct reads reads = {.name = input_name(file)};
  reads.map = input_open(file);
  if (!reads.map)
    return STATUS_ERROR;
  reads.status =
      read_list_begin(&reads.list, args, request->lists, request->list_count, request->length);
  if (reads.status == STATUS_OK)
    read_and_print(&reads, request->format);
  read_list_end(&reads.list);
  tome_close(reads.map);
  return reads.status;
}

static int take_format(const struct arguments *args, struct request *request,
                       enum read_format format) {
  if (request->format != READ_RAW && request->format != format)
    return arguments_refuse(args, "--hex and --json do not go together");
  request->format = format;
  return STATUS_OK;
}

static int take_option(const struct arguments *args, int option, struct request *request) {
  switch (option) {
  case OPTION_AT:
    request->lists[request->list_count++] = optarg;
    return STATUS_OK;
  case OPTION_LENGTH:
    return arguments_size(args, optarg, &request->length);
  default:
    return take_format(args, request, option == OPTION_HEX ? READ_HEX : READ_JSON);
  }
}

/* Whether a value of --at is a list on standard input. */
static int is_stdin_list(const char *list) {
  return input_is_stdin(list) || strcmp(list, "@-") == 0;
}

static int check_operands(const struct arguments *args, const struct request *request) {
  size_t uses = 0;
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  if (args->operand_count > 1)
    return arguments_refuse(args, "one FILE only");
  if (request->list_count == 0)
    return arguments_refuse(args, "which offsets? write --at 0,4096, or --at - to read them from "
                                  "standard input");
  for (size_t i = 0; i < request->list_count; i++)
    uses += (size_t)is_stdin_list(request->lists[i]);
  if (uses + (size_t)input_is_stdin(args->operands[0]) > 1)
    return arguments_refuse(args, "standard input can be used once only");
  return STATUS_OK;
}

static int run_request(struct arguments *args, struct request *request) {
  int option, status = STATUS_OK;
  while (status == STATUS_OK && (option = arguments_next(args)) != 0)
    status = option < 0 ? -1 : take_option(args, option, request);
  if (status == STATUS_OK)
    status = check_operands(args, request);
  if (status == STATUS_OK)
    status = read_file(args, request);
  return status < 0 ? args->status : status;
}

/* There are no more lists than arguments. */
static int run(struct arguments *args) {
  struct request request = {.length = 4096};
  request.lists = calloc((size_t)args->argc, sizeof *request.lists);
  if (!request.lists) {
    complain(args->verb->name, "out of memory");
    return STATUS_ERROR;
  }
  int status = run_request(args, &request);
  free(request.lists);
  return status;
}

static const struct option options[] = {{"at", required_argument, NULL, OPTION_AT},
                                        {"length", required_argument, NULL, OPTION_LENGTH},
                                        {"hex", no_argument, NULL, OPTION_HEX},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        VERB_OPTIONS_END};

const struct verb verb_read = {"read", "read many places of a file at once", help, "+:h", options,
                               run};
