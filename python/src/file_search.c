/* Searching a file for one byte string. What is searched for is copied if anybody could change it, and the arguments' __index__
 * has run before the file's size is looked at: no Python code runs in between. */
#include "file_search.h"

#include "long_search.h"

const char file_find_doc[] = "find($self, sub, start=None, end=None)\n--\n\n"
                             "Where a byte string is first, or -1.\n\n"
                             "sub    bytes, any buffer, or an integer: one byte\n"
                             "start, end    the match lies between them, as in bytes.find()\n\n"
                             "Other threads run meanwhile, and Ctrl-C works.\n\n"
                             ">>> import tempfile, tome\n"
                             ">>> with tempfile.NamedTemporaryFile() as file:\n"
                             "...     _ = file.write(b'one ERROR, two ERRORs')\n"
                             "...     file.flush()\n"
                             "...     with tome.open(file.name) as f:\n"
                             "...         f.find(b'ERROR'), f.find(b'ERROR', 5), f.find(b'FATAL')\n"
                             "(4, 15, -1)";
const char file_rfind_doc[] = "rfind($self, sub, start=None, end=None)\n--\n\n"
                              "Where a byte string is last, or -1. As find().";
const char file_index_doc[] = "index($self, sub, start=None, end=None)\n--\n\n"
                              "As find(), but ValueError where nothing is found.";
const char file_rindex_doc[] = "rindex($self, sub, start=None, end=None)\n--\n\n"
                               "As rfind(), but ValueError where nothing is found.";
const char file_count_doc[] =
    "count($self, sub, start=None, end=None)\n--\n\n"
    "How often a byte string is there, none overlapping another, as bytes.count().\n\n"
    "Large ranges are searched by all processors; other threads run meanwhile, and Ctrl-C works.";

/* ---- arguments ---- */

int file_where(file_object *self, PyObject *start, PyObject *end, tome_range *ret) {
  int64_t first, last;
  if (file_place(start, 0, &first) < 0 || file_place(end, INT64_MAX, &last) < 0 ||
      mapped_check_open(&self->mapped) < 0)
    return -1;
  uint64_t size = file_size(self);
  uint64_t from = file_resolve(first, size), to = file_resolve(last, size);
  to = to < size ? to : size;
  if (from > to)
    return 0;
  *ret = (tome_range){from, to - from};
  return 1;
}

PyObject *file_needle(PyObject *object) {
  if (PyBytes_CheckExact(object))
    return Py_NewRef(object);
  if (PyObject_CheckBuffer(object))
    return PyBytes_FromObject(object);
  return PyErr_Format(PyExc_TypeError, "a bytes-like object is required, not '%.200s'",
                      Py_TYPE(object)->tp_name);
}

PyObject *file_needle_or_byte(PyObject *object) {
  int64_t value;
  if (PyObject_CheckBuffer(object) || !PyIndex_Check(object))
    return file_needle(object);
  if (file_integer(object, &value) < 0)
    return NULL;
  if (value < 0 || value > 255)
    return PyErr_Format(PyExc_ValueError, "byte must be in range(0, 256)");
  char byte = (char)value;
  return PyBytes_FromStringAndSize(&byte, 1);
}

/* What all of these methods are asked. */
typedef struct question {
  PyObject *needle; /* owned */
  tome_range where;
} question;

/* As file_where(); if 1, the caller owns the needle. */
static int parse(file_object *self, PyObject *args, PyObject *keywords, const char *format,
                 question *ret) {
  static const char *const names[] = {"sub", "start", "end", NULL};
  PyObject *sub, *start = NULL, *end = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, format, KEYWORD_NAMES(names), &sub, &start,
                                   &end))
    return -1;
  ret->needle = file_needle_or_byte(sub);
  if (!ret->needle)
    return -1;
  int r = file_where(self, start, end, &ret->where);
  if (r != 1)
    Py_CLEAR(ret->needle);
  return r;
}

/* ---- the first and the last ---- */

/* 1 found, 0 not found, -1 raised. */
static int find(PyObject *object, PyObject *args, PyObject *keywords, const char *format,
                int backward, uint64_t *ret_offset) {
  file_object *self = (file_object *)object;
  question q;
  int r = parse(self, args, keywords, format, &q);
  if (r != 1)
    return r;
  r = mapped_find(&self->mapped, PyBytes_AS_STRING(q.needle), PyBytes_GET_SIZE(q.needle),
                  q.where.offset, q.where.offset + q.where.length, backward, ret_offset);
  Py_DECREF(q.needle);
  return r;
}

static PyObject *find_or_minus_one(int r, uint64_t offset) {
  if (r < 0)
    return NULL;
  return r ? PyLong_FromUnsignedLongLong(offset) : PyLong_FromLong(-1);
}

static PyObject *find_or_raise(int r, uint64_t offset) {
  if (r == 0)
    PyErr_SetString(PyExc_ValueError, "subsection not found");
  return r == 1 ? PyLong_FromUnsignedLongLong(offset) : NULL;
}

PyObject *file_find(PyObject *self, PyObject *args, PyObject *keywords) {
  uint64_t offset = 0;
  int r = find(self, args, keywords, "O|OO:find", 0, &offset);
  return find_or_minus_one(r, offset);
}

PyObject *file_rfind(PyObject *self, PyObject *args, PyObject *keywords) {
  uint64_t offset = 0;
  int r = find(self, args, keywords, "O|OO:rfind", 1, &offset);
  return find_or_minus_one(r, offset);
}

PyObject *file_index(PyObject *self, PyObject *args, PyObject *keywords) {
  uint64_t offset = 0;
  int r = find(self, args, keywords, "O|OO:index", 0, &offset);
  return find_or_raise(r, offset);
}

PyObject *file_rindex(PyObject *self, PyObject *args, PyObject *keywords) {
  uint64_t offset = 0;
  int r = find(self, args, keywords, "O|OO:rindex", 1, &offset);
  return find_or_raise(r, offset);
}

/* ---- how many ---- */

static int count_at_once(mapped *self, tome_needle needle, tome_range where, uint64_t *ret_count) {
  open_map *held = mapped_hold(self);
  int r;
  if (!held)
    return -1;
  Py_BEGIN_ALLOW_THREADS
  r = tome_count(held->map, needle.data, needle.length, where.offset, where.offset + where.length,
                 ret_count);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(self);
  open_map_release(self->state, held);
  return r;
}

static PyObject *count(file_object *self, const question *q) {
  tome_needle needle = {PyBytes_AS_STRING(q->needle), (size_t)PyBytes_GET_SIZE(q->needle)};
  int at_once = needle.length == 0 || q->where.length < LONG_RANGE;
  uint64_t number = 0;
  int r = (at_once ? count_at_once : long_count)(&self->mapped, needle, q->where, &number);
  return r < 0 ? NULL : PyLong_FromUnsignedLongLong(number);
}

PyObject *file_count(PyObject *object, PyObject *args, PyObject *keywords) {
  file_object *self = (file_object *)object;
  question q;
  int r = parse(self, args, keywords, "O|OO:count", &q);
  if (r < 0)
    return NULL;
  if (r == 0)
    return PyLong_FromLong(0);
  PyObject *number = count(self, &q);
  Py_DECREF(q.needle);
  return number;
}
