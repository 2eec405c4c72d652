/* Standard input is opened as a descriptor: its position does not matter, offsets count from the
 * start. */
#include "input_file.h"

#include <string.h>
#include <unistd.h>

#include "complain.h"

static int is_standard_input(const char *operand) {
  return strcmp(operand, "-") == 0;
}

const char *input_name(const char *operand) {
  return is_standard_input(operand) ? "(standard input)" : operand;
}

tome *input_open(const char *operand) {
  tome *map;
  int failed = is_standard_input(operand) ? tome_open_fd(&map, STDIN_FILENO, TOME_READ, NULL)
                                          : tome_open(&map, operand, TOME_READ, NULL);
  if (failed < 0) {
    int is_pipe = failed == TOME_ENOTMAP && is_standard_input(operand);
    complain_tome(input_name(operand), is_pipe ? "write what comes into a file first" : NULL);
    return NULL;
  }
  return map;
}
