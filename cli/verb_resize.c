/* tome resize: cut a file or make it longer, durable when it ends. */
#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "output_file.h"

enum { OPTION_CREATE = OPTION_FIRST };

static const char help[] =
    "Usage: tome resize [--create] FILE SIZE\n"
    "Make FILE exactly SIZE bytes long. What is cut is gone; what is added is zeros, with\n"
    "space on the disk. If there is not enough, the file stays as it was. The new length\n"
    "will survive a power cut once the command has ended well.\n"
    "\n"
    "      --create  create the file if it is missing\n"
    "  -h, --help    print this text\n"
    "\n"
    "  tome resize data.bin 4GiB\n"
    "  tome resize data.bin 0\n"
    "  tome resize --create image.bin 8GiB\n";

static int resize(const char *file, uint32_t flags, uint64_t size) {
  tome *map = output_open(file, flags, "--create makes one");
  if (!map)
    return STATUS_ERROR;
  int status = STATUS_OK;
  if (tome_resize(map, size) < 0) {
    complain_tome(file, NULL);
    status = STATUS_ERROR;
  }
  return output_close(map, file, 0, TOME_END, status);
}

static int run(struct arguments *args) {
  uint32_t flags = 0;
  int option;
  while ((option = arguments_next(args)) > 0)
    flags = TOME_CREATE;
  if (option < 0)
    return args->status;
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  if (args->operand_count < 2)
    return arguments_refuse(args, "to which SIZE?");
  if (args->operand_count > 2)
    return arguments_refuse(args, "one FILE and one SIZE only");
  uint64_t size;
  int failed = arguments_size(args, args->operands[1], &size);
  return failed ? failed : resize(args->operands[0], flags, size);
}

static const struct option options[] = {{"create", no_argument, NULL, OPTION_CREATE},
                                        VERB_OPTIONS_END};

const struct verb verb_resize = {"resize", "change the length of a file", help, "+:h", options,
                                 run};
