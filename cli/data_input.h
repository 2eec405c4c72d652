/* The bytes that a verb stores: its DATA operand, the operand as hex digits, or standard input in
 * pieces. */
#ifndef TOME_CLI_DATA_INPUT_H
#define TOME_CLI_DATA_INPUT_H

#include <stddef.h>

#include "arguments.h"

struct data_input {
  unsigned char *bytes; /* malloced: the data, or room for a piece of standard input */
  size_t length;
  int ended;
  int from_stdin;
};

/* `operand` NULL or "-": standard input. Returns 0, or complains and returns STATUS_ERROR. */
int data_input_begin(struct data_input *input, const struct arguments *args, const char *operand,
                     int hex);

/* Hand each piece to `store`, in order, until it returns something else than STATUS_OK. Progress is
 * shown under `label`. Returns the exit status; what went wrong has been complained about. */
typedef int data_input_store(void *context, const unsigned char *bytes, size_t length);
int data_input_each(struct data_input *input, const char *label, data_input_store *store,
                    void *context);

void data_input_end(struct data_input *input);

#endif
