/* Buffers: each is a view of the library, so that the bytes stay where they are whatever grows, and a lost page is no signal. */
#include "mapped.h"

/* Who asks for nothing but the bytes only reads them; memoryview asks for more, and may store. */
static int may_store(int flags, int writable) {
  return writable && (flags & (PyBUF_WRITABLE | PyBUF_ND | PyBUF_FORMAT));
}

/* Begins the view of a buffer. The lock is kept: the object is not ours alone before its `exports` says so. */
static tome_view *begin_view(mapped *self, Py_ssize_t length, int stores) {
  tome_view *view = PyMem_Malloc(sizeof *view);
  open_map *held = self->open;
  int r;
  if (!view) {
    PyErr_NoMemory();
    return NULL;
  }
  held->holders++;
  self->exports++;
  Py_BEGIN_ALLOW_THREADS r = tome_view_begin(held->map, 0, (size_t)length,
                                             stores ? TOME_VIEW_WRITE : TOME_VIEW_READ, view);
  Py_END_ALLOW_THREADS if (r == 0) return view;
  mapped_raise(self);
  self->exports--;
  open_map_release(self->state, held);
  PyMem_Free(view);
  return NULL;
}

int mapped_export(mapped *self, Py_buffer *buffer, int flags, Py_ssize_t length, int writable) {
  buffer->obj = NULL;
  if (mapped_check_open(self) < 0)
    return -1;
  if ((flags & PyBUF_WRITABLE) && !writable) {
    PyErr_SetString(PyExc_BufferError, "Object is not writable.");
    return -1;
  }
  tome_view *view = begin_view(self, length, may_store(flags, writable));
  if (!view)
    return -1;
  PyBuffer_FillInfo(buffer, (PyObject *)self, view->data, length, !writable, flags);
  buffer->internal = view;
  return 0;
}

void mapped_release(mapped *self, Py_buffer *buffer) {
  tome_view *view = buffer->internal;
  PyObject *type, *value, *traceback;
  int r = tome_view_end(view);
  PyMem_Free(view);
  self->exports--;
  if (r < 0) {
    PyErr_Fetch(&type, &value, &traceback);
    self->lost = (tome_range){tome_error_last()->offset, tome_error_last()->length};
    mapped_raise(self);
    PyErr_WriteUnraisable((PyObject *)self);
    PyErr_Restore(type, value, traceback);
  }
  open_map_release(self->state, self->open);
}
