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

/* Whether it is an index: 1 and its value; 0: it is something else; -1: raised. */
static inline int to_index(PyObject *key, Py_ssize_t *ret) {
  if (PyLong_CheckExact(key)) {
    *ret = PyLong_AsSsize_t(key);
    if (*ret != -1 || !PyErr_Occurred())
      return 1;
    PyErr_Clear();
  } else if (!PyIndex_Check(key)) {
    return 0;
  }
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

/* What a slice means for the map as it is now: the number of bytes, or -1 and raised. */
static inline Py_ssize_t unpack(const mmap_object *self, PyObject *slice, Py_ssize_t *start,
                                Py_ssize_t *stop, Py_ssize_t *step) {
  if (PySlice_Unpack(slice, start, stop, step) < 0 || mapped_check_open(&self->mapped) < 0)
    return -1;
  return PySlice_AdjustIndices(self->size, start, stop, *step);
}

/* ---- reading ---- */

static PyObject *get_slice(mmap_object *self, PyObject *slice) {
  Py_ssize_t start, stop, step, count = unpack(self, slice, &start, &stop, &step);
  if (count < 0)
    return NULL;
  if (count > 0 && mmap_check_readable(self) < 0)
    return NULL;
  if (step == 1)
    return mapped_bytes(&self->mapped, (uint64_t)start, count);
  return mapped_stride(&self->mapped, start, step, count);
}

PyObject *mmap_subscript(PyObject *object, PyObject *key) {
  mmap_object *self = (mmap_object *)object;
  unsigned char byte;
  Py_ssize_t index;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  int r = to_index(key, &index);
  if (r > 0)
    return place(self, &index) < 0 || mmap_load(self, index, &byte, 1) < 0 ? NULL
                                                                           : PyLong_FromLong(byte);
  if (r < 0)
    return NULL;
  if (PySlice_Check(key))
    return get_slice(self, key);
  PyErr_SetString(PyExc_TypeError, "mmap indices must be integers");
  return NULL;
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

/* The value of a byte: 0 or -1. */
static int to_byte(PyObject *value, unsigned char *ret) {
  if (!PyIndex_Check(value)) {
    PyErr_SetString(PyExc_TypeError, "mmap item value must be an int");
    return -1;
  }
  Py_ssize_t number = PyNumber_AsSsize_t(value, PyExc_TypeError);
  if (number == -1 && PyErr_Occurred())
    return -1;
  if (number < 0 || number > 255) {
    PyErr_SetString(PyExc_ValueError, "mmap item value must be in range(0, 256)");
    return -1;
  }
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

static int store_slice(mmap_object *self, PyObject *slice, const Py_buffer *data) {
  Py_ssize_t start, stop, step, count = unpack(self, slice, &start, &stop, &step);
  if (count < 0)
    return -1;
  if (data->len != count)
    return raise_index("mmap slice assignment is wrong size");
  if (count == 0)
    return 0;
  if (step == 1)
    return mapped_store(&self->mapped, (uint64_t)start, data->buf, count);
  return mapped_store_stride(&self->mapped, start, step, count, data->buf);
}

static int set_slice(mmap_object *self, PyObject *slice, PyObject *value) {
  Py_ssize_t start, stop, step;
  Py_buffer data;
  if (unpack(self, slice, &start, &stop, &step) < 0)
    return -1;
  if (!value) {
    PyErr_SetString(PyExc_TypeError, "mmap object doesn't support slice deletion");
    return -1;
  }
  if (mmap_get_data(self, value, &data) < 0)
    return -1;
  int r = store_slice(self, slice, &data);
  PyBuffer_Release(&data);
  return r;
}

int mmap_set_subscript(PyObject *object, PyObject *key, PyObject *value) {
  mmap_object *self = (mmap_object *)object;
  Py_ssize_t index;
  if (mapped_check_open(&self->mapped) < 0 || mmap_check_writable(self) < 0)
    return -1;
  int r = to_index(key, &index);
  if (r > 0)
    return set_byte(self, index, value);
  if (r < 0)
    return -1;
  if (PySlice_Check(key))
    return set_slice(self, key, value);
  PyErr_SetString(PyExc_TypeError, "mmap indices must be integer");
  return -1;
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
