/* The stream's own buffer is turned off: each piece is one write, and a failure is where standard_output.c looks for it. */
#include "bulk_output.h"

#include <stdio.h>
#include <stdlib.h>

#include "standard_output.h"

int bulk_begin(struct bulk_output *out) {
  setvbuf(stdout, NULL, _IONBF, 0);
  out->length = 0;
  out->bytes = malloc(BULK_ROOM);
  return out->bytes ? 0 : -1;
}

static void hand_over(const void *bytes, size_t length) {
  if (length > 0 && standard_output_ok())
    fwrite(bytes, 1, length, stdout);
  (void)standard_output_ok();
}

void bulk_flush(struct bulk_output *out) {
  hand_over(out->bytes, out->length);
  out->length = 0;
}

void bulk_end(struct bulk_output *out) {
  bulk_flush(out);
  free(out->bytes);
}

void bulk_put_long(struct bulk_output *out, const void *bytes, size_t length) {
  bulk_flush(out);
  if (length >= BULK_ROOM)
    hand_over(bytes, length);
  else
    memcpy(out->bytes, bytes, out->length = length);
}

void bulk_put_text(struct bulk_output *out, const char *text) {
  bulk_put(out, text, strlen(text));
}

void bulk_put_number(struct bulk_output *out, uint64_t number) {
  char digits[20], *at = digits + sizeof digits;
  do
    *--at = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  bulk_put(out, at, (size_t)(digits + sizeof digits - at));
}
