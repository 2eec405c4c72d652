/* A file as a sequence of bytes: its length, items and slices, and what is in it.
 *
 * Any integer, slice or value may run Python code that closes or resizes the file. So all of them are turned into plain numbers
 * and buffers first; only then is it looked at whether the file is open, and how long it is. */
#include "file.h"
#include "file_lines.h"

/* ---- length and items ---- */

Py_ssize_t file_length(PyObject *object) {
  file_object *self = (file_object *)object;
  if (mapped_check_open(&self->mapped) < 0)
    return -1;
  uint64_t size = file_size(self);
  if (size > (uint64_t)PY_SSIZE_T_MAX) {
    PyErr_SetString(PyExc_OverflowError, "the file is longer than sys.maxsize: see its size");
    return -1;
  }
  return (Py_ssize_t)size;
}

static int raise_index(void) {
  PyErr_SetString(PyExc_IndexError, "index out of range");
  return -1;
}

static PyObject *item_at(file_object *self, int64_t index) {
  unsigned char byte;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  if (index >= 0 && tome_read_nowait(self->mapped.open->map, (uint64_t)index, &byte, 1))
    return PyLong_FromLong(byte); /* the most frequent case */
  uint64_t size = file_size(self);
  uint64_t at = index < 0 ? size + (uint64_t)index : (uint64_t)index; /* too far back: huge */
  if (at >= size) {
    raise_index();
    return NULL;
  }
  return mapped_load(&self->mapped, at, &byte, 1) < 0 ? NULL : PyLong_FromLong(byte);
}

PyObject *file_item(PyObject *self, Py_ssize_t index) {
  return index < 0 ? (raise_index(), NULL) : item_at((file_object *)self, index);
}

/* ---- slices ---- */

/* Where a slice begins and ends, not yet in relation to a size. */
typedef struct ends {
  int64_t start, stop;
} ends;

/* Whether a slice is a plain range. 1, 0 (it has steps) or -1. */
static int is_plain(PyObject *key, ends *ret) {
  PySliceObject *slice = (PySliceObject *)key;
  int64_t step;
  if (file_place(slice->step, 1, &step) < 0)
    return -1;
  if (step != 1)
    return 0;
  return file_place(slice->start, 0, &ret->start) < 0 ||
                 file_place(slice->stop, INT64_MAX, &ret->stop) < 0
             ? -1
             : 1;
}

static PyObject *slice_of(file_object *self, ends place) {
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  tome_range range = file_slice(place.start, place.stop, file_size(self));
  if (range.length > (uint64_t)PY_SSIZE_T_MAX)
    return PyErr_NoMemory();
  return mapped_bytes(&self->mapped, range.offset, (Py_ssize_t)range.length);
}

/* A slice with steps, in relation to the file's size. */
typedef struct stride {
  Py_ssize_t start, step, count;
} stride;

static int read_stride(file_object *self, PyObject *key, stride *ret) {
  Py_ssize_t stop;
  if (PySlice_Unpack(key, &ret->start, &stop, &ret->step) < 0)
    return -1;
  Py_ssize_t size = file_length((PyObject *)self);
  if (size < 0)
    return -1;
  ret->count = PySlice_AdjustIndices(size, &ret->start, &stop, ret->step);
  return 0;
}

static PyObject *stepped(file_object *self, PyObject *key) {
  stride s;
  return read_stride(self, key, &s) < 0 ? NULL
                                        : mapped_stride(&self->mapped, s.start, s.step, s.count);
}

static PyObject *raise_key(PyObject *key) {
  return PyErr_Format(PyExc_TypeError, "indices must be integers or slices, not %.200s",
                      Py_TYPE(key)->tp_name);
}

PyObject *file_subscript(PyObject *object, PyObject *key) {
  file_object *self = (file_object *)object;
  ends place;
  int64_t index;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  if (PyLong_CheckExact(key) || PyIndex_Check(key))
    return file_integer(key, &index) < 0 ? NULL : item_at(self, index);
  if (!PySlice_Check(key))
    return raise_key(key);
  int plain = is_plain(key, &place);
  return plain < 0 ? NULL : plain ? slice_of(self, place) : stepped(self, key);
}

/* ---- storing ---- */

int file_check_writable(const file_object *self) {
  if (file_is_writable(self))
    return 0;
  PyErr_SetString(PyExc_TypeError, "the file is open for reading only");
  return -1;
}

static int store_bytes(file_object *self, uint64_t at, const void *data, Py_ssize_t length) {
  int lines_change = file_lines_may_change(self, at, data, length);
  int r = mapped_store(&self->mapped, at, data, length);
  if (lines_change)
    file_lines_forget(self);
  return r;
}

/* Where an item is stored: its offset. With TOME_GROW also behind the end. 0 or -1. */
static int find_item(file_object *self, int64_t index, uint64_t *ret) {
  if (mapped_check_open(&self->mapped) < 0)
    return -1;
  uint64_t size = file_size(self);
  *ret = index < 0 ? size + (uint64_t)index : (uint64_t)index;
  return *ret < size || (index >= 0 && (self->flags & TOME_GROW)) ? 0 : raise_index();
}

/* The place is looked at before the value, and again after it if converting it may have run code. */
static int assign_item(file_object *self, PyObject *key, PyObject *value) {
  int64_t index, number;
  uint64_t at;
  if (file_integer(key, &index) < 0 ||
      (!PyLong_CheckExact(value) && find_item(self, index, &at) < 0) ||
      file_integer(value, &number) < 0 || find_item(self, index, &at) < 0)
    return -1;
  if (number < 0 || number > 255) {
    PyErr_SetString(PyExc_ValueError, "byte must be in range(0, 256)");
    return -1;
  }
  unsigned char byte = (unsigned char)number;
  return store_bytes(self, at, &byte, 1);
}

static int raise_length(int could_grow) {
  PyErr_Format(PyExc_IndexError, "slice assignment: the value must be as long as the slice%s",
               could_grow ? "; tome.open(..., grow=True) or append() makes the file longer" : "");
  return -1;
}

/* Stores a value over a range, which with TOME_GROW may go on behind the end. */
static int store_range(file_object *self, ends place, const Py_buffer *value) {
  uint64_t size = file_size(self), length = (uint64_t)value->len;
  tome_range range = file_slice(place.start, place.stop, size);
  if ((self->flags & TOME_GROW) && length > range.length) {
    range.offset = file_resolve(place.start, size);
    uint64_t to = place.stop == INT64_MAX ? range.offset + length : file_resolve(place.stop, size);
    range.length = to > range.offset ? to - range.offset : 0;
  }
  if (length != range.length)
    return raise_length(length > range.length && range.offset + range.length == size &&
                        (self->flags & (TOME_WRITE | TOME_GROW)) == TOME_WRITE);
  return length == 0 ? 0 : store_bytes(self, range.offset, value->buf, (Py_ssize_t)length);
}

static int store(file_object *self, PyObject *key, const Py_buffer *value) {
  ends place;
  stride s;
  int plain = is_plain(key, &place);
  if (plain < 0 || (!plain && read_stride(self, key, &s) < 0) ||
      mapped_check_open(&self->mapped) < 0)
    return -1;
  if (plain)
    return store_range(self, place, value);
  if (s.count != value->len)
    return raise_length(0);
  int r = mapped_store_stride(&self->mapped, s.start, s.step, s.count, value->buf);
  file_lines_forget(self);
  return r;
}

/* While buffers of the file are out, the value may be one of them, and overlap what it is stored over: it is copied first. */
static int store_copy(file_object *self, PyObject *key, Py_buffer value) {
  PyObject *copy = PyBytes_FromStringAndSize(value.buf, value.len);
  if (!copy)
    return -1;
  value.buf = PyBytes_AS_STRING(copy);
  int r = store(self, key, &value);
  Py_DECREF(copy);
  return r;
}

static int assign_slice(file_object *self, PyObject *key, PyObject *value) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE) < 0)
    return -1;
  int may_overlap = self->mapped.exports > 0 && !PyBytes_CheckExact(value);
  int r = may_overlap ? store_copy(self, key, buffer) : store(self, key, &buffer);
  PyBuffer_Release(&buffer);
  return r;
}

int file_assign(PyObject *object, PyObject *key, PyObject *value) {
  file_object *self = (file_object *)object;
  if (mapped_check_open(&self->mapped) < 0 || file_check_writable(self) < 0)
    return -1;
  if (!value) {
    PyErr_SetString(PyExc_TypeError, "bytes of a file cannot be deleted");
    return -1;
  }
  if (PyLong_CheckExact(key) || PyIndex_Check(key))
    return assign_item(self, key, value);
  if (PySlice_Check(key))
    return assign_slice(self, key, value);
  raise_key(key);
  return -1;
}

/* ---- what is in it ---- */

static int holds(file_object *self, const void *bytes, Py_ssize_t length) {
  uint64_t at;
  if (mapped_check_open(&self->mapped) < 0)
    return -1;
  return mapped_find(&self->mapped, bytes, length, 0, file_size(self), 0, &at);
}

static int holds_byte(file_object *self, PyObject *value) {
  int64_t number;
  if (file_integer(value, &number) < 0)
    return -1;
  if (number < 0 || number > 255) {
    PyErr_SetString(PyExc_ValueError, "byte must be in range(0, 256)");
    return -1;
  }
  unsigned char byte = (unsigned char)number;
  return holds(self, &byte, 1);
}

int file_contains(PyObject *object, PyObject *value) {
  file_object *self = (file_object *)object;
  Py_buffer buffer;
  if (mapped_check_open(&self->mapped) < 0)
    return -1;
  if (PyIndex_Check(value))
    return holds_byte(self, value);
  if (PyObject_GetBuffer(value, &buffer, PyBUF_SIMPLE) < 0)
    return -1;
  int r = holds(self, buffer.buf, buffer.len);
  PyBuffer_Release(&buffer);
  return r;
}
