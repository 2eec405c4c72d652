#include <string.h>

#include "system_text.h"

const void *bytes_last(const void *bytes, int value, size_t length) {
  return memrchr(bytes, value, length);
}
