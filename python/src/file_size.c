/* What changes a file's size or its bytes at large, or brings changes to the disk. All of it gives up the interpreter lock. */
#include "file_size.h"
#include "file_lines.h"

/* Lets go of the map after a call. 0, or -1 and raised what the library recorded. */
static int finish(file_object *self, open_map *held, int r) {
  if (r < 0)
    mapped_raise(&self->mapped);
  open_map_release(self->mapped.state, held);
  return r < 0 ? -1 : 0;
}

static PyObject *none_or_error(int r) {
  if (r < 0)
    return NULL;
  Py_RETURN_NONE;
}

static int check_stores(file_object *self) {
  return mapped_check_open(&self->mapped) < 0 ? -1 : file_check_writable(self);
}

/* A private copy has a fixed size. */
static int check_resizes(file_object *self) {
  if (check_stores(self) < 0)
    return -1;
  if (!(self->flags & TOME_COPY))
    return 0;
  PyErr_SetString(PyExc_TypeError, "the size of a private copy (mode 'c') is fixed");
  return -1;
}

/* ---- size ---- */

const char file_append_doc[] =
    "append($self, data, /)\n--\n\n"
    "Add bytes at the end of the file, wherever that is now; returns where they begin.\n\n"
    "Appends never overwrite one another, from whichever thread or process.\n\n"
    ">>> with tome.open('file', 'w+') as f:\n"
    "...     f.append(b'one'), f.append(b'two'), f[:]\n"
    "(0, 3, b'onetwo')";

PyObject *file_append(PyObject *object, PyObject *data) {
  file_object *self = (file_object *)object;
  Py_buffer buffer;
  uint64_t at = 0;
  int r = -1;
  if (check_resizes(self) < 0 || PyObject_GetBuffer(data, &buffer, PyBUF_SIMPLE) < 0)
    return NULL;
  open_map *held = mapped_hold(&self->mapped);
  if (held) {
    Py_BEGIN_ALLOW_THREADS
    r = tome_append(held->map, buffer.buf, (size_t)buffer.len, &at);
    Py_END_ALLOW_THREADS
    r = finish(self, held, r);
  }
  PyBuffer_Release(&buffer);
  return r < 0 ? NULL : PyLong_FromUnsignedLongLong(at);
}

const char file_resize_doc[] =
    "resize($self, size, /)\n--\n\n"
    "Make the file longer, by zeros, or shorter. Buffers stay good.\n\n"
    "BufferError: a buffer covers bytes that would be cut. A full disk is OSError, as any\n"
    "other failure; then nothing has changed.\n\n"
    ">>> with tome.open('file', 'w+') as f:\n"
    "...     f.append(b'12345678')\n"
    "...     f.resize(4)\n"
    "...     f.resize(6)\n"
    "...     f[:]\n"
    "0\n"
    "b'1234\\x00\\x00'";

PyObject *file_resize(PyObject *object, PyObject *size) {
  file_object *self = (file_object *)object;
  uint64_t bytes;
  int r;
  if (check_resizes(self) < 0 || file_unsigned(size, "size", &bytes) < 0)
    return NULL;
  open_map *held = mapped_hold(&self->mapped);
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_resize(held->map, bytes);
  Py_END_ALLOW_THREADS
  file_lines_forget(self);
  if (r == TOME_EBUSY) {
    PyErr_SetString(PyExc_BufferError, "a buffer covers bytes that would be cut");
    open_map_release(self->mapped.state, held);
    return NULL;
  }
  return none_or_error(finish(self, held, r));
}

const char file_refresh_doc[] =
    "refresh($self, /)\n--\n\n"
    "Adopt what other programs did to the file's size; returns the size.\n\n"
    "f.lines does so by itself, and gather() where a range is outside; items, slices, find() and\n"
    "buffers go by the size that was known last.\n\n"
    ">>> with tome.open('log', 'w+') as f, open('log', 'ab') as other:\n"
    "...     f.append(b'one')\n"
    "...     _ = other.write(b'two')\n"
    "...     other.flush()\n"
    "...     f[:], f.refresh(), f[:]\n"
    "0\n"
    "(b'one', 6, b'onetwo')";

PyObject *file_refresh(PyObject *object, PyObject *none) {
  file_object *self = (file_object *)object;
  open_map *held = mapped_hold(&self->mapped);
  uint64_t before = held ? tome_size(held->map) : 0, size = 0;
  int r;
  (void)none;
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_refresh(held->map);
  size = tome_size(held->map);
  Py_END_ALLOW_THREADS
  if (size < before)
    file_lines_forget(self);
  return finish(self, held, r) < 0 ? NULL : PyLong_FromUnsignedLongLong(size);
}

/* ---- bytes at large ---- */

const char file_fill_doc[] = "fill($self, value, offset=0, length=None)\n--\n\n"
                             "Set bytes to one value, from 0 to 255.\n\n"
                             ">>> with tome.open('file', 'w+') as f:\n"
                             "...     f.resize(6)\n"
                             "...     f.fill(ord('-'), 1, 3)\n"
                             "...     f[:]\n"
                             "b'\\x00---\\x00\\x00'";

PyObject *file_fill(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"value", "offset", "length", NULL};
  file_object *self = (file_object *)object;
  PyObject *offset = NULL, *length = NULL, *byte;
  tome_range range;
  int64_t value;
  int r;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|OO:fill", KEYWORD_NAMES(names), &byte,
                                   &offset, &length) ||
      check_stores(self) < 0 || file_integer(byte, &value) < 0 ||
      file_range(offset, length, &range) < 0)
    return NULL;
  if (value < 0 || value > 255)
    return PyErr_Format(PyExc_ValueError, "byte must be in range(0, 256)");
  open_map *held = mapped_hold(&self->mapped);
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_fill(held->map, range.offset, range.length, (int)value);
  Py_END_ALLOW_THREADS
  file_lines_forget(self);
  return none_or_error(finish(self, held, r));
}

const char file_move_doc[] = "move($self, dest, src, count)\n--\n\n"
                             "Copy bytes within the file; the ranges may overlap.\n\n"
                             ">>> with tome.open('file', 'w+') as f:\n"
                             "...     f.append(b'abcdef')\n"
                             "...     f.move(1, 0, 5)\n"
                             "...     f[:]\n"
                             "0\n"
                             "b'aabcde'";

PyObject *file_move(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"dest", "src", "count", NULL};
  file_object *self = (file_object *)object;
  PyObject *dest, *src, *count;
  uint64_t to, from, length;
  int r;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "OOO:move", KEYWORD_NAMES(names), &dest, &src,
                                   &count) ||
      check_stores(self) < 0 || file_unsigned(dest, "dest", &to) < 0 ||
      file_unsigned(src, "src", &from) < 0 || file_unsigned(count, "count", &length) < 0)
    return NULL;
  open_map *held = mapped_hold(&self->mapped);
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_move(held->map, to, from, length);
  Py_END_ALLOW_THREADS
  file_lines_forget(self);
  return none_or_error(finish(self, held, r));
}

/* ---- to the disk ---- */

const char file_flush_doc[] =
    "flush($self, offset=0, length=None, *, durable=False, wait=True)\n--\n\n"
    "Bring changes to the disk: all of them, or those of any range.\n\n"
    "durable=True returns when they survive power loss, the file's length and name included.\n"
    "Otherwise they are handed to the device, which may keep them in its cache: unlike with\n"
    "tome.mmap.flush(), whose default is durable. wait=False\n"
    "only begins. A failure is told by every later flush too: the system forgets such bytes.\n\n"
    ">>> with tome.open('file', 'w+') as f:\n"
    "...     f.append(b'to be kept')\n"
    "...     f.flush(durable=True)\n"
    "0";

PyObject *file_flush(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"offset", "length", "durable", "wait", NULL};
  file_object *self = (file_object *)object;
  PyObject *offset = NULL, *length = NULL;
  int durable = 0, wait = 1, r;
  tome_range range;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|OO$pp:flush", KEYWORD_NAMES(names), &offset,
                                   &length, &durable, &wait) ||
      file_range(offset, length, &range) < 0)
    return NULL;
  if (durable && !wait)
    return PyErr_Format(PyExc_ValueError, "durable=True waits: wait=False does not go with it");
  open_map *held = mapped_hold(&self->mapped);
  if (!held)
    return NULL;
  int level = durable ? TOME_FLUSH_DURABLE : wait ? TOME_FLUSH_WRITTEN : TOME_FLUSH_START;
  Py_BEGIN_ALLOW_THREADS
  r = tome_flush(held->map, range.offset, range.length, level);
  Py_END_ALLOW_THREADS
  return none_or_error(finish(self, held, r));
}

const char file_check_doc[] =
    "check($self, /)\n--\n\n"
    "LostBytesError if bytes were lost that nobody was told of yet, such as those that were\n"
    "read as zeros through a buffer. Each loss is told once.";

PyObject *file_check(PyObject *self, PyObject *none) {
  (void)none;
  return none_or_error(mapped_check((mapped *)self));
}
