/* Rows are gathered from pieces of any length. Rows equal to the one above are shown as one "*",
 * which makes the dump of a hole short. */
#include "hex_dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLOUR_OFFSET "\033[36m"
#define COLOUR_ZERO "\033[2m"
#define COLOUR_TEXT "\033[32m"
#define COLOUR_OFF "\033[0m"

void hex_dump_begin(struct hex_dump *dump, uint64_t start, uint64_t end, int colour) {
  *dump = (struct hex_dump){.offset = start, .colour = colour};
  dump->width = snprintf(NULL, 0, "%08" PRIx64, end);
}

static int is_text(unsigned char byte) {
  return byte >= ' ' && byte <= '~';
}

static const char *colour_of(unsigned char byte) {
  if (byte == 0)
    return COLOUR_ZERO;
  return is_text(byte) ? COLOUR_TEXT : "";
}

static void draw_offset(const struct hex_dump *dump) {
  if (dump->colour)
    printf(COLOUR_OFFSET "%0*" PRIx64 COLOUR_OFF, dump->width, dump->offset);
  else
    printf("%0*" PRIx64, dump->width, dump->offset);
}

static void draw_byte(const struct hex_dump *dump, unsigned char byte) {
  if (dump->colour)
    printf(" %s%02x" COLOUR_OFF, colour_of(byte), byte);
  else
    printf(" %02x", byte);
}

static void draw_row(const struct hex_dump *dump) {
  char text[HEX_DUMP_ROW + 1] = "";
  draw_offset(dump);
  for (size_t i = 0; i < HEX_DUMP_ROW; i++) {
    if (i % 8 == 0)
      putchar(' ');
    if (i >= dump->filled) {
      fputs("   ", stdout);
      continue;
    }
    draw_byte(dump, dump->row[i]);
    text[i] = '.';
    if (is_text(dump->row[i]))
      text[i] = (char)dump->row[i];
  }
  printf("  |%s|\n", text);
}

static void finish_row(struct hex_dump *dump) {
  int repeated = dump->has_above && dump->filled == HEX_DUMP_ROW &&
                 memcmp(dump->row, dump->above, HEX_DUMP_ROW) == 0;
  if (!repeated)
    draw_row(dump);
  else if (!dump->starred)
    puts("*");
  dump->starred = repeated;
  memcpy(dump->above, dump->row, HEX_DUMP_ROW);
  dump->has_above = 1;
  dump->offset += dump->filled;
  dump->filled = 0;
}

void hex_dump_add(struct hex_dump *dump, const unsigned char *data, size_t length) {
  while (length > 0) {
    size_t room = HEX_DUMP_ROW - dump->filled;
    size_t taken = length < room ? length : room;
    memcpy(dump->row + dump->filled, data, taken);
    dump->filled += taken;
    data += taken;
    length -= taken;
    if (dump->filled == HEX_DUMP_ROW)
      finish_row(dump);
  }
}

void hex_dump_end(struct hex_dump *dump) {
  if (dump->filled > 0)
    finish_row(dump);
  if (!dump->has_above)
    return;
  draw_offset(dump);
  putchar('\n');
}
