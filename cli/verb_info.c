/* tome info: what a file is made of, and what of it is in memory. */
#include <inttypes.h>
#include <stdio.h>

#include <tome/tome.h>

#include "arguments.h"
#include "complain.h"
#include "input_file.h"
#include "json_text.h"
#include "shown_name.h"

enum { OPTION_JSON = OPTION_FIRST };

static const char help[] =
    "Usage: tome info [--json] FILE...\n"
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
    "      --json  print an array with one object for each FILE, sizes in bytes, null where\n"
    "              the system cannot tell\n"
    "  -h, --help  print this text\n"
    "\n"
    "FILE may be - for a file that standard input is redirected from.\n"
    "\n"
    "  tome info app.log\n"
    "  tome info --json *.log | jq 'map(.resident) | add'\n";

static const char *kind_name(uint32_t kind) {
  switch (kind) {
  case TOME_KIND_FILE:
    return "regular file";
  case TOME_KIND_BLOCK:
    return "block device";
  default:
    return "shared memory";
  }
}

/* Exact, and rounded where that says more. */
static void print_figure(const char *name, uint64_t figure) {
  char rounded[SIZE_TEXT_MAX];
  if (figure == TOME_UNKNOWN)
    printf("  %-13sunknown\n", name);
  else if (figure < 1024)
    printf("  %-13s%" PRIu64 "\n", name, figure);
  else
    printf("  %-13s%" PRIu64 " (%s)\n", name, figure, size_format(rounded, figure));
}

static void print_holes(const tome_info *info) {
  char rounded[SIZE_TEXT_MAX];
  if (info->holes == TOME_UNKNOWN || info->hole_bytes == TOME_UNKNOWN)
    puts("  holes        unknown");
  else if (info->holes == 0)
    puts("  holes        none");
  else
    printf("  holes        %" PRIu64 ", of %" PRIu64 " bytes in all (%s)\n", info->holes,
           info->hole_bytes, size_format(rounded, info->hole_bytes));
}

static void print_table(const char *name, const tome_info *info) {
  shown_name_print(stdout, name);
  putchar('\n');
  printf("  kind         %s\n", kind_name(info->kind));
  print_figure("size", info->size);
  print_figure("allocated", info->allocated);
  print_holes(info);
  printf("  file system  %s\n", info->file_system);
  print_figure("read-ahead", info->readahead);
  print_figure("in memory", info->resident);
  print_figure("dirty", info->dirty);
  print_figure("reserved", info->reserved);
}

static json_t *as_json(const char *name, const tome_info *info) {
  static const char *const kinds[] = {"file", "block", "memory"};
  json_t *object = json_object();
  json_object_set_new(object, "file", json_text(name));
  json_object_set_new(object, "kind", json_string(kinds[info->kind]));
  json_object_set_new(object, "size", json_figure(info->size));
  json_object_set_new(object, "allocated", json_figure(info->allocated));
  json_object_set_new(object, "holes", json_figure(info->holes));
  json_object_set_new(object, "hole_bytes", json_figure(info->hole_bytes));
  json_object_set_new(object, "file_system", json_string(info->file_system));
  json_object_set_new(object, "readahead", json_figure(info->readahead));
  json_object_set_new(object, "resident", json_figure(info->resident));
  json_object_set_new(object, "dirty", json_figure(info->dirty));
  json_object_set_new(object, "reserved", json_figure(info->reserved));
  json_object_set_new(object, "page_size", json_figure(info->page_size));
  return object;
}

static int get_info(const char *file, tome_info *ret) {
  tome *map = input_open(file);
  if (!map)
    return STATUS_ERROR;
  *ret = (tome_info){.struct_size = sizeof *ret};
  int status = STATUS_OK;
  if (tome_info_get(map, ret) < 0) {
    complain_tome(input_name(file), NULL);
    status = STATUS_ERROR;
  }
  tome_close(map);
  return status;
}

static int print_tables(char **files, int count) {
  int status = STATUS_OK, printed = 0;
  for (int i = 0; i < count; i++) {
    tome_info info;
    if (get_info(files[i], &info) != STATUS_OK) {
      status = STATUS_ERROR;
      continue;
    }
    if (printed++)
      putchar('\n');
    print_table(input_name(files[i]), &info);
  }
  return status;
}

static int print_json(char **files, int count) {
  json_t *array = json_array();
  int status = STATUS_OK;
  for (int i = 0; i < count; i++) {
    tome_info info;
    if (get_info(files[i], &info) == STATUS_OK)
      json_array_append_new(array, as_json(input_name(files[i]), &info));
    else
      status = STATUS_ERROR;
  }
  int printed = json_print(array);
  return status == STATUS_OK ? printed : status;
}

static int run(struct arguments *args) {
  int option, json = 0;
  while ((option = arguments_next(args)) > 0)
    json = 1;
  if (option < 0)
    return args->status;
  if (args->operand_count < 1)
    return arguments_refuse(args, "which FILE?");
  return json ? print_json(args->operands, args->operand_count)
              : print_tables(args->operands, args->operand_count);
}

static const struct option options[] = {{"json", no_argument, NULL, OPTION_JSON}, VERB_OPTIONS_END};

const struct verb verb_info = {
    "info", "what a file is made of, and what of it is in memory", help, "+:h", options, run};
