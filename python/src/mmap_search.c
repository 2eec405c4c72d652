/* mmap.find and rfind. */
#include "mmap_object.h"

#include <string.h>

/* So much is searched first, in a copy, without giving up the lock: programs that take a text apart look for what is near. */
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
  if (count < length)
    return NULL;
  const char *at = bytes, *last = bytes + count - length;
  while (at <= last) {
    at = memchr(at, needle[0], (size_t)(last - at) + 1);
    if (!at || memcmp(at, needle, length) == 0)
      return at;
    at++;
  }
  return NULL;
}

static const char *last_in(const char *bytes, size_t count, const char *needle, size_t length) {
  for (size_t rest = count; rest >= length; rest--) {
    const char *at = bytes + rest - length;
    if (at[0] == needle[0] && memcmp(at, needle, length) == 0)
      return at;
  }
  return NULL;
}

/* A search in [start, end). */
typedef struct search {
  const char *needle;
  size_t length;
  uint64_t start, end;
  int backward;
} search;

/* Looks where the search begins, for a short byte string. 1: it is there, *ret; 0: it is nowhere; -1: it may be in what is
 * left of the search. */
static int find_near(const mmap_object *self, search *s, uint64_t *ret) {
  char bytes[NEAR];
  size_t count = s->end - s->start < NEAR ? (size_t)(s->end - s->start) : NEAR;
  uint64_t from = s->backward ? s->end - count : s->start;
  if (s->length == 0 || s->length > NEAR / 4 ||
      !tome_read_nowait(self->mapped.open->map, from, bytes, count))
    return -1;
  const char *found = (s->backward ? last_in : first_in)(bytes, count, s->needle, s->length);
  if (found) {
    *ret = from + (uint64_t)(found - bytes);
    return 1;
  }
  if (count == s->end - s->start)
    return 0;
  if (s->backward)
    s->end = from + s->length - 1;
  else
    s->start = from + count - s->length + 1;
  return -1;
}

static PyObject *find_between(mmap_object *self, const Py_buffer *needle, Py_ssize_t start,
                              Py_ssize_t end, int backward) {
  uint64_t found;
  int beyond = is_beyond(start, self->size);
  search s = {needle->buf, (size_t)needle->len, (uint64_t)clamp(start, self->size),
              (uint64_t)clamp(end, self->size), backward};
  if (mmap_check_readable(self) < 0)
    return NULL;
  int r = beyond || s.start > s.end ? 0 : find_near(self, &s, &found);
  if (r < 0)
    r = mapped_find(&self->mapped, s.needle, needle->len, s.start, s.end, backward, &found);
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
