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

tome *input_open(const char *operand) {
  tome *map;
  int failed = input_is_stdin(operand) ? tome_open_fd(&map, STDIN_FILENO, TOME_READ, NULL)
                                       : tome_open(&map, operand, TOME_READ, NULL);
  if (failed < 0) {
    int is_pipe = failed == TOME_ENOTMAP && input_is_stdin(operand);
    complain_tome(input_name(operand), is_pipe ? "write what comes into a file first" : NULL);
    return NULL;
  }
  return map;
}
