/* tome put: bytes into a file, in place, durable when it ends. */
#include <inttypes.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "data_input.h"
#include "output_file.h"

enum { OPTION_HEX = OPTION_FIRST, OPTION_GROW, OPTION_CREATE };

static const char help[] =
    "Usage: tome put [--hex] [--grow] [--create] FILE OFFSET [DATA]\n"
    "Write DATA into FILE from byte OFFSET on, over what is there. The bytes will survive a\n"
    "power cut once the command has ended well. The rest of the file stays as it is.\n"
    "\n"
    "Without DATA, or if it is -, standard input is written, as it comes; if that fails\n"
    "half-way, for lack of space say, what came before is in the file. A negative OFFSET\n"
    "counts from the end.\n"
    "\n"
    "      --hex     DATA is hexadecimal digits, two for each byte\n"
    "      --grow    the file may grow; a gap between its end and OFFSET becomes zeros\n"
    "      --create  create the file if it is missing; implies --grow\n"
    "  -h, --help    print this text\n"
    "\n"
    "  tome put app.bin 0x40 HELLO               five bytes at 64\n"
    "  tome put --hex disk.img -2 55aa           the last two bytes\n"
    "  make-index | tome put --create index 4K   a new file; its first 4096 bytes are zeros\n";

struct request {
  const char *file;
  struct position offset;
  uint32_t flags;
  int hex;
};

/* Where the next byte goes. */
struct target {
  tome *map;
  const struct request *request;
  uint64_t at;
};

static int find_start(struct target *target) {
  const struct request *request = target->request;
  uint64_t size = tome_size(target->map), value = request->offset.value;
  target->at = value;
  if (!request->offset.from_end)
    return STATUS_OK;
  if (value > size) {
    complain(request->file, "has only %" PRIu64 " bytes; -%" PRIu64 " would be before its start",
             size, value);
    return STATUS_ERROR;
  }
  target->at = size - value;
  return STATUS_OK;
}

/* No file is longer than INT64_MAX, whatever is allowed. */
static void complain_range(const struct target *target, size_t length) {
  const char *file = target->request->file;
  uint64_t size = tome_size(target->map), at = target->at > size ? target->at : size;
  const char *remedy = target->at > INT64_MAX - (uint64_t)length ? ", and none can be so long"
                                                                 : "; --grow lets it grow";
  complain(file, "outside the file: it has %" PRIu64 " bytes%s (at byte %" PRIu64 ")", size, remedy,
           at);
}

static int store(void *context, const unsigned char *bytes, size_t length) {
  struct target *target = context;
  const struct request *request = target->request;
  int failed = tome_write(target->map, target->at, bytes, length);
  if (failed == TOME_ERANGE)
    complain_range(target, length);
  else if (failed < 0)
    complain_tome(request->file, NULL);
  target->at += failed < 0 ? 0 : length;
  return failed < 0 ? STATUS_ERROR : STATUS_OK;
}

static int put(const struct request *request, struct data_input *input) {
  struct target target = {.request = request};
  target.map = output_open(request->file, request->flags,
                           request->offset.from_end ? "a negative offset needs an existing file"
                                                    : "--create makes one");
  if (!target.map)
    return STATUS_ERROR;
  int status = find_start(&target);
  uint64_t start = target.at;
  if (status == STATUS_OK)
    status = data_input_each(input, request->file, store, &target);
  return output_close(target.map, request->file, start, target.at - start, status);
}

static int parse_operands(struct arguments *args, struct request *request,
                          struct data_input *input) {
  if (args->operand_count < 2)
    return arguments_refuse(args, args->operand_count < 1 ? "which FILE?" : "at which OFFSET?");
  if (args->operand_count > 3)
    return arguments_refuse(args, "one DATA only; quote what has blanks");
  request->file = args->operands[0];
  int failed = arguments_position(args, args->operands[1], &request->offset);
  if (failed)
    return failed;
  /* A missing file has no end to count from: leave it missing. */
  if (request->offset.from_end)
    request->flags &= ~TOME_CREATE;
  return data_input_begin(input, args, args->operand_count > 2 ? args->operands[2] : NULL,
                          request->hex);
}

static int run(struct arguments *args) {
  struct request request = {.flags = 0};
  int option;
  while ((option = arguments_next(args)) > 0) {
    if (option == OPTION_HEX)
      request.hex = 1;
    else
      request.flags |= option == OPTION_CREATE ? TOME_CREATE | TOME_GROW : TOME_GROW;
  }
  if (option < 0)
    return args->status;
  struct data_input input;
  int status = parse_operands(args, &request, &input);
  if (status != STATUS_OK)
    return status;
  status = put(&request, &input);
  data_input_end(&input);
  return status;
}

static const struct option options[] = {{"hex", no_argument, NULL, OPTION_HEX},
                                        {"grow", no_argument, NULL, OPTION_GROW},
                                        {"create", no_argument, NULL, OPTION_CREATE},
                                        VERB_OPTIONS_END};

const struct verb verb_put = {"put", "write bytes into a file, in place", help, "+:h", options,
                              run};
