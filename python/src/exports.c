/* Buffers: each is a view of the library, so that the bytes stay where they are whatever grows, and a lost page is no signal. */
#include "mapped.h"

/* ---- views ---- */

static tome_view *new_view(uint64_t length) {
  tome_view *view = NULL;
  if (length > (uint64_t)PY_SSIZE_T_MAX)
    PyErr_SetString(PyExc_OverflowError, "the range does not fit in memory");
  else if (!(view = PyMem_Malloc(sizeof *view)))
    PyErr_NoMemory();
  return view;
}

/* The object counts as exported before the lock is given up, so that nobody closes it meanwhile. */
tome_view *mapped_begin_view(mapped *self, tome_range range, uint32_t intent) {
  tome_view *view = new_view(range.length);
  open_map *held = view ? mapped_hold(self) : NULL;
  int r;
  if (!held) {
    PyMem_Free(view);
    return NULL;
  }
  self->exports++;
  Py_BEGIN_ALLOW_THREADS
  r = tome_view_begin(held->map, range.offset, (size_t)range.length, intent, view);
  Py_END_ALLOW_THREADS
  if (r == 0)
    return view;
  mapped_raise(self);
  self->exports--;
  open_map_release(self->state, held);
  PyMem_Free(view);
  return NULL;
}

/* As mapped_end_view(), and which bytes were lost. Raising may run anybody's code, which may close the object from then on. */
static int end_view(mapped *self, tome_view *view, tome_range *ret_lost) {
  open_map *held = self->open; /* it was not closed while this was exported */
  int r = tome_view_end(view);
  PyMem_Free(view);
  self->exports--;
  if (r < 0) {
    *ret_lost = (tome_range){tome_error_last()->offset, tome_error_last()->length};
    mapped_raise(self);
  }
  open_map_release(self->state, held);
  return r;
}

int mapped_end_view(mapped *self, tome_view *view) {
  tome_range lost;
  return end_view(self, view, &lost);
}

tome_range mapped_join(tome_range a, tome_range b) {
  if (a.length == 0 || b.length == 0)
    return a.length == 0 ? b : a;
  uint64_t from = a.offset < b.offset ? a.offset : b.offset;
  uint64_t a_end = a.offset + a.length, b_end = b.offset + b.length;
  return (tome_range){from, (a_end > b_end ? a_end : b_end) - from};
}

void mapped_drop_view(mapped *self, tome_view *view) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  tome_range lost;
  if (end_view(self, view, &lost) < 0) {
    self->lost = mapped_join(self->lost, lost);
    PyErr_WriteUnraisable((PyObject *)self);
  }
  PyErr_Restore(type, value, traceback);
}

/* ---- buffers ---- */

/* Who asks for nothing but the bytes only reads them; memoryview asks for more, and may store. */
static uint32_t intent_of(int flags, int writable) {
  return writable && (flags & (PyBUF_WRITABLE | PyBUF_ND | PyBUF_FORMAT)) ? TOME_VIEW_WRITE
                                                                          : TOME_VIEW_READ;
}

int mapped_export(mapped *self, Py_buffer *buffer, int flags, Py_ssize_t length, int writable) {
  buffer->obj = NULL;
  if (mapped_check_open(self) < 0)
    return -1;
  if ((flags & PyBUF_WRITABLE) && !writable) {
    PyErr_SetString(PyExc_BufferError, "Object is not writable.");
    return -1;
  }
  tome_view *view =
      mapped_begin_view(self, (tome_range){0, (uint64_t)length}, intent_of(flags, writable));
  if (!view)
    return -1;
  if (PyBuffer_FillInfo(buffer, (PyObject *)self, view->data, length, !writable, flags) < 0) {
    mapped_drop_view(self, view);
    return -1;
  }
  buffer->internal = view;
  return 0;
}

void mapped_release(mapped *self, Py_buffer *buffer) {
  mapped_drop_view(self, buffer->internal);
}
