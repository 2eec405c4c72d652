/* mmap.find and rfind. */
#include "mmap_object.h"

/* A bound as the standard methods take it: negative counts from the end; clamped. */
static Py_ssize_t clamp(Py_ssize_t bound, Py_ssize_t size) {
  if (bound < 0)
    bound += size;
  return bound < 0 ? 0 : bound > size ? size : bound;
}

/* An optional bound. 0 or -1. */
static int to_bound(PyObject *object, Py_ssize_t *ret) {
  return object == Py_None ? 0 : to_size(object, ret);
}

/* Until 3.14 a start past the end means the end, so that an empty string is found there. */
static int is_beyond(Py_ssize_t start, Py_ssize_t size) {
  return PY_VERSION_HEX >= 0x030F0000 && start > size;
}

static PyObject *find_between(mmap_object *self, const Py_buffer *needle, Py_ssize_t start,
                              Py_ssize_t end, int backward) {
  uint64_t found;
  int beyond = is_beyond(start, self->size), r = 0;
  start = clamp(start, self->size);
  end = clamp(end, self->size);
  if (mmap_check_readable(self) < 0)
    return NULL;
  if (start <= end && !beyond)
    r = mapped_find(&self->mapped, needle->buf, needle->len, (uint64_t)start, (uint64_t)end,
                    backward, &found);
  if (r < 0)
    return NULL;
  return PyLong_FromSsize_t(r > 0 ? (Py_ssize_t)found : -1);
}

static PyObject *find(mmap_object *self, PyObject *const *arguments, Py_ssize_t count,
                      int backward) {
  Py_buffer needle;
  Py_ssize_t start = self->position, end = PY_SSIZE_T_MAX;
  PyObject *result = NULL;
  if (mapped_check_open(&self->mapped) < 0 ||
      check_count(backward ? "rfind" : "find", count, 1, 3) < 0 ||
      PyObject_GetBuffer(arguments[0], &needle, PyBUF_SIMPLE) < 0)
    return NULL;
  if ((count < 2 || to_bound(arguments[1], &start) == 0) &&
      (count < 3 || to_bound(arguments[2], &end) == 0) && mapped_check_open(&self->mapped) == 0)
    result = find_between(self, &needle, start, end, backward);
  PyBuffer_Release(&needle);
  return result;
}

PyObject *mmap_find(PyObject *object, PyObject *const *arguments, Py_ssize_t count) {
  return find((mmap_object *)object, arguments, count, 0);
}

PyObject *mmap_rfind(PyObject *object, PyObject *const *arguments, Py_ssize_t count) {
  return find((mmap_object *)object, arguments, count, 1);
}
