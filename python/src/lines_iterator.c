/* Iterating over lines.
 *
 * Large pieces of the file are read without the interpreter lock into a buffer of the iterator's own; lines are cut from it.
 * A piece begins with a line (backwards: ends with one), so that no bytes need be kept from the piece before. A line that is
 * longer than the buffer is read by itself.
 *
 * What is not told yet of a piece lies between `at` and `limit`; forwards `at` moves, backwards `limit`. While a thread reads
 * a piece there is nothing between them, so that other threads on the same iterator come to wait for its lock. */
#include "lines_type.h"

#include <pythread.h>
#include <string.h>

#define PIECE ((size_t)256 << 10)

typedef struct lines_iterator {
  PyObject_HEAD
  file_object *file; /* NULL: it has come to its end */
  line_parts *parts; /* or NULL */
  size_t part;
  int backward;
  int is_plain;    /* forwards, each line */
  uint64_t left;   /* lines that may be told yet */
  uint64_t passed; /* lines to pass over before the next one */
  uint64_t step;
  uint64_t offset; /* of `at`, backwards of `limit` */
  const char *at, *limit;
  char *buffer; /* PIECE bytes, or NULL */
  PyThread_type_lock lock;
  unsigned long owner; /* the thread that holds it; 0: none */
} lines_iterator;

/* ---- one thread at a time ---- */

static int enter(lines_iterator *self) {
  unsigned long me = PyThread_get_thread_ident();
  if (self->owner == me) {
    PyErr_SetString(PyExc_ValueError, "the iterator is in use already, below a signal handler");
    return -1;
  }
  if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
    Py_BEGIN_ALLOW_THREADS
    PyThread_acquire_lock(self->lock, WAIT_LOCK);
    Py_END_ALLOW_THREADS
  }
  self->owner = me;
  return 0;
}

static void leave(lines_iterator *self) {
  self->owner = 0;
  PyThread_release_lock(self->lock);
}

/* ---- reading ---- */

/* Where the part ends now; 0 if the file is smaller than where it begins. */
static uint64_t end_of(const lines_iterator *self) {
  tome_range range = line_part_range(self->parts, self->part);
  uint64_t size = file_size(self->file);
  return range.length < size - range.offset && range.offset < size ? range.offset + range.length
                                                                   : size;
}

/* Reads as tome_read(), or as much as lies before what is lost: *length bytes. */
static int read_some(tome *map, uint64_t offset, char *buffer, size_t *length) {
  int r = tome_read(map, offset, buffer, *length);
  if (r != TOME_ELOST || tome_error_last()->offset <= offset)
    return r;
  uint64_t intact = tome_error_last()->offset - offset;
  if (intact >= *length)
    return r;
  size_t less = (size_t)intact;
  int again = tome_read(map, offset, buffer, less);
  if (again < 0 || !memchr(buffer, '\n', less)) /* no line of it is whole */
    return again < 0 ? again : tome_read(map, offset, buffer, *length);
  *length = less;
  return 0;
}

static int read_piece(lines_iterator *self, uint64_t offset, char *buffer, size_t *length) {
  mapped *file = &self->file->mapped;
  if (*length <= (size_t)MOST_AT_ONCE && tome_read_nowait(file->open->map, offset, buffer, *length))
    return 0;
  open_map *held = mapped_hold(file);
  int r;
  Py_BEGIN_ALLOW_THREADS
  r = read_some(held->map, offset, buffer, length);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(file);
  open_map_release(file->state, held);
  return r < 0 ? -1 : 0;
}

/* Have the piece that begins at `offset`. Pre: entered, open, *length > 0. 0 or -1. */
static int fill(lines_iterator *self, uint64_t offset, size_t *length) {
  self->at = self->limit = NULL;
  /* list(), `in` and others that ask in C look at no signals. */
  if (PyErr_CheckSignals() < 0 || mapped_check_open(&self->file->mapped) < 0)
    return -1;
  if (!self->buffer)
    self->buffer = PyMem_Malloc(PIECE);
  if (!self->buffer) {
    PyErr_NoMemory();
    return -1;
  }
  return read_piece(self, offset, self->buffer, length);
}

/* The bytes of a line that is longer than the buffer. Without `wanted` any object. */
static PyObject *bytes_of(lines_iterator *self, uint64_t offset, uint64_t end, int wanted) {
  if (!wanted)
    Py_RETURN_NONE;
  if (end - offset > (uint64_t)PY_SSIZE_T_MAX)
    return PyErr_NoMemory();
  if (mapped_check_open(&self->file->mapped) < 0)
    return NULL;
  return mapped_bytes(&self->file->mapped, offset, (Py_ssize_t)(end - offset));
}

static PyObject *cut(const char *from, const char *to, int wanted) {
  if (!wanted)
    Py_RETURN_NONE;
  return PyBytes_FromStringAndSize(from, to - from);
}

/* ---- forwards ---- */

/* A line that does not end in the piece. */
static PyObject *take_long(lines_iterator *self, uint64_t end, int wanted) {
  uint64_t from = self->offset, at;
  int r = mapped_find(&self->file->mapped, "\n", 1, from + PIECE, end, 0, &at);
  PyObject *line = r < 0 ? NULL : bytes_of(self, from, r ? at + 1 : end, wanted);
  if (line)
    self->offset = r ? at + 1 : end;
  return line;
}

/* The next line, from a new piece; NULL: raised, or there is none in this part. */
static PyObject *take_forward(lines_iterator *self, int wanted) {
  uint64_t end = end_of(self);
  if (self->offset >= end)
    return NULL;
  size_t length = end - self->offset < PIECE ? (size_t)(end - self->offset) : PIECE;
  if (fill(self, self->offset, &length) < 0)
    return NULL;
  const char *newline = memchr(self->buffer, '\n', length);
  if (!newline && length == PIECE && end - self->offset > PIECE)
    return take_long(self, end, wanted);
  const char *next = newline ? newline + 1 : self->buffer + length;
  PyObject *line = cut(self->buffer, next, wanted);
  if (line) {
    self->at = next;
    self->limit = self->buffer + length;
    self->offset += (uint64_t)(next - self->buffer);
  }
  return line;
}

/* The next line, if its end is in the piece. NULL: it is not, or raised. */
static inline PyObject *next_in_piece(lines_iterator *self, int wanted) {
  const char *from = self->at;
  if (from == self->limit)
    return NULL;
  const char *newline = memchr(from, '\n', (size_t)(self->limit - from));
  if (!newline)
    return NULL;
  self->at = newline + 1;
  self->offset += (uint64_t)(self->at - from);
  return cut(from, newline + 1, wanted);
}

/* ---- backwards ---- */

/* Whether there is a newline among 8 bytes. */
static int holds_newline(const char *bytes) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  word ^= ones * '\n';
  return ((word - ones) & ~word & ones << 7) != 0; /* a byte of it is 0 */
}

/* Where the line that ends at `limit` begins, if that is in [at, limit) and behind a newline; else NULL. */
static const char *begin_of_last(const char *at, const char *limit) {
  const char *from = limit - 1;
  while (from - at >= 8 && !holds_newline(from - 8))
    from -= 8;
  while (from > at && from[-1] != '\n')
    from--;
  return from > at ? from : NULL;
}

static inline PyObject *previous_in_piece(lines_iterator *self, int wanted) {
  if (self->at == self->limit)
    return NULL;
  const char *to = self->limit, *from = begin_of_last(self->at, to);
  if (!from)
    return NULL;
  self->limit = from;
  self->offset -= (uint64_t)(to - from);
  return cut(from, to, wanted);
}

/* A line that does not begin in the piece. */
static PyObject *take_long_back(lines_iterator *self, uint64_t begin, int wanted) {
  uint64_t to = self->offset, at;
  int r = mapped_find(&self->file->mapped, "\n", 1, begin, to - 1, 1, &at);
  PyObject *line = r < 0 ? NULL : bytes_of(self, r ? at + 1 : begin, to, wanted);
  if (line)
    self->offset = r ? at + 1 : begin;
  return line;
}

static PyObject *take_backward(lines_iterator *self, int wanted) {
  uint64_t begin = line_part_range(self->parts, self->part).offset, end = end_of(self);
  if (self->offset > end)
    self->offset = end;
  if (self->offset <= begin)
    return NULL;
  uint64_t to = self->offset;
  size_t length = to - begin < PIECE ? (size_t)(to - begin) : PIECE;
  if (fill(self, to - length, &length) < 0)
    return NULL;
  self->at = self->buffer;
  self->limit = self->buffer + length;
  PyObject *line = previous_in_piece(self, wanted);
  if (line || PyErr_Occurred())
    return line;
  self->at = self->limit = NULL;
  if (to - begin > PIECE)
    return take_long_back(self, begin, wanted);
  line = cut(self->buffer, self->buffer + length, wanted);
  if (line)
    self->offset = begin;
  return line;
}

/* ---- both ---- */

static int next_part(lines_iterator *self) {
  size_t last = self->parts ? self->parts->count - 1 : 0;
  if (self->backward ? self->part == 0 : self->part >= last)
    return 0;
  self->part = self->backward ? self->part - 1 : self->part + 1;
  tome_range range = line_part_range(self->parts, self->part);
  self->offset = range.offset + (self->backward ? range.length : 0);
  self->at = self->limit = NULL;
  return 1;
}

/* One line more. NULL: raised, or there is none. */
static PyObject *take(lines_iterator *self, int wanted) {
  PyObject *line;
  do {
    if (mapped_check_open(&self->file->mapped) < 0)
      return NULL;
    line = self->backward ? previous_in_piece(self, wanted) : next_in_piece(self, wanted);
    if (!line && !PyErr_Occurred())
      line = self->backward ? take_backward(self, wanted) : take_forward(self, wanted);
  } while (!line && !PyErr_Occurred() && next_part(self));
  return line;
}

static PyObject *take_wanted(lines_iterator *self) {
  PyObject *line;
  for (; self->passed > 0; self->passed--) {
    line = take(self, 0);
    if (!line)
      return NULL;
    Py_DECREF(line);
  }
  line = take(self, 1);
  if (line) {
    self->left--;
    self->passed = self->left > 0 ? self->step - 1 : 0;
  }
  return line;
}

static void finish(lines_iterator *self) {
  self->at = self->limit = NULL;
  PyMem_Free(self->buffer);
  self->buffer = NULL;
  Py_CLEAR(self->file);
}

static PyObject *next_slowly(lines_iterator *self) {
  PyObject *line = NULL;
  if (enter(self) < 0)
    return NULL;
  if (self->file && self->left > 0)
    line = take_wanted(self);
  if (!line && !PyErr_Occurred())
    finish(self);
  leave(self);
  return line;
}

static PyObject *next(PyObject *object) {
  lines_iterator *self = (lines_iterator *)object;
  if (self->at == self->limit || !self->is_plain || self->left == 0 || !self->file->mapped.open)
    return next_slowly(self);
  const char *from = self->at, *newline = memchr(from, '\n', (size_t)(self->limit - from));
  if (!newline)
    return next_slowly(self);
  Py_ssize_t length = newline + 1 - from;
  self->at = newline + 1;
  self->offset += (uint64_t)length;
  self->left--;
  return PyBytes_FromStringAndSize(from, length);
}

/* ---- the type ---- */

PyObject *lines_iterator_new(const line_walk *walk) {
  PyTypeObject *type = walk->file->mapped.state->lines_iterator;
  lines_iterator *self = (lines_iterator *)type->tp_alloc(type, 0);
  if (!self)
    return NULL;
  self->lock = PyThread_allocate_lock();
  if (!self->lock) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  self->file = (file_object *)Py_NewRef((PyObject *)walk->file);
  self->parts = line_parts_hold(walk->parts);
  self->part = walk->part;
  self->backward = walk->backward;
  self->is_plain = !walk->backward && walk->step == 1;
  self->left = walk->count;
  self->step = walk->step;
  self->offset = walk->offset;
  return (PyObject *)self;
}

static int traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(((lines_iterator *)object)->file);
  return 0;
}

static int clear(PyObject *object) {
  finish((lines_iterator *)object);
  return 0;
}

static void dealloc(PyObject *object) {
  lines_iterator *self = (lines_iterator *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  finish(self);
  line_parts_release(self->parts);
  if (self->lock)
    PyThread_free_lock(self->lock);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, dealloc},        {Py_tp_traverse, traverse}, {Py_tp_clear, clear},
    {Py_tp_iter, PyObject_SelfIter}, {Py_tp_iternext, next},     {0, NULL},
};

PyType_Spec lines_iterator_spec = {
    .name = "tome._tome.lines_iterator",
    .basicsize = sizeof(lines_iterator),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
