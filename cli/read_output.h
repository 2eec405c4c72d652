/* How tome read prints what it has read: the bytes alone, hex dumps, or a line of JSON for each read. */
#ifndef TOME_CLI_READ_OUTPUT_H
#define TOME_CLI_READ_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "bulk_output.h"
#include "hex_dump.h"
#include "size_text.h"

enum read_format { READ_RAW, READ_HEX, READ_JSON };

struct read_output {
  enum read_format format;
  int colour;
  struct bulk_output bulk; /* not for READ_HEX */
  struct hex_dump dump;    /* of the read that is being printed */
  uint64_t length;         /* of that read */
  uint64_t done;           /* how much of it has been printed */
  const char *close;       /* what ends the bytes in JSON */
};

/* Returns 0, or complains and returns STATUS_ERROR. */
int read_output_begin(struct read_output *out, enum read_format format);

/* One read: its place, its bytes in any number of parts, and the error that ended it early at `error_offset`; NULL: none. */
void read_output_open(struct read_output *out, uint64_t offset, uint64_t length);
void read_output_add(struct read_output *out, const void *bytes, size_t length);
void read_output_close(struct read_output *out, const char *error, uint64_t error_offset);

/* A read that is outside the file. */
void read_output_outside(struct read_output *out, struct position start);

/* Hand over what was printed. Returns 0, or STATUS_ERROR: standard output took no more. */
int read_output_flush(struct read_output *out);

void read_output_end(struct read_output *out);

#endif
