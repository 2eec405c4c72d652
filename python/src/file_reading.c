/* Many ranges read at once, asked for ahead, and one as a buffer. */
#include "file_reading.h"

#include "ranges.h"

const char file_gather_doc[] =
    "gather($self, ranges, out=None)\n--\n\n"
    "Read many ranges: all are asked for first and copied as they come, so that N cold reads cost\n"
    "what the disk needs when it is kept busy, not N times the wait for one.\n\n"
    "ranges  pairs (offset, length), which are any sequences, and slices, in any order; or an "
    "integer\n"
    "        array of shape (n, 2)\n"
    "out     a writable buffer: the bytes go there, one range behind the other\n\n"
    "Returns a list of bytes, or with `out` how many bytes were put there. ValueError: a range "
    "lies\n"
    "outside of the file (also after what others have added was adopted, as by refresh()), or "
    "`out` is too small. LostBytesError: some bytes cannot be read.\n\n"
    ">>> import tempfile, tome\n"
    ">>> with tempfile.NamedTemporaryFile() as file:\n"
    "...     _ = file.write(bytes(range(100)))\n"
    "...     file.flush()\n"
    "...     with tome.open(file.name) as f:\n"
    "...         f.gather([(97, 3), (65, 2), slice(-1, None)])\n"
    "[b'abc', b'AB', b'c']";
const char file_prefetch_doc[] =
    "prefetch($self, ranges)\n--\n\n"
    "Ask the disk for ranges, as gather() takes them, and do not wait: what is read of them soon\n"
    "afterwards is there already, or on its way.";
const char file_view_doc[] =
    "view($self, start=None, stop=None, *, write=False, advice=None)\n--\n\n"
    "A range as a buffer, of which leaving the `with` block tells if bytes were lost meanwhile.\n\n"
    "start, stop  as in a slice\n"
    "write        it may be stored into; its disk blocks are allocated first\n"
    "advice       'random' or 'sequential': how it will be read\n\n"
    ">>> import tempfile, tome\n"
    ">>> with tempfile.NamedTemporaryFile() as file:\n"
    "...     _ = file.write(b'0123456789')\n"
    "...     file.flush()\n"
    "...     with tome.open(file.name) as f, f.view(2, 5) as data:\n"
    "...         bytes(data), data.readonly\n"
    "(b'234', True)";

/* ---- gather ---- */

/* So many ranges, or not many more than so many bytes, between two looks at signals. */
#define SPANS_AT_ONCE ((size_t)1 << 16)
#define BYTES_AT_ONCE ((uint64_t)256 << 20)

/* How many of the spans are read in one go. */
static size_t next_go(const tome_span *spans, size_t count) {
  uint64_t bytes = 0;
  size_t n = 0;
  while (n < count && n < SPANS_AT_ONCE && bytes < BYTES_AT_ONCE)
    bytes += spans[n++].length;
  return n;
}

static int gather(mapped *self, tome_span *spans, size_t count) {
  open_map *held = mapped_hold(self);
  int r = held ? 0 : -1;
  for (size_t done = 0, n; r == 0 && done < count; done += n) {
    n = next_go(spans + done, count - done);
    Py_BEGIN_ALLOW_THREADS
    r = tome_gather(held->map, spans + done, n);
    Py_END_ALLOW_THREADS
    if (r < 0)
      mapped_raise(self);
    if (r == 0)
      r = PyErr_CheckSignals();
  }
  if (held)
    open_map_release(self->state, held);
  return r < 0 ? -1 : 0;
}

static tome_span *new_spans(size_t count) {
  tome_span *spans = PyMem_New(tome_span, count + 1);
  if (!spans)
    PyErr_NoMemory();
  return spans;
}

/* A bytes object for each range. Nobody sees the list, not even the garbage collector, before its bytes are there. */
static PyObject *list_of_bytes(const range_list *ranges, tome_span *spans) {
  PyObject *list = PyList_New((Py_ssize_t)ranges->count);
  if (!list)
    return NULL;
  PyObject_GC_UnTrack(list);
  for (size_t i = 0; i < ranges->count; i++) {
    tome_range range = ranges->items[i];
    PyObject *bytes = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)range.length);
    if (!bytes) {
      Py_DECREF(list);
      return NULL;
    }
    PyList_SET_ITEM(list, (Py_ssize_t)i, bytes);
    spans[i] = (tome_span){range.offset, (size_t)range.length, PyBytes_AS_STRING(bytes), 0};
  }
  return list;
}

static PyObject *gather_list(file_object *self, const range_list *ranges) {
  tome_span *spans = new_spans(ranges->count);
  PyObject *list = spans ? list_of_bytes(ranges, spans) : NULL;
  if (list && gather(&self->mapped, spans, ranges->count) < 0)
    Py_CLEAR(list);
  PyMem_Free(spans);
  if (list)
    PyObject_GC_Track(list);
  return list;
}

/* Their lengths together, or more than there is room for. */
static uint64_t total(const range_list *ranges, uint64_t room) {
  uint64_t sum = 0;
  for (size_t i = 0; i < ranges->count && sum <= room; i++)
    sum += ranges->items[i].length;
  return sum;
}

static PyObject *gather_into(file_object *self, const range_list *ranges, const Py_buffer *out) {
  uint64_t length = total(ranges, (uint64_t)out->len);
  if (length > (uint64_t)out->len)
    return PyErr_Format(PyExc_ValueError, "the ranges have more bytes than out, which has %zd",
                        out->len);
  tome_span *spans = new_spans(ranges->count);
  unsigned char *to = out->buf;
  if (!spans)
    return NULL;
  for (size_t i = 0; i < ranges->count; i++) {
    spans[i] = (tome_span){ranges->items[i].offset, (size_t)ranges->items[i].length, to, 0};
    to += ranges->items[i].length;
  }
  int r = gather(&self->mapped, spans, ranges->count);
  PyMem_Free(spans);
  return r < 0 ? NULL : PyLong_FromUnsignedLongLong(length);
}

/* Any buffer of contiguous bytes that may be stored into. */
static PyObject *gather_into_object(file_object *self, PyObject *ranges, PyObject *object) {
  range_list list;
  Py_buffer out;
  PyObject *result = NULL;
  if (PyObject_GetBuffer(object, &out, PyBUF_WRITABLE) < 0)
    return NULL;
  if (ranges_parse(self, ranges, &list) == 0) {
    result = gather_into(self, &list, &out);
    PyMem_Free(list.items);
  }
  PyBuffer_Release(&out);
  return result;
}

PyObject *file_gather(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"ranges", "out", NULL};
  file_object *self = (file_object *)object;
  PyObject *ranges, *out = Py_None;
  range_list list;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|O:gather", KEYWORD_NAMES(names), &ranges,
                                   &out))
    return NULL;
  if (out != Py_None)
    return gather_into_object(self, ranges, out);
  if (ranges_parse(self, ranges, &list) < 0)
    return NULL;
  PyObject *result = gather_list(self, &list);
  PyMem_Free(list.items);
  return result;
}

/* ---- prefetch ---- */

static int prefetch(mapped *self, const range_list *ranges) {
  open_map *held = mapped_hold(self);
  int r;
  if (!held)
    return -1;
  Py_BEGIN_ALLOW_THREADS
  r = tome_prefetch(held->map, ranges->items, ranges->count);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(self);
  open_map_release(self->state, held);
  return r;
}

PyObject *file_prefetch(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"ranges", NULL};
  file_object *self = (file_object *)object;
  PyObject *ranges;
  range_list list;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O:prefetch", KEYWORD_NAMES(names), &ranges) ||
      ranges_parse(self, ranges, &list) < 0)
    return NULL;
  int r = prefetch(&self->mapped, &list);
  PyMem_Free(list.items);
  if (r < 0)
    return NULL;
  Py_RETURN_NONE;
}

/* ---- view ---- */

/* As a slice. Runs the integers' __index__ before it looks at the size. */
static int slice(file_object *self, PyObject *start, PyObject *stop, tome_range *ret) {
  int64_t first, last;
  if (file_place(start, 0, &first) < 0 || file_place(stop, INT64_MAX, &last) < 0 ||
      mapped_check_open(&self->mapped) < 0)
    return -1;
  *ret = file_slice(first, last, file_size(self));
  return 0;
}

PyObject *file_view(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"start", "stop", "write", "advice", NULL};
  file_object *self = (file_object *)object;
  PyObject *start = NULL, *stop = NULL, *advice = NULL;
  uint32_t how;
  int write = 0;
  tome_range range;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|OO$pO:view", KEYWORD_NAMES(names), &start,
                                   &stop, &write, &advice) ||
      file_advice(advice, &how) < 0 || slice(self, start, stop, &range) < 0 ||
      (write && file_check_writable(self) < 0))
    return NULL;
  return view_new(self, range, (write ? TOME_VIEW_WRITE : TOME_VIEW_READ) | 2 * how);
}
