/* mmap as a file object: reading and writing at a position.
 *
 * The position moves before the bytes do, and back if that fails, so that of two threads each has its own bytes, although the
 * lock is given up meanwhile. */
#include "mmap_object.h"

#include <string.h>

/* A line is looked for in so many bytes first, which costs less than a search does. */
#define SHORT_LINE 128

static int raise_value(const char *message) {
  PyErr_SetString(PyExc_ValueError, message);
  return -1;
}

/* Goes back over bytes that could not be had, unless somebody has moved on from there. */
static void go_back(mmap_object *self, Py_ssize_t length, Py_ssize_t start) {
  if (self->position == start + length)
    self->position = start;
}

/* The next bytes. Pre: open; there are so many. */
static PyObject *take(mmap_object *self, Py_ssize_t length) {
  Py_ssize_t start = self->position;
  if (length > 0 && mmap_check_readable(self) < 0)
    return NULL;
  self->position = start + length;
  PyObject *bytes = mapped_bytes(&self->mapped, (uint64_t)start, length);
  if (!bytes)
    go_back(self, length, start);
  return bytes;
}

/* Stores bytes at the position. 0 or -1. Pre: open, writable; there is room. */
static int put(mmap_object *self, const void *data, Py_ssize_t length) {
  Py_ssize_t start = self->position;
  self->position = start + length;
  if (length == 0 || mapped_store(&self->mapped, (uint64_t)start, data, length) == 0)
    return 0;
  go_back(self, length, start);
  return -1;
}

/* ---- reading ---- */

static int to_length(PyObject *object, Py_ssize_t *ret) {
  if (object == Py_None) {
    *ret = -1;
    return 0;
  }
  if (!PyIndex_Check(object)) {
    PyErr_Format(PyExc_TypeError, "argument should be integer or None, not '%.200s'",
                 Py_TYPE(object)->tp_name);
    return -1;
  }
  return to_size(object, ret);
}

PyObject *mmap_read(PyObject *object, PyObject *const *arguments, Py_ssize_t count) {
  mmap_object *self = (mmap_object *)object;
  Py_ssize_t length = -1;
  if (mapped_check_open(&self->mapped) < 0 || check_count("read", count, 0, 1) < 0 ||
      (count > 0 && to_length(arguments[0], &length) < 0) || mapped_check_open(&self->mapped) < 0)
    return NULL;
  Py_ssize_t rest = mmap_rest(self);
  if (length < 0 || length > rest)
    length = rest;
  return length > 0 ? take(self, length) : PyBytes_FromStringAndSize(NULL, 0);
}

PyObject *mmap_read_byte(PyObject *object, PyObject *Py_UNUSED(unused)) {
  mmap_object *self = (mmap_object *)object;
  unsigned char byte;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  if (mmap_rest(self) == 0) {
    raise_value("read byte out of range");
    return NULL;
  }
  Py_ssize_t start = self->position++;
  if (mmap_load(self, start, &byte, 1) == 0)
    return PyLong_FromLong(byte);
  go_back(self, 1, start);
  return NULL;
}

/* How long the line at the position is, with its end. -1: raised. Pre: open; there are `rest` bytes and more than none. */
static Py_ssize_t measure_line(mmap_object *self, Py_ssize_t rest) {
  uint64_t start = (uint64_t)self->position, end;
  int r = mapped_find(&self->mapped, "\n", 1, start, start + (uint64_t)rest, 0, &end);
  return r < 0 ? -1 : r > 0 ? (Py_ssize_t)(end - start) + 1 : rest;
}

/* The line at the position if it is short and had at once. NULL: it is not. */
static PyObject *take_short_line(mmap_object *self, Py_ssize_t rest) {
  char start[SHORT_LINE];
  size_t length = rest < SHORT_LINE ? (size_t)rest : SHORT_LINE;
  if (!tome_read_nowait(self->mapped.open->map, (uint64_t)self->position, start, length))
    return NULL;
  char *end = memchr(start, '\n', length);
  if (!end && length < (size_t)rest)
    return NULL;
  Py_ssize_t line = end ? end + 1 - start : (Py_ssize_t)length;
  PyObject *bytes = PyBytes_FromStringAndSize(start, line);
  if (bytes)
    self->position += line;
  return bytes;
}

PyObject *mmap_readline(PyObject *object, PyObject *Py_UNUSED(unused)) {
  mmap_object *self = (mmap_object *)object;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  Py_ssize_t rest = mmap_rest(self);
  if (rest == 0)
    return PyBytes_FromStringAndSize(NULL, 0);
  if (mmap_check_readable(self) < 0)
    return NULL;
  PyObject *line = take_short_line(self, rest);
  if (line || PyErr_Occurred())
    return line;
  Py_ssize_t length = measure_line(self, rest);
  if (length < 0 || mapped_check_open(&self->mapped) < 0)
    return NULL;
  rest = mmap_rest(self);
  return take(self, length < rest ? length : rest);
}

/* ---- writing ---- */

static int write_data(mmap_object *self, const Py_buffer *data) {
  if (mapped_check_open(&self->mapped) < 0 || mmap_check_writable(self) < 0)
    return -1;
  if (self->position > self->size || data->len > self->size - self->position)
    return raise_value("data out of range");
  return put(self, data->buf, data->len);
}

PyObject *mmap_write(PyObject *object, PyObject *value) {
  mmap_object *self = (mmap_object *)object;
  Py_buffer data;
  if (mapped_check_open(&self->mapped) < 0 || mmap_get_data(self, value, &data) < 0)
    return NULL;
  int r = write_data(self, &data);
  Py_ssize_t length = data.len;
  PyBuffer_Release(&data);
  return r < 0 ? NULL : PyLong_FromSsize_t(length);
}

/* A byte's value, as the standard method converts it: 0 or -1. */
static int to_unsigned_byte(PyObject *value, unsigned char *ret) {
  Py_ssize_t number;
  if (to_size(value, &number) < 0)
    return -1;
  if (number < 0 || number > 255) {
    PyErr_SetString(PyExc_OverflowError, number < 0
                                             ? "unsigned byte integer is less than minimum"
                                             : "unsigned byte integer is greater than maximum");
    return -1;
  }
  *ret = (unsigned char)number;
  return 0;
}

PyObject *mmap_write_byte(PyObject *object, PyObject *value) {
  mmap_object *self = (mmap_object *)object;
  unsigned char byte;
  if (mapped_check_open(&self->mapped) < 0 || to_unsigned_byte(value, &byte) < 0 ||
      mapped_check_open(&self->mapped) < 0 || mmap_check_writable(self) < 0)
    return NULL;
  if (mmap_rest(self) == 0) {
    raise_value("write byte out of range");
    return NULL;
  }
  return put(self, &byte, 1) < 0 ? NULL : Py_NewRef(Py_None);
}

/* ---- the position ---- */

/* Where a seek goes to, which may be outside. 0, or -1: ValueError. */
static int resolve(const mmap_object *self, Py_ssize_t distance, int whence, Py_ssize_t *ret) {
  if (whence < 0 || whence > 2)
    return raise_value("unknown seek type");
  Py_ssize_t from = whence == 0 ? 0 : whence == 1 ? self->position : self->size;
  if (distance > PY_SSIZE_T_MAX - from)
    return raise_value("seek out of range");
  *ret = from + distance;
  return 0;
}

PyObject *mmap_seek(PyObject *object, PyObject *const *arguments, Py_ssize_t count) {
  mmap_object *self = (mmap_object *)object;
  Py_ssize_t distance, to;
  int whence = 0;
  if (mapped_check_open(&self->mapped) < 0 || check_count("seek", count, 1, 2) < 0 ||
      to_size(arguments[0], &distance) < 0 || (count > 1 && to_int(arguments[1], &whence) < 0) ||
      mapped_check_open(&self->mapped) < 0 || resolve(self, distance, whence, &to) < 0)
    return NULL;
  if (to < 0 || to > self->size) {
    raise_value("seek out of range");
    return NULL;
  }
  self->position = to;
  return PyLong_FromSsize_t(to);
}

PyObject *mmap_seekable(PyObject *Py_UNUSED(object), PyObject *Py_UNUSED(unused)) {
  return Py_NewRef(Py_True);
}

PyObject *mmap_tell(PyObject *object, PyObject *Py_UNUSED(unused)) {
  mmap_object *self = (mmap_object *)object;
  return mapped_check_open(&self->mapped) < 0 ? NULL : PyLong_FromSsize_t(self->position);
}
