/* What mmap does with the file behind it: flush, advice, moving bytes, its size. */
#include "mmap_object.h"
#include "mmap_system.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <tome/tome.h>
#include <unistd.h>

/* What is copied at a time. */
#define PIECE ((Py_ssize_t)1 << 20)

static PyObject *raise_errno(int number) {
  errno = number;
  return PyErr_SetFromErrno(PyExc_OSError);
}

static PyObject *fail(PyObject *type, const char *message) {
  PyErr_SetString(type, message);
  return NULL;
}

/* ---- flush ---- */

/* The level that flags and `durable` stand for; without both, what msync(MS_SYNC) gives. -1: raised. */
static int level_of(int flags, PyObject *durable) {
  if ((flags & ~(MS_SYNC | MS_ASYNC | MS_INVALIDATE)) ||
      (flags & (MS_SYNC | MS_ASYNC)) == (MS_SYNC | MS_ASYNC)) {
    raise_errno(EINVAL);
    return -1;
  }
  if (durable != Py_None) {
    int r = PyObject_IsTrue(durable);
    return r < 0 ? -1 : r ? TOME_FLUSH_DURABLE : TOME_FLUSH_WRITTEN;
  }
  return flags & MS_ASYNC ? TOME_FLUSH_START : TOME_FLUSH_DURABLE;
}

static PyObject *flush_range(mmap_object *self, tome_range range, int level) {
  open_map *held = mapped_hold(&self->mapped);
  int r;
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_flush(held->map, range.offset, range.length, level);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(&self->mapped);
  open_map_release(self->mapped.state, held);
  return r < 0 ? NULL : Py_NewRef(Py_None);
}

PyObject *mmap_flush(PyObject *object, PyObject *arguments, PyObject *keywords) {
  static const char *const names[] = {"", "", "flags", "durable", NULL};
  mmap_object *self = (mmap_object *)object;
  Py_ssize_t offset = 0, size = -1;
  int flags = 0;
  PyObject *durable = Py_None;
  if (mapped_check_open(&self->mapped) < 0 ||
      !PyArg_ParseTupleAndKeywords(arguments, keywords, "|nn$iO:flush", KEYWORD_NAMES(names),
                                   &offset, &size, &flags, &durable))
    return NULL;
  int level = level_of(flags, durable);
  if (level < 0 || mapped_check_open(&self->mapped) < 0)
    return NULL;
  if (self->access == ACCESS_READ || self->access == ACCESS_COPY)
    Py_RETURN_NONE;
  Py_ssize_t rest = offset < 0 || offset > self->size ? -1 : self->size - offset;
  if (size == -1)
    size = rest;
  if (size < 0 || size > rest)
    return fail(PyExc_ValueError, "flush values out of range");
  if (self->backing != OF_FILE && offset % sysconf(_SC_PAGESIZE) != 0)
    return raise_errno(EINVAL);
  if (size == 0)
    Py_RETURN_NONE;
  return flush_range(self, (tome_range){(uint64_t)offset, (uint64_t)size}, level);
}

/* ---- advice and protection ---- */

/* Where a byte of the map lies in memory: a view without length touches nothing. 0, or -1 and raised. */
static int locate(mmap_object *self, tome *map, uint64_t offset, char **ret) {
  tome_view view;
  if (tome_view_begin(map, offset, 0, TOME_VIEW_READ, &view) < 0) {
    mapped_raise(&self->mapped);
    return -1;
  }
  *ret = view.data;
  tome_view_end(&view);
  return 0;
}

/* Where a range lies in memory. NULL: raised; also where the map works through windows, as the ends' distance shows. */
static void *address_of(mmap_object *self, tome *map, uint64_t offset, uint64_t length) {
  char *start, *end;
  if (locate(self, map, offset, &start) < 0 || locate(self, map, offset + length, &end) < 0)
    return NULL;
  if (end == start + length)
    return start;
  return raise_errno(ENOMEM);
}

int mmap_protect(mmap_object *self) {
  void *address = address_of(self, self->mapped.open->map, 0, (uint64_t)self->size);
  if (!address)
    return -1;
  int number = system_protect(address, (size_t)self->size, self->protection);
  if (number != 0)
    raise_errno(number);
  return number != 0 ? -1 : 0;
}

/* Advice that private memory does not take, as it is a file's to the system, and need not heed: it may be freed. */
static int may_be_ignored(const mmap_object *self, int advice, Py_ssize_t start) {
#ifdef MADV_FREE
  return advice == MADV_FREE && self->backing == OF_PRIVATE_MEMORY &&
         start % sysconf(_SC_PAGESIZE) == 0;
#else
  return 0;
#endif
}

static PyObject *advise(mmap_object *self, Py_ssize_t start, Py_ssize_t length, int advice) {
  open_map *held = mapped_hold(&self->mapped);
  if (!held)
    return NULL;
  int number = 0;
  void *address = address_of(self, held->map, (uint64_t)start, (uint64_t)length);
  if (address) {
    Py_BEGIN_ALLOW_THREADS
    number = system_advise(address, (size_t)length, advice);
    Py_END_ALLOW_THREADS
  }
  open_map_release(self->mapped.state, held);
  if (number != 0)
    raise_errno(number);
  return address && number == 0 ? Py_NewRef(Py_None) : NULL;
}

PyObject *mmap_madvise(PyObject *object, PyObject *const *arguments, Py_ssize_t count) {
  mmap_object *self = (mmap_object *)object;
  Py_ssize_t start = 0, length;
  int advice;
  if (mapped_check_open(&self->mapped) < 0 || check_count("madvise", count, 1, 3) < 0 ||
      to_int(arguments[0], &advice) < 0 || (count > 1 && to_size(arguments[1], &start) < 0))
    return NULL;
  length = self->size;
  if ((count > 2 && to_size(arguments[2], &length) < 0) || mapped_check_open(&self->mapped) < 0)
    return NULL;
  if (start < 0 || start >= self->size)
    return fail(PyExc_ValueError, "madvise start out of bounds");
  if (length < 0)
    return fail(PyExc_ValueError, "madvise length invalid");
  if (length > PY_SSIZE_T_MAX - start)
    return fail(PyExc_OverflowError, "madvise length too large");
  if (length > self->size - start)
    length = self->size - start;
  if (may_be_ignored(self, advice, start))
    Py_RETURN_NONE;
  return advise(self, start, length, advice);
}

/* ---- move ---- */

static PyObject *move_bytes(mmap_object *self, Py_ssize_t to, Py_ssize_t from, Py_ssize_t length) {
  open_map *held = mapped_hold(&self->mapped);
  int r;
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_move(held->map, (uint64_t)to, (uint64_t)from, (uint64_t)length);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(&self->mapped);
  open_map_release(self->mapped.state, held);
  return r < 0 ? NULL : Py_NewRef(Py_None);
}

static int is_inside(const mmap_object *self, Py_ssize_t offset, Py_ssize_t length) {
  return offset >= 0 && length >= 0 && offset <= self->size && length <= self->size - offset;
}

PyObject *mmap_move(PyObject *object, PyObject *const *arguments, Py_ssize_t count) {
  mmap_object *self = (mmap_object *)object;
  Py_ssize_t to, from, length;
  if (mapped_check_open(&self->mapped) < 0 || check_count("move", count, 3, 3) < 0 ||
      to_size(arguments[0], &to) < 0 || to_size(arguments[1], &from) < 0 ||
      to_size(arguments[2], &length) < 0 || mapped_check_open(&self->mapped) < 0 ||
      mmap_check_writable(self) < 0)
    return NULL;
  if (!is_inside(self, to, length) || !is_inside(self, from, length))
    return fail(PyExc_ValueError, "source, destination, or count out of range");
  return move_bytes(self, to, from, length);
}

/* ---- size ---- */

static PyObject *raise_untracked(module_state *state) {
  PyObject *exception = PyObject_CallFunction(state->untracked_error, "is", EBADF, strerror(EBADF));
  if (exception)
    PyErr_SetObject(state->untracked_error, exception);
  Py_XDECREF(exception);
  return NULL;
}

PyObject *mmap_get_size(PyObject *object, PyObject *Py_UNUSED(unused)) {
  mmap_object *self = (mmap_object *)object;
  tome_info info = {.struct_size = offsetof(tome_info, allocated)};
  int r;
  if (mapped_check_open(&self->mapped) < 0)
    return NULL;
  if (!self->tracked)
    return raise_untracked(self->mapped.state);
  if (self->backing != OF_FILE)
    return PyLong_FromSsize_t(self->is_zero_device ? 0 : self->size);
  open_map *held = mapped_hold(&self->mapped);
  Py_BEGIN_ALLOW_THREADS
  r = tome_info_get(held->map, &info);
  Py_END_ALLOW_THREADS
  if (r < 0)
    mapped_raise(&self->mapped);
  open_map_release(self->mapped.state, held);
  return r < 0 ? NULL : PyLong_FromUnsignedLongLong(info.file_size);
}

/* Copies `length` bytes from one map to another, but for zeros, which are there already. 0, or a code of the library. */
static int copy(tome *from, tome *to, Py_ssize_t length, char *piece) {
  for (Py_ssize_t done = 0, n; done < length; done += n) {
    n = length - done < PIECE ? length - done : PIECE;
    int r = tome_read(from, (uint64_t)done, piece, (size_t)n);
    if (r == 0 && (piece[0] || memcmp(piece, piece + 1, (size_t)n - 1) != 0))
      r = tome_write(to, (uint64_t)done, piece, (size_t)n);
    if (r < 0)
      return r;
  }
  return 0;
}

/* Private memory is a map of fixed size: its bytes go to a new one. The lock is kept, so that no store is lost between. */
static PyObject *replace(mmap_object *self, Py_ssize_t size) {
  open_map *old = self->mapped.open;
  tome *map;
  if (self->mapped.exports > 0 || old->holders > 1)
    return fail(PyExc_BufferError, "mmap can't resize private memory that is in use.");
  if (mmap_open_private(size, &map) < 0)
    return PyErr_SetFromErrno(PyExc_OSError);
  char *piece = PyMem_Malloc((size_t)PIECE);
  int r = piece ? copy(old->map, map, size < self->size ? size : self->size, piece) : 0;
  PyMem_Free(piece);
  if (!piece || r < 0) {
    piece ? mapped_raise(&self->mapped) : PyErr_NoMemory();
    tome_close(map);
    return NULL;
  }
  if (mapped_open(&self->mapped, map) < 0) {
    self->mapped.open = old;
    return NULL;
  }
  self->size = size;
  open_map_release(self->mapped.state, old);
  return Py_NewRef(Py_None);
}

/* Also a failure may have found that the file was cut by another: the length is what the map has then. */
static PyObject *resize_file(mmap_object *self, Py_ssize_t size) {
  open_map *held = mapped_hold(&self->mapped);
  int r;
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_resize(held->map, (uint64_t)size);
  Py_END_ALLOW_THREADS
  if (r == TOME_EBUSY && self->mapped.exports > 0)
    fail(PyExc_BufferError, "mmap can't resize with extant buffers exported.");
  else if (r < 0)
    mapped_raise(&self->mapped);
  self->size = (Py_ssize_t)tome_size(held->map);
  open_map_release(self->mapped.state, held);
  return r < 0 ? NULL : Py_NewRef(Py_None);
}

static int may_resize(const mmap_object *self, Py_ssize_t size) {
  int number;
  if (self->mapped.exports > 0 && size < self->size)
    fail(PyExc_BufferError, "mmap can't resize with extant buffers exported.");
  else if (!self->tracked)
    fail(PyExc_ValueError, "mmap can't resize with trackfd=False.");
  else if (self->access == ACCESS_READ || self->access == ACCESS_COPY ||
           (self->is_private && self->backing == OF_FILE))
    fail(PyExc_TypeError, "mmap can't resize a readonly or copy-on-write memory map.");
  else if (size < 0 || size > PY_SSIZE_T_MAX - self->offset)
    fail(PyExc_ValueError, "new size out of range");
  else if (size == 0 || self->is_zero_device)
    raise_errno(EINVAL);
  else if (self->backing == OF_MEMORY && size > self->size &&
           (number = system_has_memory(size, MAP_SHARED, self->protection)) != 0)
    raise_errno(number);
  else
    return 1;
  return 0;
}

PyObject *mmap_resize(PyObject *object, PyObject *argument) {
  mmap_object *self = (mmap_object *)object;
  Py_ssize_t size;
  if (mapped_check_open(&self->mapped) < 0 || to_size(argument, &size) < 0 ||
      mapped_check_open(&self->mapped) < 0 || !may_resize(self, size))
    return NULL;
  PyObject *result =
      self->backing == OF_PRIVATE_MEMORY ? replace(self, size) : resize_file(self, size);
  if (result && (self->protection & PROT_EXEC) && self->mapped.open && mmap_protect(self) < 0)
    Py_CLEAR(result);
  return result;
}

PyObject *mmap_check(PyObject *object, PyObject *Py_UNUSED(unused)) {
  return mapped_check((mapped *)object) < 0 ? NULL : Py_NewRef(Py_None);
}
