/* Standard output in large pieces, for answers of millions of lines. Nothing else may be printed to it meanwhile without
 * bulk_flush() before. */
#ifndef TOME_CLI_BULK_OUTPUT_H
#define TOME_CLI_BULK_OUTPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BULK_ROOM ((size_t)256 << 10)

struct bulk_output {
  unsigned char *bytes;
  size_t length;
};

/* 0, or -1: out of memory. */
int bulk_begin(struct bulk_output *out);

/* Hand over what was collected. Whether it was taken: standard_output_ok(). */
void bulk_flush(struct bulk_output *out);

void bulk_end(struct bulk_output *out);

/* More than there is room for. */
void bulk_put_long(struct bulk_output *out, const void *bytes, size_t length);

static inline void bulk_put(struct bulk_output *out, const void *bytes, size_t length) {
  if (length > BULK_ROOM - out->length) {
    bulk_put_long(out, bytes, length);
    return;
  }
  memcpy(out->bytes + out->length, bytes, length);
  out->length += length;
}

static inline void bulk_put_byte(struct bulk_output *out, char byte) {
  if (out->length == BULK_ROOM)
    bulk_flush(out);
  out->bytes[out->length++] = (unsigned char)byte;
}

void bulk_put_text(struct bulk_output *out, const char *text);
void bulk_put_number(struct bulk_output *out, uint64_t number);

#endif
