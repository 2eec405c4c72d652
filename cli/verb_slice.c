/* tome slice: bytes of a file to standard output, in pieces, so that memory stays small whatever is
 * asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "hex_dump.h"
#include "input_file.h"
#include "progress.h"
#include "range_pieces.h"
#include "standard_output.h"
#include "streams.h"

enum { OPTION_HEX = OPTION_FIRST };

static const char help[] =
    "Usage: tome slice [--hex] FILE [START]:[END]...\n"
    "Write bytes START up to, but not including, END of FILE to standard output.\n"
    "\n"
    "Slices follow Python's rules: a missing START is the start of the file, a missing\n"
    "END its end, a negative number counts from the end, and what lies outside the file\n"
    "is left out. Several slices are written one after the other.\n"
    "\n"
    "      --hex   draw a hex dump: offset, bytes, characters; * stands for rows that\n"
    "              equal the one above\n"
    "  -h, --help  print this text\n"
    "\n"
    "FILE may be - for a file that standard input is redirected from.\n"
    "\n"
    "  tome slice app.log :100                   the first 100 bytes\n"
    "  tome slice app.log -1K:                   the last 1024 bytes\n"
    "  tome slice --hex disk.img :512 -512:      its first and last 512 bytes, to look at\n";

struct slice {
  struct position start;
  struct position end;
};

/* One slice of one file on its way out. */
struct copy {
  tome *map;
  const char *name;
  uint64_t start, at, end;
  struct hex_dump *dump; /* NULL: raw bytes */
};

static int parse_end(const struct arguments *args, const char *operand, const char *text,
                     size_t length, struct position *ret) {
  if (length == 0)
    return 0;
  const char *wrong = position_parse(text, length, ret);
  return wrong ? arguments_refuse(args, "\"%s\": \"%.*s\" %s", operand, (int)length, text, wrong)
               : 0;
}

static int parse_slice(const struct arguments *args, const char *operand, struct slice *ret) {
  const char *colon = strchr(operand, ':');
  if (!colon || strchr(colon + 1, ':'))
    return arguments_refuse(args,
                            "\"%s\" is not a slice; write START:END, START:, :END or :", operand);
  *ret = (struct slice){.end = {.value = UINT64_MAX}};
  int status = parse_end(args, operand, operand, (size_t)(colon - operand), &ret->start);
  return status ? status : parse_end(args, operand, colon + 1, strlen(colon + 1), &ret->end);
}

static int emit(void *context, const void *bytes, size_t length) {
  struct copy *copy = context;
  if (copy->dump)
    hex_dump_add(copy->dump, bytes, length);
  else
    fwrite(bytes, 1, length, stdout);
  progress_update(copy->at - copy->start + length);
  return !standard_output_ok();
}

/* Bytes before a loss are still written, as cat does. */
static int copy_out(struct copy *copy) {
  int result = range_pieces(copy->map, &copy->at, copy->end, emit, copy);
  if (result == TOME_ENOMEM)
    complain(copy->name, "out of memory");
  else if (result < 0)
    complain_tome(copy->name, NULL);
  return result ? STATUS_ERROR : STATUS_OK;
}

static int write_slice(struct copy *copy, const struct slice *slice) {
  uint64_t size = tome_size(copy->map);
  copy->start = copy->at = position_clamp(slice->start, size);
  copy->end = position_clamp(slice->end, size);
  if (copy->dump)
    hex_dump_begin(copy->dump, copy->at, copy->end, stream_is_terminal(STREAM_OUT));
  if (!stream_is_terminal(STREAM_OUT))
    progress_begin(copy->name, copy->end - copy->at);
  int status = copy_out(copy);
  progress_end();
  if (copy->dump)
    hex_dump_end(copy->dump);
  return status;
}

static int write_slices(const char *file, const struct slice *slices, int count, int hex) {
  struct hex_dump dump = {.filled = 0};
  struct copy copy = {.name = input_name(file), .dump = hex ? &dump : NULL};
  copy.map = input_open(file);
  if (!copy.map)
    return STATUS_ERROR;
  int status = STATUS_OK;
  for (int i = 0; i < count && status == STATUS_OK; i++)
    status = write_slice(&copy, &slices[i]);
  tome_close(copy.map);
  return status;
}

static int run_slices(const struct arguments *args, int hex) {
  int count = args->operand_count - 1;
  struct slice *slices = calloc((size_t)count, sizeof *slices);
  if (!slices) {
    complain(args->verb->name, "out of memory");
    return STATUS_ERROR;
  }
  int status = STATUS_OK;
  for (int i = 0; i < count && status == STATUS_OK; i++)
    status = parse_slice(args, args->operands[1 + i], &slices[i]);
  if (status == STATUS_OK)
    status = write_slices(args->operands[0], slices, count, hex);
  free(slices);
  return status;
}

static int run(struct arguments *args) {
  int option, hex = 0;
  while ((option = arguments_next(args)) > 0)
    hex = option == OPTION_HEX;
  if (option < 0)
    return args->status;
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  if (args->operand_count < 2)
    return arguments_refuse(args, "which bytes? write START:END, or : for the whole file");
  return run_slices(args, hex);
}

static const struct option options[] = {{"hex", no_argument, NULL, OPTION_HEX}, VERB_OPTIONS_END};

const struct verb verb_slice = {
    "slice", "write bytes of a file to standard output", help, "+:h", options, run};
