/* File: a file as a sequence of bytes. Its parts lie in file_*.c; file_type.c puts them together. */
#ifndef TOME_PYTHON_FILE_H
#define TOME_PYTHON_FILE_H

#include "mapped.h"

typedef struct file_object {
  mapped mapped;            /* its `path` is absolute; NULL: opened by a descriptor */
  uint32_t flags;           /* TOME_WRITE and so on, as it was opened */
  tome_options options;     /* likewise */
  PyObject *name;           /* as it was given: str, bytes or int */
  const char *mode;         /* likewise; static */
  PyObject *lines;          /* made when first asked for, else NULL */
  uint64_t lines_forgotten; /* how often */
} file_object;

/** Bytes in the file, as far as the map knows. Pre: open. */
static inline uint64_t file_size(const file_object *self) {
  return tome_size(self->mapped.open->map);
}

static inline int file_is_writable(const file_object *self) {
  return (self->flags & (TOME_WRITE | TOME_COPY)) != 0;
}

/** Nobody may store: TypeError. 0 or -1. Pre: open. */
int file_check_writable(const file_object *self);

/* ---- opening (file_open.c) ---- */

/** tp_new: opens. */
PyObject *file_new(PyTypeObject *type, PyObject *args, PyObject *keywords);
/** The keywords that open the same part in the same way again, as a dict. Pre: open. */
PyObject *file_keywords(file_object *self);

/* ---- a sequence of bytes (file_items.c) ---- */

Py_ssize_t file_length(PyObject *self);
PyObject *file_item(PyObject *self, Py_ssize_t index);
PyObject *file_subscript(PyObject *self, PyObject *key);
int file_assign(PyObject *self, PyObject *key, PyObject *value);
int file_contains(PyObject *self, PyObject *value);

/* ---- arguments (file_arguments.c) ---- */

/** An integer, or what has an __index__; what is beyond 64 bits becomes the nearest that is not. 0, or -1 and raised (TypeError).
 *  Runs that __index__: look again if the file is open afterwards. */
int file_integer_slowly(PyObject *object, int64_t *ret);
static inline int file_integer(PyObject *object, int64_t *ret) {
  Py_ssize_t value;
  if (!is_plain_integer(object, &value))
    return file_integer_slowly(object, ret);
  *ret = value;
  return 0;
}
/** Where that is in so many bytes: negative counts from the end, but not further back than 0. Not clamped at the end. */
static inline uint64_t file_resolve(int64_t place, uint64_t size) {
  if (place >= 0)
    return (uint64_t)place;
  uint64_t back = 0 - (uint64_t)place;
  return back < size ? size - back : 0;
}
/** An integer from 0 to UINT64_MAX. ValueError if negative, OverflowError if greater; both name `what`. 0 or -1. */
int file_unsigned(PyObject *object, const char *what, uint64_t *ret);
/** None (TOME_ADVICE_NOTICE), "random" or "sequential". Twice that is a view's intent. 0, or -1 and raised. */
int file_advice(PyObject *object, uint32_t *ret);

/** One end of a slice. @param object  an integer, or NULL or None: `fallback`. 0, or -1 and raised. */
static inline int file_place(PyObject *object, int64_t fallback, int64_t *ret) {
  *ret = fallback;
  return !object || object == Py_None ? 0 : file_integer(object, ret);
}
/** What the slice from `start` to `stop` means in so many bytes: negative counts from the end, and both are clamped. */
tome_range file_slice(int64_t start, int64_t stop, uint64_t size);
/** A range for calls such as flush and warm: offset (default 0) and length (default: to the end), neither clamped.
 *  ValueError if negative, OverflowError if beyond 64 bits. */
int file_range(PyObject *offset, PyObject *length, tome_range *ret);

/** The `lines` attribute (file_lines.c). */
PyObject *file_get_lines(PyObject *self, void *closure);

/** Make a View of a range (view_type.c). `intent` is TOME_VIEW_…. NULL: raised. Pre: open. */
PyObject *view_new(file_object *file, tome_range range, uint32_t intent);

#endif
