/* The file is opened when there is a picture to be put in it. */
#include "svg_file.h"

#include <string.h>

#include "complain.h"
#include "files.h"
#include "input_file.h"

int svg_file_check(const struct arguments *args, const char *name) {
  size_t length = strlen(name);
  if (input_is_stdin(name) || (length > 4 && strcmp(name + length - 4, ".svg") == 0))
    return 0;
  return arguments_refuse(args, "the picture \"%s\" is to have a name that ends in .svg", name);
}

static int is_operand(const struct file_facts *picture, const char *operand) {
  struct file_facts file;
  return input_facts(operand, &file) == 0 && file_identity_same(&picture->identity, &file.identity);
}

int svg_file_spares(const struct arguments *args, const char *name) {
  struct file_facts picture;
  if (!name || input_is_stdin(name) || file_facts_of_name(name, &picture) < 0)
    return 0;
  for (int i = 0; i < args->operand_count; i++)
    if (is_operand(&picture, args->operands[i]))
      return arguments_refuse(args, "the picture \"%s\" would be written over a FILE", name);
  return 0;
}

int svg_file_write(const char *name, void (*draw)(FILE *out, const void *context),
                   const void *context) {
  if (input_is_stdin(name)) {
    draw(stdout, context);
    return STATUS_OK;
  }
  FILE *out = file_stream_write(name);
  int failed = !out;
  if (out) {
    draw(out, context);
    failed = ferror(out);
    failed |= fclose(out) != 0;
  }
  if (failed)
    complain_system(name);
  return failed ? STATUS_ERROR : STATUS_OK;
}
