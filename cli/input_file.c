/* Standard input is opened as a descriptor: its position does not matter, offsets count from the
 * start. */
#include "input_file.h"

#include <string.h>

#include "complain.h"
#include "streams.h"

int input_is_stdin(const char *operand) {
  return strcmp(operand, "-") == 0;
}

const char *input_name(const char *operand) {
  return input_is_stdin(operand) ? "(standard input)" : operand;
}

int input_facts(const char *operand, struct file_facts *ret) {
  return input_is_stdin(operand) ? file_facts_of_open(STREAM_IN, ret)
                                 : file_facts_of_name(operand, ret);
}

static tome *open_with(const char *operand, const tome_options *options) {
  tome *map;
  int failed = input_is_stdin(operand) ? tome_open_fd(&map, STREAM_IN, TOME_READ, options)
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
