/* mmap: the drop-in for the standard module's type. Its parts lie in mmap_*.c; mmap_type.c puts them together.
 *
 * What is fixed at construction is kept here: the length is the object's own, as the standard type has it, and changes by
 * resize() alone. The position may lie past the end after that. Whatever runs Python code (__index__, the buffers of others)
 * or gives up the interpreter lock may close or resize the object: what was checked before is checked again. */
#ifndef TOME_PYTHON_MMAP_OBJECT_H
#define TOME_PYTHON_MMAP_OBJECT_H

#include "mapped.h"

enum access { ACCESS_DEFAULT, ACCESS_READ, ACCESS_WRITE, ACCESS_COPY };

enum backing {
  OF_FILE,
  OF_MEMORY,         /* shared with children */
  OF_PRIVATE_MEMORY, /* children have a copy */
};

typedef struct mmap_object {
  mapped mapped;
  Py_ssize_t size;
  Py_ssize_t position;
  long long offset; /* as it was given */
  enum access access;
  enum backing backing;
  int protection; /* PROT_… */
  int readable;
  int tracked;        /* trackfd */
  int is_private;     /* MAP_PRIVATE */
  int is_zero_device; /* of /dev/zero, which has no size */
} mmap_object;

int mmap_raise_unreadable(void);
int mmap_raise_readonly(void);

/** TypeError if it is read-only. 0 or -1. */
static inline int mmap_check_writable(const mmap_object *self) {
  return self->access == ACCESS_READ ? mmap_raise_readonly() : 0;
}

/** PermissionError if its protection forbids reading. 0 or -1. */
static inline int mmap_check_readable(const mmap_object *self) {
  return self->readable ? 0 : mmap_raise_unreadable();
}

/** Copy bytes out. 0 or -1. Pre: open; inside. */
static inline int mmap_load(mmap_object *self, Py_ssize_t offset, void *buffer, Py_ssize_t length) {
  if (mmap_check_readable(self) < 0)
    return -1;
  return mapped_load(&self->mapped, (uint64_t)offset, buffer, length);
}

/** Bytes from the position on. */
static inline Py_ssize_t mmap_rest(const mmap_object *self) {
  return self->position < self->size ? self->size - self->position : 0;
}

/** Get the bytes of `value`, which are not bytes of the map itself then: they are copied if they might be. 0, or -1 and raised
 *  (TypeError, BufferError). Runs Python code. */
int mmap_get_data(mmap_object *self, PyObject *value, Py_buffer *ret);

/* ---- arguments (mmap_arguments.c) ---- */

/** TypeError unless a method was called with so many. 0 or -1. */
int check_count(const char *method, Py_ssize_t count, Py_ssize_t least, Py_ssize_t most);
/** An integer for a place or a length; OverflowError. 0 or -1. Runs Python code, as the next one. */
int to_size(PyObject *object, Py_ssize_t *ret);
/** The same for a C int. */
int to_int(PyObject *object, int *ret);

/* ---- methods ---- */

/** tp_new (mmap_open.c). */
PyObject *mmap_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords);
/** Open private memory, without a name and zeroed. 0, or less and errno. */
int mmap_open_private(Py_ssize_t size, tome **ret);
/** Give its memory the protection it was opened with. 0 or -1. */
int mmap_protect(mmap_object *self);

/* Items and slices (mmap_items.c). */
Py_ssize_t mmap_length(PyObject *object);
PyObject *mmap_item(PyObject *object, Py_ssize_t index);
int mmap_set_item(PyObject *object, Py_ssize_t index, PyObject *value);
PyObject *mmap_subscript(PyObject *object, PyObject *key);
int mmap_set_subscript(PyObject *object, PyObject *key, PyObject *value);

/* Reading and writing at the position (mmap_stream.c). */
PyObject *mmap_read(PyObject *object, PyObject *const *arguments, Py_ssize_t count);
PyObject *mmap_read_byte(PyObject *object, PyObject *unused);
PyObject *mmap_readline(PyObject *object, PyObject *unused);
PyObject *mmap_write(PyObject *object, PyObject *data);
PyObject *mmap_write_byte(PyObject *object, PyObject *value);
PyObject *mmap_seek(PyObject *object, PyObject *const *arguments, Py_ssize_t count);
PyObject *mmap_seekable(PyObject *object, PyObject *unused);
PyObject *mmap_tell(PyObject *object, PyObject *unused);

/* Searching (mmap_search.c). */
PyObject *mmap_find(PyObject *object, PyObject *const *arguments, Py_ssize_t count);
PyObject *mmap_rfind(PyObject *object, PyObject *const *arguments, Py_ssize_t count);

/* The file behind it (mmap_control.c). */
PyObject *mmap_flush(PyObject *object, PyObject *arguments, PyObject *keywords);
PyObject *mmap_madvise(PyObject *object, PyObject *const *arguments, Py_ssize_t count);
PyObject *mmap_move(PyObject *object, PyObject *const *arguments, Py_ssize_t count);
PyObject *mmap_resize(PyObject *object, PyObject *size);
PyObject *mmap_get_size(PyObject *object, PyObject *unused);
PyObject *mmap_check(PyObject *object, PyObject *unused);

#endif
