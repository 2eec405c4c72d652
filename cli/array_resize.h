/* realloc() of an array that may be too long for any memory. */
#ifndef TOME_CLI_ARRAY_RESIZE_H
#define TOME_CLI_ARRAY_RESIZE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static inline void *array_resize(void *items, size_t count, size_t size) {
  if (count <= SIZE_MAX / size)
    return realloc(items, count * size);
  errno = ENOMEM;
  return NULL;
}

#endif
