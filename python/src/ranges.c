/* Two passes: first all becomes numbers, which may run any Python code; then, with none running, they are held against the file's
 * size, which that code may have changed. */
#include "ranges.h"

#include <string.h>

/* What was given: of a slice, places that count from the end if negative. */
typedef struct given {
  int64_t first, second;
  int is_slice;
} given;

/* ---- pairs and slices ---- */

static int of_slice(PyObject *object, given *ret) {
  PySliceObject *slice = (PySliceObject *)object;
  int64_t step;
  ret->is_slice = 1;
  if (file_place(slice->step, 1, &step) < 0)
    return -1;
  if (step != 1) {
    PyErr_SetString(PyExc_ValueError, "a slice with a step is no range of the file");
    return -1;
  }
  return file_place(slice->start, 0, &ret->first) < 0
             ? -1
             : file_place(slice->stop, INT64_MAX, &ret->second);
}

static int raise_no_range(PyObject *object) {
  PyErr_Format(PyExc_TypeError, "a range is a pair (offset, length) or a slice, not %.200s",
               Py_TYPE(object)->tp_name);
  return -1;
}

static int of_pair(PyObject *pair, given *ret) {
  if (PyTuple_GET_SIZE(pair) != 2) {
    PyErr_Format(PyExc_ValueError, "a range is a pair (offset, length), not %zd numbers",
                 PyTuple_GET_SIZE(pair));
    return -1;
  }
  ret->is_slice = 0;
  return file_integer(PyTuple_GET_ITEM(pair, 0), &ret->first) < 0
             ? -1
             : file_integer(PyTuple_GET_ITEM(pair, 1), &ret->second);
}

static int of_object(PyObject *object, given *ret) {
  if (PyTuple_CheckExact(object))
    return of_pair(object, ret);
  if (PySlice_Check(object))
    return of_slice(object, ret);
  if (!PySequence_Check(object) || PyUnicode_Check(object) || PyBytes_Check(object))
    return raise_no_range(object);
  PyObject *pair = PySequence_Tuple(object);
  int r = pair ? of_pair(pair, ret) : -1;
  Py_XDECREF(pair);
  return r;
}

/* The tuple is ours: what runs meanwhile cannot change it. */
static given *of_iterable(PyObject *object, size_t *ret_count) {
  PyObject *all = PySequence_Tuple(object);
  if (!all)
    return NULL;
  Py_ssize_t count = PyTuple_GET_SIZE(all);
  given *list = PyMem_New(given, (size_t)count + 1);
  int r = list ? 0 : -1;
  if (!list)
    PyErr_NoMemory();
  for (Py_ssize_t i = 0; r == 0 && i < count; i++)
    r = of_object(PyTuple_GET_ITEM(all, i), &list[i]);
  Py_DECREF(all);
  *ret_count = (size_t)count;
  if (r == 0)
    return list;
  PyMem_Free(list);
  return NULL;
}

/* ---- arrays ---- */

/* Of this machine's integers: 1 signed, 0 unsigned, -1 anything else. */
static int signedness(const char *format) {
  static const uint16_t one = 1;
  char little = *(const char *)&one == 1 ? '<' : '>';
  if (!format)
    return 0;
  if (*format == '@' || *format == '=' || *format == little)
    format++;
  if (format[0] == 0 || format[1] != 0)
    return -1;
  return strchr("bhilqn", *format) ? 1 : strchr("BHILQN", *format) ? 0 : -1;
}

static int64_t at_most(uint64_t value) {
  return value <= INT64_MAX ? (int64_t)value : INT64_MAX;
}

static int64_t load(const char *at, Py_ssize_t size, int is_signed) {
  union {
    int8_t b;
    uint8_t ub;
    int16_t h;
    uint16_t uh;
    int32_t i;
    uint32_t ui;
    int64_t q;
    uint64_t uq;
  } u;
  memcpy(&u, at, (size_t)size);
  switch (size) {
  case 1:
    return is_signed ? u.b : u.ub;
  case 2:
    return is_signed ? u.h : u.uh;
  case 4:
    return is_signed ? u.i : (int64_t)u.ui;
  default:
    return is_signed ? u.q : at_most(u.uq);
  }
}

static int is_array_of_pairs(const Py_buffer *array, int sign) {
  Py_ssize_t size = array->itemsize;
  return array->ndim == 2 && array->shape[1] == 2 && sign >= 0 && !array->suboffsets &&
         (size == 1 || size == 2 || size == 4 || size == 8);
}

static given *of_pairs(const Py_buffer *array, int sign) {
  size_t count = (size_t)array->shape[0];
  given *list = PyMem_New(given, count + 1);
  if (!list) {
    PyErr_NoMemory();
    return NULL;
  }
  for (size_t i = 0; i < count; i++) {
    const char *row = (const char *)array->buf + (Py_ssize_t)i * array->strides[0];
    list[i] = (given){load(row, array->itemsize, sign),
                      load(row + array->strides[1], array->itemsize, sign), 0};
  }
  return list;
}

static given *of_array(PyObject *object, size_t *ret_count) {
  Py_buffer array;
  given *list = NULL;
  if (PyObject_GetBuffer(object, &array, PyBUF_RECORDS_RO) < 0)
    return NULL;
  int sign = signedness(array.format);
  if (is_array_of_pairs(&array, sign)) {
    *ret_count = (size_t)array.shape[0];
    list = of_pairs(&array, sign);
  } else {
    PyErr_SetString(PyExc_TypeError, "ranges: pairs, slices, or an array of integers in this "
                                     "machine's byte order, of shape (n, 2)");
  }
  PyBuffer_Release(&array);
  return list;
}

/* ---- against the file ---- */

static int raise_outside(int64_t offset, int64_t length, uint64_t size) {
  if (offset < 0 || length < 0)
    PyErr_Format(PyExc_ValueError, "a range must not be negative: (%lld, %lld)", (long long)offset,
                 (long long)length);
  else
    PyErr_Format(PyExc_ValueError, "outside the file: (%lld, %lld) in %llu bytes",
                 (long long)offset, (long long)length, (unsigned long long)size);
  return -1;
}

static int is_inside(const given *pair, uint64_t size) {
  return pair->first >= 0 && pair->second >= 0 && (uint64_t)pair->first <= size &&
         (uint64_t)pair->second <= size - (uint64_t)pair->first;
}

/* The first pair that lies outside; NULL: none. */
static const given *find_outside(const given *list, size_t count, uint64_t size) {
  for (size_t i = 0; i < count; i++)
    if (!list[i].is_slice && !is_inside(&list[i], size))
      return &list[i];
  return NULL;
}

/* What is outside may be inside by now, if another has made the file longer. */
static int adopt_growth(file_object *file) {
  open_map *held = mapped_hold(&file->mapped);
  if (!held)
    return -1;
  Py_BEGIN_ALLOW_THREADS(void)
  tome_refresh(held->map); /* if it fails, outside is outside */
  Py_END_ALLOW_THREADS
  open_map_release(file->mapped.state, held);
  return mapped_check_open(&file->mapped);
}

static int against_file(file_object *file, const given *list, range_list *ret) {
  if (mapped_check_open(&file->mapped) < 0)
    return -1;
  if (find_outside(list, ret->count, file_size(file)) && adopt_growth(file) < 0)
    return -1;
  uint64_t size = file_size(file);
  const given *outside = find_outside(list, ret->count, size);
  if (outside)
    return raise_outside(outside->first, outside->second, size);
  for (size_t i = 0; i < ret->count; i++)
    ret->items[i] = list[i].is_slice
                        ? file_slice(list[i].first, list[i].second, size)
                        : (tome_range){(uint64_t)list[i].first, (uint64_t)list[i].second};
  return 0;
}

int ranges_parse(file_object *file, PyObject *object, range_list *ret) {
  range_list made = {NULL, 0};
  given *list = PyObject_CheckBuffer(object) ? of_array(object, &made.count)
                                             : of_iterable(object, &made.count);
  if (!list)
    return -1;
  int r = -1;
  made.items = PyMem_New(tome_range, made.count + 1);
  if (!made.items)
    PyErr_NoMemory();
  else
    r = against_file(file, list, &made);
  PyMem_Free(list);
  if (r == 0)
    *ret = made;
  else
    PyMem_Free(made.items);
  return r;
}
