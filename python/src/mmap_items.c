/* mmap as a sequence: m[i] is a number, m[a:b:c] a copy; iterating gives bytes of length 1. */
#include "mmap_object.h"

#include <errno.h>

Py_ssize_t mmap_length(PyObject *object) {
  mmap_object *self = (mmap_object *)object;
  return mapped_check_open(&self->mapped) < 0 ? -1 : self->size;
}

int mmap_raise_unreadable(void) {
  errno = EACCES;
  PyErr_SetFromErrno(PyExc_OSError);
  return -1;
}

int mmap_raise_readonly(void) {
  PyErr_SetString(PyExc_TypeError, "mmap can't modify a readonly memory map.");
  return -1;
}

static int raise_index(const char *message) {
  PyErr_SetString(PyExc_IndexError, message);
  return -1;
}

/* ---- indexes ---- */

/* Whether it is an index: 1 and its value; 0: it is something else; -1: raised. Runs Python code. */
static inline int to_index(PyObject *key, Py_ssize_t *ret) {
  if (is_plain_integer(key, ret))
    return 1;
  if (!PyIndex_Check(key))
    return 0;
  *ret = PyNumber_AsSsize_t(key, PyExc_IndexError);
  return *ret == -1 && PyErr_Occurred() ? -1 : 1;
}

/* Where a byte is; negative counts from the end. 0, or -1 and raised: the object is closed, or it is outside. */
static inline int place(const mmap_object *self, Py_ssize_t *index) {
  if (mapped_check_open(&self->mapped) < 0)
    return -1;
  if (*index < 0)
    *index += self->size;
  if (*index < 0 || *index >= self->size)
    return raise_index("mmap index out of range");
  return 0;
}

/* The bytes that a slice means. */
typedef struct slice_range {
  Py_ssize_t start, step, count;
} slice_range;

/* What a slice means for the map as it is now; 0, or -1 and raised. Runs Python code. */
static inline int unpack(const mmap_object *self, PyObject *slice, slice_range *ret) {
  Py_ssize_t stop;
  if (PySlice_Unpack(slice, &ret->start, &stop, &ret->step) < 0 ||
      mapped_check_open(&self->mapped) < 0)
    return -1;
  ret->count = PySlice_AdjustIndices(self->size, &ret->start, &stop, ret->step);
  return 0;
}

/* One end of a slice in so many bytes, if it is None or a plain integer: whether it is. */
static inline int slice_end(PyObject *object, Py_ssize_t fallback, Py_ssize_t size,
                            Py_ssize_t *ret) {
  *ret = fallback;
  if (object == Py_None)
    return 1;
  if (!is_plain_integer(object, ret))
    return 0;
  if (*ret < 0)
    *ret = *ret + size > 0 ? *ret + size : 0;
  else if (*ret > size)
    *ret = size;
  return 1;
}

/* The same for what most slices are: without a step, and of plain integers. Whether it is so. Pre: open. */
static inline int unpack_quickly(const mmap_object *self, PyObject *slice, slice_range *ret) {
  const PySliceObject *given = (const PySliceObject *)slice;
  Py_ssize_t stop;
  if (given->step != Py_None || !slice_end(given->start, 0, self->size, &ret->start) ||
      !slice_end(given->stop, self->size, self->size, &stop))
    return 0;
  ret->step = 1;
  ret->count = stop > ret->start ? stop - ret->start : 0;
  return 1;
}

/* ---- reading ---- */

static PyObject *get_slice(mmap_object *self, PyObject *slice) {
  slice_range where;
  if (mapped_check_open(&self->mapped) < 0 ||
      (!unpack_quickly(self, slice, &where) && unpack(self, slice, &where) < 0) ||
      (where.count > 0 && mmap_check_readable(self) < 0))
    return NULL;
  if (where.step == 1)
    return mapped_bytes(&self->mapped, (uint64_t)where.start, where.count);
  return mapped_stride(&self->mapped, where.start, where.step, where.count);
}

static PyObject *get_byte(mmap_object *self, Py_ssize_t index) {
  unsigned char byte;
  if (place(self, &index) < 0 || mmap_load(self, index, &byte, 1) < 0)
    return NULL;
  return PyLong_FromLong(byte);
}

static PyObject *get_by_key(mmap_object *self, PyObject *key) {
  Py_ssize_t index;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  int r = to_index(key, &index);
  if (r > 0)
    return get_byte(self, index);
  if (r == 0)
    PyErr_SetString(PyExc_TypeError, "mmap indices must be integers");
  return NULL;
}

/* A byte by an integer, if it is had at once. Pre: open. */
static inline int get_quickly(const mmap_object *self, PyObject *key, unsigned char *ret) {
  Py_ssize_t index;
  if (!is_plain_integer(key, &index))
    return 0;
  if (index < 0)
    index += self->size;
  return index >= 0 && index < self->size && self->readable &&
         tome_read_nowait(self->mapped.open->map, (uint64_t)index, ret, 1);
}

PyObject *mmap_subscript(PyObject *object, PyObject *key) {
  mmap_object *self = (mmap_object *)object;
  unsigned char byte;
  if (self->mapped.open && get_quickly(self, key, &byte))
    return PyLong_FromLong(byte);
  return PySlice_Check(key) ? get_slice(self, key) : get_by_key(self, key);
}

PyObject *mmap_item(PyObject *object, Py_ssize_t index) {
  mmap_object *self = (mmap_object *)object;
  char byte;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  if (index < 0 || index >= self->size) {
    raise_index("mmap index out of range");
    return NULL;
  }
  return mmap_load(self, index, &byte, 1) < 0 ? NULL : PyBytes_FromStringAndSize(&byte, 1);
}

/* ---- writing ---- */

static int raise_value(void) {
  PyErr_SetString(PyExc_ValueError, "mmap item value must be in range(0, 256)");
  return -1;
}

/* The value of a byte. 0, or -1 and raised. Runs Python code. */
static inline int to_byte(PyObject *value, unsigned char *ret) {
  Py_ssize_t number;
  if (is_plain_integer(value, &number)) {
    if (number < 0 || number > 255)
      return raise_value();
    *ret = (unsigned char)number;
    return 0;
  }
  if (!PyIndex_Check(value)) {
    PyErr_SetString(PyExc_TypeError, "mmap item value must be an int");
    return -1;
  }
  number = PyNumber_AsSsize_t(value, PyExc_TypeError);
  if (number == -1 && PyErr_Occurred())
    return -1;
  if (number < 0 || number > 255)
    return raise_value();
  *ret = (unsigned char)number;
  return 0;
}

static int set_byte(mmap_object *self, Py_ssize_t index, PyObject *value) {
  unsigned char byte;
  if (place(self, &index) < 0)
    return -1;
  if (!value) {
    PyErr_SetString(PyExc_TypeError, "mmap doesn't support item deletion");
    return -1;
  }
  if (to_byte(value, &byte) < 0 || place(self, &index) < 0)
    return -1;
  return mapped_store(&self->mapped, (uint64_t)index, &byte, 1);
}

static int store_slice(mmap_object *self, slice_range where, const void *data, Py_ssize_t length) {
  if (length != where.count)
    return raise_index("mmap slice assignment is wrong size");
  if (length == 0)
    return 0;
  if (where.step == 1)
    return mapped_store(&self->mapped, (uint64_t)where.start, data, length);
  return mapped_store_stride(&self->mapped, where.start, where.step, length, data);
}

/* The bytes of others may be anybody's code, which may close or resize the map: the slice is unpacked again. */
static int set_slice_to(mmap_object *self, PyObject *slice, PyObject *value) {
  slice_range where;
  Py_buffer data;
  if (mmap_get_data(self, value, &data) < 0)
    return -1;
  int r = unpack(self, slice, &where);
  if (r == 0)
    r = store_slice(self, where, data.buf, data.len);
  PyBuffer_Release(&data);
  return r;
}

static int set_slice(mmap_object *self, PyObject *slice, PyObject *value) {
  slice_range where;
  if (unpack(self, slice, &where) < 0)
    return -1;
  if (!value) {
    PyErr_SetString(PyExc_TypeError, "mmap object doesn't support slice deletion");
    return -1;
  }
  if (PyBytes_CheckExact(value))
    return store_slice(self, where, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
  return set_slice_to(self, slice, value);
}

static int set_by_key(mmap_object *self, PyObject *key, PyObject *value) {
  Py_ssize_t index;
  int r = to_index(key, &index);
  if (r > 0)
    return set_byte(self, index, value);
  if (r == 0)
    PyErr_SetString(PyExc_TypeError, "mmap indices must be integer");
  return -1;
}

int mmap_set_subscript(PyObject *object, PyObject *key, PyObject *value) {
  mmap_object *self = (mmap_object *)object;
  if (mapped_check_open(&self->mapped) < 0 || mmap_check_writable(self) < 0)
    return -1;
  return PySlice_Check(key) ? set_slice(self, key, value) : set_by_key(self, key, value);
}

/* For those who ask by the sequence protocol, in C: the value is a byte string of length 1. */
int mmap_set_item(PyObject *object, Py_ssize_t index, PyObject *value) {
  mmap_object *self = (mmap_object *)object;
  if (mapped_check_open(&self->mapped) < 0)
    return -1;
  if (index < 0 || index >= self->size)
    return raise_index("mmap index out of range");
  if (!value || !PyBytes_Check(value)) {
    PyErr_SetString(PyExc_TypeError, value ? "mmap assignment must be length-1 bytes()"
                                           : "mmap object doesn't support item deletion");
    return -1;
  }
  if (PyBytes_GET_SIZE(value) != 1)
    return raise_index("mmap assignment must be length-1 bytes()");
  if (mmap_check_writable(self) < 0)
    return -1;
  return mapped_store(&self->mapped, (uint64_t)index, PyBytes_AS_STRING(value), 1);
}
