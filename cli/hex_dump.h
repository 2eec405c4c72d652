/* A hex dump on standard output: offset, bytes and characters of sixteen bytes a row, laid out as
 * hexdump -C does. */
#ifndef TOME_CLI_HEX_DUMP_H
#define TOME_CLI_HEX_DUMP_H

#include <stddef.h>
#include <stdint.h>

#define HEX_DUMP_ROW 16

struct hex_dump {
  uint64_t offset; /* of row[0], in the file */
  int width;       /* digits of an offset */
  int colour;
  int has_above; /* a row has been drawn, and `above` holds it */
  int starred;   /* and rows equal to it were left out */
  size_t filled;
  unsigned char row[HEX_DUMP_ROW];
  unsigned char above[HEX_DUMP_ROW];
};

/* Of bytes [start, end) of a file. */
void hex_dump_begin(struct hex_dump *dump, uint64_t start, uint64_t end, int colour);
void hex_dump_add(struct hex_dump *dump, const unsigned char *data, size_t length);
void hex_dump_end(struct hex_dump *dump);

#endif
