#include "mapped.h"

static open_map *new_open_map(tome *map) {
  open_map *opened = PyMem_Malloc(sizeof *opened);
  if (opened)
    *opened = (open_map){.map = map, .holders = 1};
  return opened;
}

int mapped_open(mapped *self, tome *map) {
  if (!self->module)
    self->module = Py_NewRef(self->state->module);
  self->open = new_open_map(map);
  if (self->open)
    return 0;
  tome_close(map);
  PyErr_NoMemory();
  return -1;
}

/* Lets go of a map. The library's result of closing it if nobody holds it any more, else 0. */
static int let_go(open_map *held) {
  int r;
  if (--held->holders > 0)
    return 0;
  Py_BEGIN_ALLOW_THREADS
  r = tome_close(held->map);
  Py_END_ALLOW_THREADS
  PyMem_Free(held);
  return r;
}

int mapped_close(mapped *self) {
  open_map *held = self->open;
  tome_range lost = self->lost;
  if (!held)
    return 0;
  if (self->exports > 0) {
    PyErr_SetString(PyExc_BufferError, "cannot close exported pointers exist");
    return -1;
  }
  /* Whoever is in a call still closes the map, and tells. */
  if (lost.length == 0 && (held->holders > 1 || tome_check(held->map, &lost) != TOME_ELOST))
    lost.length = 0;
  self->open = NULL;
  self->lost = (tome_range){0, 0};
  int r = let_go(held);
  if (lost.length > 0)
    raise_lost(self->state, self->path, lost);
  else if (r < 0)
    mapped_raise(self);
  return PyErr_Occurred() ? -1 : 0;
}

void mapped_clear(mapped *self) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (mapped_close(self) < 0)
    PyErr_WriteUnraisable((PyObject *)Py_TYPE(self));
  PyErr_Restore(type, value, traceback);
  if (self->weak_references)
    PyObject_ClearWeakRefs((PyObject *)self);
  Py_CLEAR(self->path);
  Py_CLEAR(self->module);
}

int mapped_raise_closed(void) {
  PyErr_SetString(PyExc_ValueError, "mmap closed or invalid");
  return -1;
}

int mapped_refuse_closed(const mapped *self) {
  if (PyObject_TypeCheck((PyObject *)(uintptr_t)self, self->state->mmap))
    return mapped_raise_closed();
  PyErr_SetString(PyExc_ValueError, "the file is closed");
  return -1;
}

int mapped_leave(mapped *self, PyObject *arguments) {
  int in_flight = PyTuple_GET_SIZE(arguments) > 0 && PyTuple_GET_ITEM(arguments, 0) != Py_None;
  if (!in_flight || !PyErr_ExceptionMatches(self->state->lost_bytes_error))
    return -1;
  PyErr_WriteUnraisable((PyObject *)self);
  return 0;
}

open_map *mapped_hold(mapped *self) {
  if (mapped_check_open(self) < 0)
    return NULL;
  self->open->holders++;
  return self->open;
}

void open_map_release(module_state *state, open_map *held) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (let_go(held) < 0) {
    raise_failure(state, NULL);
    PyErr_WriteUnraisable(NULL);
  }
  PyErr_Restore(type, value, traceback);
}

/* A range without a length reaches to the end. */
static PyObject *raise_outside(const tome_error *error, uint64_t size) {
  unsigned long long offset = error->offset, length = error->length;
  if (length == 0)
    return PyErr_Format(PyExc_ValueError, "outside the file: offset %llu in %llu bytes", offset,
                        (unsigned long long)size);
  return PyErr_Format(PyExc_ValueError, "outside the file: (%llu, %llu) in %llu bytes", offset,
                      length, (unsigned long long)size);
}

PyObject *mapped_raise(mapped *self) {
  const tome_error *error = tome_error_last();
  if (error->code == TOME_ERANGE && self->open && !PyErr_Occurred())
    return raise_outside(error, tome_size(self->open->map));
  return raise_failure(self->state, self->path);
}

/* What a buffer of a writable map lost the library tells once more, so it is asked in any case. */
int mapped_check(mapped *self) {
  tome_range found = {0, 0};
  open_map *held = mapped_hold(self);
  int r;
  if (!held)
    return -1;
  Py_BEGIN_ALLOW_THREADS
  r = tome_check(held->map, &found);
  Py_END_ALLOW_THREADS
  tome_range lost = mapped_join(self->lost, found);
  self->lost = (tome_range){0, 0};
  if (lost.length > 0)
    raise_lost(self->state, self->path, lost);
  else if (r < 0)
    mapped_raise(self);
  open_map_release(self->state, held);
  return PyErr_Occurred() ? -1 : 0;
}
