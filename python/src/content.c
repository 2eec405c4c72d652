/* The bytes of a map: copied out and in, by ranges and by strides, and searched. */
#include "mapped.h"

#include "long_search.h"

/* So far apart, bytes are read by themselves and not with all that lies between. */
#define FAR ((Py_ssize_t)1 << 10)
/* How much is read at a time where bytes are picked from it. */
#define PIECE ((Py_ssize_t)64 << 10)
/* How many are asked for at a time where they are far apart. */
#define SPANS 1024
/* How much is searched backward before signals are looked at. */
#define SEARCHED_AT_ONCE ((uint64_t)1 << 28)

int mapped_load_slowly(mapped *self, uint64_t offset, void *buffer, Py_ssize_t length) {
  open_map *held = mapped_hold(self);
  int r;
  if (!held)
    return -1;
  Py_BEGIN_ALLOW_THREADS
  r = tome_read(held->map, offset, buffer, (size_t)length);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(self);
  open_map_release(self->state, held);
  return r < 0 ? -1 : 0;
}

int mapped_store_slowly(mapped *self, uint64_t offset, const void *data, Py_ssize_t length) {
  open_map *held = mapped_hold(self);
  int r;
  if (!held)
    return -1;
  Py_BEGIN_ALLOW_THREADS
  r = tome_write(held->map, offset, data, (size_t)length);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(self);
  open_map_release(self->state, held);
  return r < 0 ? -1 : 0;
}

PyObject *mapped_bytes(mapped *self, uint64_t offset, Py_ssize_t length) {
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, length);
  if (bytes && length > 0 && mapped_load(self, offset, PyBytes_AS_STRING(bytes), length) < 0)
    Py_CLEAR(bytes);
  return bytes;
}

/* ---- strides ---- */

/* Bytes that lie close: what lies between is read too. */
static int load_close(mapped *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count,
                      unsigned char *to) {
  unsigned char *piece = PyMem_Malloc((size_t)PIECE);
  Py_ssize_t apart = step < 0 ? -step : step;
  int r = 0;
  if (!piece) {
    PyErr_NoMemory();
    return -1;
  }
  for (Py_ssize_t done = 0, n; r == 0 && done < count; done += n) {
    n = count - done < (PIECE - 1) / apart + 1 ? count - done : (PIECE - 1) / apart + 1;
    Py_ssize_t first = start + done * step, last = first + (n - 1) * step;
    Py_ssize_t low = first < last ? first : last;
    r = mapped_check_open(self) < 0 ? -1
                                    : mapped_load(self, (uint64_t)low, piece, (n - 1) * apart + 1);
    for (Py_ssize_t i = 0; r == 0 && i < n; i++)
      to[done + i] = piece[first + i * step - low];
  }
  PyMem_Free(piece);
  return r;
}

static int gather(mapped *self, tome_span *spans, size_t count) {
  open_map *held = mapped_hold(self);
  int r;
  if (!held)
    return -1;
  Py_BEGIN_ALLOW_THREADS
  r = tome_gather(held->map, spans, count);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(self);
  open_map_release(self->state, held);
  return r < 0 ? -1 : 0;
}

static int load_far(mapped *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count,
                    unsigned char *to) {
  tome_span *spans = PyMem_Malloc(SPANS * sizeof *spans);
  int r = 0;
  if (!spans) {
    PyErr_NoMemory();
    return -1;
  }
  for (Py_ssize_t done = 0, n; r == 0 && done < count; done += n) {
    n = count - done < SPANS ? count - done : SPANS;
    for (Py_ssize_t i = 0; i < n; i++)
      spans[i] = (tome_span){(uint64_t)(start + (done + i) * step), 1, to + done + i, 0};
    r = gather(self, spans, (size_t)n);
  }
  PyMem_Free(spans);
  return r;
}

PyObject *mapped_stride(mapped *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count) {
  if (count <= 0)
    return PyBytes_FromStringAndSize("", 0);
  if (count == 1)
    return mapped_bytes(self, (uint64_t)start, 1);
  PyObject *bytes = PyBytes_FromStringAndSize(NULL, count);
  if (!bytes)
    return NULL;
  unsigned char *to = (unsigned char *)PyBytes_AS_STRING(bytes);
  int close = step < FAR && step > -FAR;
  if ((close ? load_close(self, start, step, count, to) : load_far(self, start, step, count, to)) <
      0)
    Py_CLEAR(bytes);
  return bytes;
}

int mapped_store_stride(mapped *self, Py_ssize_t start, Py_ssize_t step, Py_ssize_t count,
                        const unsigned char *data) {
  for (Py_ssize_t i = 0; i < count; i++) {
    if (mapped_check_open(self) < 0 ||
        mapped_store(self, (uint64_t)(start + i * step), data + i, 1) < 0)
      return -1;
  }
  return 0;
}

/* ---- searching ---- */

/* One stretch of a search. As tome_find(), or -1 and raised. */
static int find_in(mapped *self, const void *needle, Py_ssize_t length, tome_range where,
                   int backward, uint64_t *ret_offset) {
  open_map *held = mapped_hold(self);
  int r;
  if (!held)
    return -1;
  uint64_t end = where.offset + where.length;
  Py_BEGIN_ALLOW_THREADS
  r = (backward ? tome_rfind : tome_find)(held->map, needle, (size_t)length, where.offset, end,
                                          ret_offset);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(self);
  open_map_release(self->state, held);
  return r < 0 ? -1 : r;
}

/* From the end, a stretch at a time. */
static int find_last(mapped *self, const void *needle, Py_ssize_t length, uint64_t from,
                     uint64_t to, uint64_t *ret_offset) {
  uint64_t beyond = length > 0 ? (uint64_t)length - 1 : 0; /* stretches share this much */
  while (to - from > SEARCHED_AT_ONCE + beyond) {
    tome_range where = {to - SEARCHED_AT_ONCE - beyond, SEARCHED_AT_ONCE + beyond};
    int r = find_in(self, needle, length, where, 1, ret_offset);
    if (r != 0)
      return r;
    if (PyErr_CheckSignals() < 0)
      return -1;
    to -= SEARCHED_AT_ONCE;
  }
  return find_in(self, needle, length, (tome_range){from, to - from}, 1, ret_offset);
}

/* What is found near the start costs no thread. */
static int find_first(mapped *self, const void *needle, Py_ssize_t length, uint64_t from,
                      uint64_t to, uint64_t *ret_offset) {
  uint64_t near = LONG_RANGE / 2, beyond = length > 0 ? (uint64_t)length - 1 : 0;
  if (length == 0 || to - from <= LONG_RANGE + beyond)
    return find_in(self, needle, length, (tome_range){from, to - from}, 0, ret_offset);
  int r = find_in(self, needle, length, (tome_range){from, near + beyond}, 0, ret_offset);
  if (r != 0)
    return r;
  return long_find(self, (tome_needle){needle, (size_t)length},
                   (tome_range){from + near, to - from - near}, ret_offset);
}

int mapped_find(mapped *self, const void *needle, Py_ssize_t length, uint64_t from, uint64_t to,
                int backward, uint64_t *ret_offset) {
  return (backward ? find_last : find_first)(self, needle, length, from, to, ret_offset);
}
