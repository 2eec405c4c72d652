/* White space is allowed between bytes, so that what a hex dump shows can be pasted. */
#include "hex_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static unsigned digit_value(char digit) {
  return (unsigned)(isdigit((unsigned char)digit) ? digit - '0'
                                                  : tolower((unsigned char)digit) - 'a' + 10);
}

const char *hex_parse(const char *text, unsigned char **ret, size_t *ret_length) {
  unsigned char *bytes = malloc(strlen(text) / 2 + 1);
  if (!bytes)
    return "is too long for the memory there is";
  size_t count = 0;
  for (const char *next = text; *next;) {
    if (isspace((unsigned char)*next)) {
      next++;
      continue;
    }
    if (!isxdigit((unsigned char)next[0]) || !isxdigit((unsigned char)next[1])) {
      free(bytes);
      return "is not hexadecimal; write two digits for each byte, such as 00ff or \"00 ff\"";
    }
    bytes[count++] = (unsigned char)(digit_value(next[0]) << 4 | digit_value(next[1]));
    next += 2;
  }
  *ret = bytes;
  *ret_length = count;
  return NULL;
}
