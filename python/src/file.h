/* File: a file as a sequence of bytes. Its parts lie in file_*.c; file_type.c puts them together. */
#ifndef TOME_PYTHON_FILE_H
#define TOME_PYTHON_FILE_H

#include "mapped.h"

typedef struct file_object {
  mapped mapped;        /* its `path` is absolute; NULL: opened by a descriptor */
  uint32_t flags;       /* TOME_WRITE and so on, as it was opened */
  tome_options options; /* likewise */
  PyObject *lines;      /* made when first asked for, else NULL */
} file_object;

/** Bytes in the file, as far as the map knows. Pre: open. */
static inline uint64_t file_size(const file_object *self) {
  return tome_size(self->mapped.open->map);
}

static inline int file_is_writable(const file_object *self) {
  return (self->flags & (TOME_WRITE | TOME_COPY)) != 0;
}

/* ---- arguments (file_arguments.c) ---- */

/** A place in the file: an integer; negative counts from the end. Clamped to [0, size], as bytes.find() does.
 *  @param object  NULL or None: `fallback`. 0, or -1 and raised (TypeError). Runs the integer's __index__: look again if the file is
 *                 open afterwards. */
int file_place(PyObject *object, uint64_t size, uint64_t fallback, uint64_t *ret);
/** A range for calls such as flush and warm: offset (default 0) and length (default: to the end), neither clamped.
 *  ValueError if negative, OverflowError if beyond 64 bits. */
int file_range(PyObject *offset, PyObject *length, tome_range *ret);

/** The `lines` attribute (file_lines.c). */
PyObject *file_get_lines(PyObject *self, void *closure);

/** Make a View of a range (view_type.c). `intent` is TOME_VIEW_…. NULL: raised. Pre: open. */
PyObject *view_new(file_object *file, tome_range range, uint32_t intent);

#endif
