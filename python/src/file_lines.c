#include "file_lines.h"

#include "lines_type.h"

#include <string.h>

/* So much is looked at to save an index. */
#define LOOKED_AT 4096

PyObject *file_get_lines(PyObject *self, void *closure) {
  (void)closure;
  return mapped_check_open((mapped *)self) < 0 ? NULL : lines_new((file_object *)self, NULL);
}

int file_lines_look(file_object *self, uint64_t offset, const void *data, Py_ssize_t length) {
  char old[LOOKED_AT];
  return length > LOOKED_AT || memchr(data, '\n', (size_t)length) ||
         !tome_read_nowait(self->mapped.open->map, offset, old, (size_t)length) ||
         memchr(old, '\n', (size_t)length);
}
