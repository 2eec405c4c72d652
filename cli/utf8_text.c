/* The ranges of the second byte are those of the Unicode Standard, table 3-7. */
#include "utf8_text.h"

size_t utf8_length(const unsigned char *text, size_t left) {
  unsigned char first = text[0], low = 0x80, high = 0xbf;
  if (first < 0x80)
    return 1;
  size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first < 0xc2 || first > 0xf4 || left < length)
    return 0;
  if (first == 0xe0)
    low = 0xa0;
  else if (first == 0xf0)
    low = 0x90;
  else if (first == 0xed)
    high = 0x9f;
  else if (first == 0xf4)
    high = 0x8f;
  if (text[1] < low || text[1] > high)
    return 0;
  for (size_t i = 2; i < length; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

int utf8_is_text(const unsigned char *text, size_t length) {
  size_t at = 0, character = 1;
  while (at < length && character > 0) {
    character = utf8_length(text + at, length - at);
    at += character;
  }
  return at == length;
}
