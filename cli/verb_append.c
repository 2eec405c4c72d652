/* tome append: bytes to the end of a file, durable when it ends. */
#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "data_input.h"
#include "output_file.h"

enum { OPTION_HEX = OPTION_FIRST, OPTION_CREATE };

static const char help[] =
    "Usage: tome append [--hex] [--create] FILE [DATA]\n"
    "Add DATA to the end of FILE. The bytes will survive a power cut once the command has\n"
    "ended well.\n"
    "\n"
    "Without DATA, or if it is -, standard input is added, as it comes; if that fails\n"
    "half-way, what came before is in the file. Up to 1 MiB is added in one step: others\n"
    "that append to the file at the same time do not write into it.\n"
    "\n"
    "      --hex     DATA is hexadecimal digits, two for each byte\n"
    "      --create  create the file if it is missing\n"
    "  -h, --help    print this text\n"
    "\n"
    "  tome append --create all.log < today.log\n"
    "  date | tome append all.log\n";

struct target {
  tome *map;
  const char *file;
};

static int add(void *context, const unsigned char *bytes, size_t length) {
  const struct target *target = context;
  if (tome_append(target->map, bytes, length, NULL) == 0)
    return STATUS_OK;
  complain_tome(target->file, NULL);
  return STATUS_ERROR;
}

static int append(const char *file, uint32_t flags, struct data_input *input) {
  struct target target = {output_open(file, flags, "--create makes one"), file};
  if (!target.map)
    return STATUS_ERROR;
  int status = data_input_each(input, file, add, &target);
  return output_close(target.map, file, 0, TOME_END, status);
}

static int run(struct arguments *args) {
  uint32_t flags = 0;
  int option, hex = 0;
  while ((option = arguments_next(args)) > 0) {
    if (option == OPTION_HEX)
      hex = 1;
    else
      flags = TOME_CREATE;
  }
  if (option < 0)
    return args->status;
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  if (args->operand_count > 2)
    return arguments_refuse(args, "one DATA only; quote what has blanks");
  struct data_input input;
  int status =
      data_input_begin(&input, args, args->operand_count > 1 ? args->operands[1] : NULL, hex);
  if (status != STATUS_OK)
    return status;
  status = append(args->operands[0], flags, &input);
  data_input_end(&input);
  return status;
}

static const struct option options[] = {{"hex", no_argument, NULL, OPTION_HEX},
                                        {"create", no_argument, NULL, OPTION_CREATE},
                                        VERB_OPTIONS_END};

const struct verb verb_append = {"append", "add bytes to the end of a file", help, "+:h", options,
                                 run};
