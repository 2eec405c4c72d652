/* Standard input is opened as a descriptor: its position does not matter, offsets count from the
 * start. */
#include "input_file.h"

#include <string.h>
#include <unistd.h>

#include "complain.h"

int input_is_stdin(const char *operand) {
  return strcmp(operand, "-") == 0;
}

const char *input_name(const char *operand) {
  return input_is_stdin(operand) ? "(standard input)" : operand;
}

static tome *open_with(const char *operand, const tome_options *options) {
  tome *map;
  int failed = input_is_stdin(operand) ? tome_open_fd(&map, STDIN_FILENO, TOME_READ, options)
                                       : tome_open(&map, operand, TOME_READ, options);
  if (failed < 0) {
    int is_pipe = failed == TOME_ENOTMAP && input_is_stdin(operand);
    complain_tome(input_name(operand), is_pipe ? "write what comes into a file first" : NULL);
    return NULL;
  }
  return map;
}

tome *input_open(const char *operand) {
  return open_with(operand, NULL);
}

tome *input_open_many(const char *operand) {
  tome_options options = TOME_OPTIONS_INIT;
  options.reserve = 1;
  return open_with(operand, &options);
}
