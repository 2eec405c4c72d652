/* Arguments that several methods of File take: places, ranges and advice. */
#include "file.h"

int file_integer_slowly(PyObject *object, int64_t *ret) {
  PyObject *number = PyNumber_Index(object);
  int overflow;
  if (!number)
    return -1;
  long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
  Py_DECREF(number);
  *ret = overflow > 0 ? INT64_MAX : overflow < 0 ? INT64_MIN : value;
  return 0;
}

tome_range file_slice(int64_t start, int64_t stop, uint64_t size) {
  uint64_t from = file_resolve(start, size), to = file_resolve(stop, size);
  to = to < size ? to : size;
  return from < to ? (tome_range){from, to - from} : (tome_range){from < size ? from : size, 0};
}

int file_unsigned(PyObject *object, const char *what, uint64_t *ret) {
  PyObject *number = PyNumber_Index(object);
  int overflow;
  if (!number)
    return -1;
  long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
  if (overflow > 0) {
    *ret = PyLong_AsUnsignedLongLong(number);
    if (PyErr_Occurred())
      PyErr_Format(PyExc_OverflowError, "%s does not fit in 64 bits", what);
  } else if (value < 0) { /* also where it overflows */
    PyErr_Format(PyExc_ValueError, "%s must not be negative", what);
  } else {
    *ret = (uint64_t)value;
  }
  Py_DECREF(number);
  return PyErr_Occurred() ? -1 : 0;
}

int file_range(PyObject *offset, PyObject *length, tome_range *ret) {
  tome_range range = {0, TOME_END};
  if (offset && file_unsigned(offset, "offset", &range.offset) < 0)
    return -1;
  if (length && length != Py_None && file_unsigned(length, "length", &range.length) < 0)
    return -1;
  *ret = range;
  return 0;
}

int file_advice(PyObject *object, uint32_t *ret) {
  uint32_t advice = TOME_ADVICE_NOTICE;
  if (object && object != Py_None) {
    if (!PyUnicode_Check(object)) {
      PyErr_Format(PyExc_TypeError, "advice must be a str or None, not %.200s",
                   Py_TYPE(object)->tp_name);
      return -1;
    }
    if (PyUnicode_CompareWithASCIIString(object, "random") == 0) {
      advice = TOME_ADVICE_RANDOM;
    } else if (PyUnicode_CompareWithASCIIString(object, "sequential") == 0) {
      advice = TOME_ADVICE_SEQUENTIAL;
    } else {
      PyErr_Format(PyExc_ValueError, "advice must be 'random', 'sequential' or None, not %R",
                   object);
      return -1;
    }
  }
  *ret = advice;
  return 0;
}
