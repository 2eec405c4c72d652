/* Runs of plain characters are copied in one go. */
#include "json_bulk.h"

#include <string.h>

#include "utf8_text.h"

static void put_escaped(struct bulk_output *out, unsigned char byte) {
  static const char digits[] = "0123456789abcdef";
  static const char codes[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const char *code = byte ? strchr(codes, byte) : NULL;
  char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
  if (code)
    escape[1] = letters[code - codes];
  bulk_put(out, escape, code ? 2 : sizeof escape);
}

static int is_special(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x80;
}

int json_bulk_string(struct bulk_output *out, const void *bytes, size_t length) {
  const unsigned char *at = bytes, *end = at + length;
  int clean = 1;
  bulk_put_byte(out, '"');
  while (at < end) {
    const unsigned char *plain = at;
    while (at < end && !is_special(*at))
      at++;
    bulk_put(out, plain, (size_t)(at - plain));
    if (at == end)
      break;
    size_t character = utf8_length(at, (size_t)(end - at));
    if (character > 1)
      bulk_put(out, at, character);
    else if (character == 1)
      put_escaped(out, *at);
    else
      bulk_put_text(out, "\xEF\xBF\xBD");
    clean &= character > 0;
    at += character ? character : 1;
  }
  bulk_put_byte(out, '"');
  return clean;
}

void json_bulk_base64(struct bulk_output *out, const void *bytes, size_t length) {
  static const unsigned char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char *at = bytes;
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    unsigned one = at[i], two = left > 1 ? at[i + 1] : 0, three = left > 2 ? at[i + 2] : 0;
    unsigned char four[] = {digits[one >> 2], digits[(one & 3) << 4 | two >> 4],
                            left > 1 ? digits[(two & 15) << 2 | three >> 6] : '=',
                            left > 2 ? digits[three & 63] : '='};
    bulk_put(out, four, sizeof four);
  }
}
