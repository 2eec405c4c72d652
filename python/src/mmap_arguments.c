/* Arguments of mmap's methods: how many, integers, and the bytes of others. */
#include "mmap_object.h"

#include <limits.h>
#include <string.h>

int check_count(const char *method, Py_ssize_t count, Py_ssize_t least, Py_ssize_t most) {
  if (count >= least && count <= most)
    return 0;
  Py_ssize_t bound = count < least ? least : most;
  PyErr_Format(PyExc_TypeError, "%s() takes %s %zd argument%s (%zd given)", method,
               least == most   ? "exactly"
               : count < least ? "at least"
                               : "at most",
               bound, bound == 1 ? "" : "s", count);
  return -1;
}

int to_size(PyObject *object, Py_ssize_t *ret) {
  Py_ssize_t value = PyNumber_AsSsize_t(object, PyExc_OverflowError);
  if (value == -1 && PyErr_Occurred())
    return -1;
  *ret = value;
  return 0;
}

int to_int(PyObject *object, int *ret) {
  Py_ssize_t value;
  if (to_size(object, &value) < 0)
    return -1;
  if (value < INT_MIN || value > INT_MAX) {
    PyErr_SetString(PyExc_OverflowError, "the integer does not fit a C int");
    return -1;
  }
  *ret = (int)value;
  return 0;
}

/* Makes the buffer one of a copy. */
static int detach(Py_buffer *buffer) {
  PyObject *copy = PyBytes_FromStringAndSize(buffer->buf, buffer->len);
  PyBuffer_Release(buffer);
  if (!copy)
    return -1;
  int r = PyObject_GetBuffer(copy, buffer, PyBUF_SIMPLE);
  Py_DECREF(copy);
  return r;
}

int mmap_get_data(mmap_object *self, PyObject *value, Py_buffer *ret) {
  if (PyObject_GetBuffer(value, ret, PyBUF_SIMPLE) < 0)
    return -1;
  if (PyBytes_CheckExact(value) || self->mapped.exports == 0)
    return 0;
  return detach(ret);
}
