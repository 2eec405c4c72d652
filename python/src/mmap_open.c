/* mmap(fileno, length, flags, prot, access, offset, *, trackfd): what the standard type and the system below it take, and refuse
 * in the same order with the same exceptions; carried out by the library. */
#include "mmap_object.h"
#include "mmap_system.h"

#include <errno.h>
#include <sys/mman.h>
#include <tome/tome.h>
#include <unistd.h>

#define KINDS_OF_MAPS 0x0f

/* What was asked for. */
typedef struct request {
  int descriptor;
  Py_ssize_t length;
  int flags;
  int protection;
  int access;
  long long offset;
  int tracked;
  file_facts file; /* unless `memory` */
  enum backing backing;
} request;

static int raise_errno(int number) {
  errno = number;
  PyErr_SetFromErrno(PyExc_OSError);
  return -1;
}

static int raise_value(const char *message) {
  PyErr_SetString(PyExc_ValueError, message);
  return -1;
}

/* ---- what Python refuses ---- */

static int parse(PyObject *arguments, PyObject *keywords, request *r) {
  static const char *const names[] = {"fileno", "length", "flags",   "prot",
                                      "access", "offset", "trackfd", NULL};
  *r = (request){.flags = MAP_SHARED, .protection = PROT_READ | PROT_WRITE, .tracked = 1};
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "in|iiiL$p:mmap", KEYWORD_NAMES(names),
                                   &r->descriptor, &r->length, &r->flags, &r->protection,
                                   &r->access, &r->offset, &r->tracked))
    return -1;
  return PySys_Audit("mmap.__new__", "iniL", r->descriptor, r->length, r->access, r->offset);
}

/* Makes access, flags and protection say the same. */
static int settle_access(request *r) {
  int both = PROT_READ | PROT_WRITE;
  if (r->access != ACCESS_DEFAULT && (r->flags != MAP_SHARED || r->protection != both))
    return raise_value("mmap can't specify both access and flags, prot.");
  switch (r->access) {
  case ACCESS_DEFAULT:
    if ((r->protection & both) != both)
      r->access = r->protection & PROT_WRITE ? ACCESS_WRITE : ACCESS_READ;
    return 0;
  case ACCESS_READ:
    r->protection = PROT_READ;
    return 0;
  case ACCESS_WRITE:
    return 0;
  case ACCESS_COPY:
    r->flags = MAP_PRIVATE;
    return 0;
  default:
    return raise_value("mmap invalid access parameter.");
  }
}

static int check_arguments(request *r) {
  if (r->length >= 0 && r->offset >= 0)
    return settle_access(r);
  PyErr_SetString(PyExc_OverflowError, r->length < 0 ? "memory mapped length must be positive"
                                                     : "memory mapped offset must be positive");
  return -1;
}

/* Compares the request with a regular file's size, and fills in the length. */
static int measure(request *r) {
  long long size = r->file.size;
  if (r->length > 0) {
    if (r->offset > size || size - r->offset < r->length)
      return raise_value("mmap length is greater than file size");
    return 0;
  }
  if (size == 0)
    return raise_value("cannot mmap an empty file");
  if (r->offset >= size)
    return raise_value("mmap offset is greater than file size");
  if (size - r->offset > PY_SSIZE_T_MAX)
    return raise_value("mmap length is too large");
  r->length = (Py_ssize_t)(size - r->offset);
  return 0;
}

/* ---- what the system refuses ---- */

static int is_writable(const request *r) {
  return r->protection & PROT_WRITE;
}

static int is_private(const request *r) {
  return (r->flags & KINDS_OF_MAPS) == MAP_PRIVATE;
}

/* The error number, or 0. The library maps regular files and block devices; here other devices are like what cannot be mapped. */
static int refuse_file(const request *r) {
  if (!r->file.readable || (is_writable(r) && !is_private(r) && !r->file.writable))
    return EACCES;
  return r->file.kind == OTHER_FILE ? ENODEV : 0;
}

static int refuse(const request *r) {
  long long page = sysconf(_SC_PAGESIZE);
  int kind = r->flags & KINDS_OF_MAPS;
  if (r->offset % page != 0)
    return EINVAL;
  if (r->backing == OF_FILE && r->file.only_path)
    return EBADF;
  if (r->length == 0)
    return EINVAL;
  if (r->length > PY_SSIZE_T_MAX - page)
    return ENOMEM;
  if (kind < MAP_SHARED || kind > (MAP_SHARED | MAP_PRIVATE))
    return EINVAL;
  if (r->backing != OF_FILE)
    return system_has_memory(r->length, r->flags, r->protection);
  return refuse_file(r);
}

static int look_at_file(request *r) {
  int number = r->descriptor == -1 ? 0 : system_ask(r->descriptor, &r->file);
  if (number != 0)
    return raise_errno(number);
  if (r->descriptor != -1 && r->file.kind == REGULAR_FILE && measure(r) < 0)
    return -1;
  if (r->descriptor == -1 || (r->flags & MAP_ANONYMOUS) || r->file.kind == ZERO_DEVICE)
    r->backing = is_private(r) ? OF_PRIVATE_MEMORY : OF_MEMORY;
  number = refuse(r);
  return number != 0 ? raise_errno(number) : 0;
}

/* ---- opening ---- */

int mmap_open_private(Py_ssize_t size, tome **ret) {
  int descriptor, number = system_memory(size, &descriptor);
  if (number != 0) {
    errno = number;
    return -1;
  }
  tome_options options = TOME_OPTIONS_INIT;
  options.length = (uint64_t)size;
  int r = tome_open_fd(ret, descriptor, TOME_COPY, &options);
  number = tome_error_last()->system;
  close(descriptor);
  errno = number != 0 ? number : ENOMEM;
  return r;
}

static int open_file(const request *r, tome **ret) {
  tome_options options = TOME_OPTIONS_INIT;
  options.offset = (uint64_t)r->offset;
  options.length = (uint64_t)r->length;
  uint32_t flags = !is_writable(r) ? TOME_READ : is_private(r) ? TOME_COPY : TOME_WRITE;
  return tome_open_fd(ret, r->descriptor, flags, &options);
}

/* Opens what was asked for; 0, or -1 and raised. */
static int open_request(mmap_object *self, const request *r) {
  tome *map;
  int done;
  Py_BEGIN_ALLOW_THREADS
  if (r->backing == OF_FILE)
    done = open_file(r, &map);
  else if (r->backing == OF_MEMORY)
    done = tome_anonymous(&map, (uint64_t)r->length, NULL);
  else
    done = mmap_open_private(r->length, &map);
  Py_END_ALLOW_THREADS
  if (done < 0) {
    if (r->backing == OF_PRIVATE_MEMORY)
      PyErr_SetFromErrno(PyExc_OSError);
    else
      mapped_raise(&self->mapped);
    return -1;
  }
  return mapped_open(&self->mapped, map);
}

static void fill_in(mmap_object *self, const request *r) {
  self->size = r->length;
  self->offset = r->offset;
  self->access = (enum access)r->access;
  self->backing = r->backing;
  self->protection = r->protection;
  self->readable = (r->protection & (PROT_READ | PROT_WRITE)) != 0; /* writable pages can be read */
  self->tracked = r->tracked != 0;
  self->is_private = is_private(r) != 0;
  self->is_zero_device = r->descriptor != -1 && r->file.kind == ZERO_DEVICE;
}

/* What flags and protection ask for beyond that. */
static int finish(mmap_object *self, const request *r) {
  if ((r->protection & PROT_EXEC) && mmap_protect(self) < 0)
    return -1;
#ifdef MAP_POPULATE
  open_map *held = r->flags & MAP_POPULATE ? mapped_hold(&self->mapped) : NULL;
  if (held) {
    Py_BEGIN_ALLOW_THREADS
    tome_warm(held->map, 0, TOME_END, NULL);
    Py_END_ALLOW_THREADS
    open_map_release(self->mapped.state, held);
  }
#endif
  return 0;
}

static int name_file(mmap_object *self, const request *r) {
  if (r->backing != OF_FILE)
    return 0;
  PyObject *name = system_name(r->descriptor);
  if (!name)
    return -1;
  if (name != Py_None)
    self->mapped.path = Py_NewRef(name);
  Py_DECREF(name);
  return 0;
}

PyObject *mmap_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  request r;
  if (parse(arguments, keywords, &r) < 0 || check_arguments(&r) < 0 || look_at_file(&r) < 0)
    return NULL;
  mmap_object *self = (mmap_object *)type->tp_alloc(type, 0);
  if (!self)
    return NULL;
  self->mapped.state = state_of_type(type);
  fill_in(self, &r);
  if (open_request(self, &r) < 0 || name_file(self, &r) < 0 || finish(self, &r) < 0)
    Py_CLEAR(self);
  return (PyObject *)self;
}
