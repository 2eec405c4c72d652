/* mmap.find and rfind. */
#include "mmap_object.h"

#include <string.h>

/* So much is searched first, as bytes that were copied without giving up the lock: programs that take a text apart look for what is near. */
#define NEAR 256

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

/* Where a byte string begins first among some bytes; NULL: nowhere. Pre: its length is not 0. */
static const char *first_in(const char *bytes, size_t count, const char *needle, size_t length) {
  const char *at = bytes, *last = bytes + count - length;
  while (count >= length && at <= last) {
    at = memchr(at, needle[0], (size_t)(last - at) + 1);
    if (!at || memcmp(at, needle, length) == 0)
      return at;
    at++;
  }
  return NULL;
}

/* Looks near the start for a short byte string. 1: it is there; 0: it is nowhere; else *start is moved to where it may begin. */
static int find_near(const mmap_object *self, const Py_buffer *needle, uint64_t *start,
                     uint64_t end) {
  char bytes[NEAR];
  size_t length = (size_t)needle->len, count = end - *start < NEAR ? end - *start : NEAR;
  if (length == 0 || length > NEAR / 4 ||
      !tome_read_nowait(self->mapped.open->map, *start, bytes, count))
    return -1;
  const char *found = first_in(bytes, count, needle->buf, length);
  if (!found && count == NEAR)
    *start += NEAR - length + 1;
  else if (found)
    *start += (uint64_t)(found - bytes);
  return found ? 1 : count == NEAR ? -1 : 0;
}

static int find_forward(mmap_object *self, const Py_buffer *needle, uint64_t start, uint64_t end,
                        uint64_t *ret) {
  int r = find_near(self, needle, &start, end);
  if (r < 0)
    return mapped_find(&self->mapped, needle->buf, needle->len, start, end, 0, ret);
  *ret = start;
  return r;
}

static PyObject *find_between(mmap_object *self, const Py_buffer *needle, Py_ssize_t start,
                              Py_ssize_t end, int backward) {
  uint64_t found;
  int beyond = is_beyond(start, self->size), r;
  start = clamp(start, self->size);
  end = clamp(end, self->size);
  if (mmap_check_readable(self) < 0)
    return NULL;
  if (start > end || beyond)
    r = 0;
  else if (backward)
    r = mapped_find(&self->mapped, needle->buf, needle->len, (uint64_t)start, (uint64_t)end, 1,
                    &found);
  else
    r = find_forward(self, needle, (uint64_t)start, (uint64_t)end, &found);
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
