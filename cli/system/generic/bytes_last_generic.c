#include "system_text.h"

const void *bytes_last(const void *bytes, int value, size_t length) {
  const unsigned char *at = bytes;
  while (length > 0)
    if (at[--length] == (unsigned char)value)
      return at + length;
  return NULL;
}
