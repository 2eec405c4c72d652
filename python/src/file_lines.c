#include "file_lines.h"

#include "lines_type.h"

PyObject *file_get_lines(PyObject *self, void *closure) {
  (void)closure;
  return mapped_check_open((mapped *)self) < 0 ? NULL : lines_new((file_object *)self, NULL);
}
