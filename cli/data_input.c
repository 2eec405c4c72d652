/* Standard input may be endless, so it comes in pieces. A piece is filled before it is handed out:
 * what fits in one is stored in one go, however it trickled in. */
#include "data_input.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "hex_text.h"
#include "progress.h"
#include "streams.h"

#define PIECE ((size_t)1 << 20)

static int from_stdin(struct data_input *input) {
  input->from_stdin = 1;
  input->bytes = malloc(PIECE);
  return input->bytes ? 0 : STATUS_ERROR;
}

static int from_operand(struct data_input *input, const char *operand) {
  input->length = strlen(operand);
  input->bytes = malloc(input->length + 1);
  if (!input->bytes)
    return STATUS_ERROR;
  memcpy(input->bytes, operand, input->length);
  return 0;
}

int data_input_begin(struct data_input *input, const struct arguments *args, const char *operand,
                     int hex) {
  *input = (struct data_input){.bytes = NULL};
  int standard_input = !operand || strcmp(operand, "-") == 0;
  if (hex && standard_input)
    return arguments_refuse(args,
                            "--hex wants the digits as DATA; standard input is taken as it is");
  if (hex) {
    const char *wrong = hex_parse(operand, &input->bytes, &input->length);
    return wrong ? arguments_refuse(args, "\"%s\" %s", operand, wrong) : 0;
  }
  int failed = standard_input ? from_stdin(input) : from_operand(input, operand);
  if (failed)
    complain(args->verb->name, "out of memory");
  return failed;
}

static int read_piece(struct data_input *input) {
  input->length = 0;
  while (input->length < PIECE) {
    ssize_t got = stream_read(STREAM_IN, input->bytes + input->length, PIECE - input->length);
    if (got == 0) {
      input->ended = 1;
      break;
    }
    if (got < 0) {
      complain_system("(standard input)");
      return -1;
    }
    input->length += (size_t)got;
  }
  return input->length > 0;
}

/* 1 there is a piece, 0 no more, less than 0 failed and complained. */
static int next_piece(struct data_input *input) {
  if (input->ended)
    return 0;
  if (input->from_stdin)
    return read_piece(input);
  input->ended = 1;
  return 1;
}

int data_input_each(struct data_input *input, const char *label, data_input_store *store,
                    void *context) {
  uint64_t done = 0;
  int status = STATUS_OK, more = 0;
  progress_begin(label, 0);
  while (status == STATUS_OK && (more = next_piece(input)) > 0) {
    status = store(context, input->bytes, input->length);
    done += input->length;
    if (status == STATUS_OK)
      progress_update(done);
  }
  progress_end();
  return more < 0 ? STATUS_ERROR : status;
}

void data_input_end(struct data_input *input) {
  free(input->bytes);
}
