/* Opening a File: what Python's arguments mean to the library, and how to give them again. */
#include "file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* ---- modes ---- */

typedef struct open_mode {
  const char *name;
  uint32_t flags;
  int system; /* what an auditor of "open" is told */
} open_mode;

static const open_mode modes[] = {
    {"r", TOME_READ, O_RDONLY},
    {"r+", TOME_WRITE, O_RDWR},
    {"w+", TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, O_RDWR | O_CREAT | O_TRUNC},
    {"x+", TOME_WRITE | TOME_CREATE | TOME_EXCL, O_RDWR | O_CREAT | O_EXCL},
    {"c", TOME_COPY, O_RDONLY},
};

/* Whether they are the same but for a 'b' ("binary"), which open() wants and which says nothing here. */
static int is_mode(const char *given, const char *name) {
  const char *b = given[0] ? strchr(given + 1, 'b') : NULL;
  if (!b)
    return strcmp(given, name) == 0;
  size_t before = (size_t)(b - given);
  return strncmp(given, name, before) == 0 && strcmp(b + 1, name + before) == 0;
}

static const open_mode *find_mode(PyObject *name) {
  Py_ssize_t length;
  const char *given = PyUnicode_AsUTF8AndSize(name, &length);
  int is_text = given && strlen(given) == (size_t)length;
  PyErr_Clear(); /* of half a character */
  for (size_t i = 0; is_text && i < sizeof modes / sizeof modes[0]; i++)
    if (is_mode(given, modes[i].name))
      return &modes[i];
  PyErr_Format(PyExc_ValueError, "mode must be 'r', 'r+', 'w+', 'x+' or 'c', not %R", name);
  return NULL;
}

/* ---- arguments ---- */

typedef struct arguments {
  PyObject *name; /* str, bytes or int; owned */
  const open_mode *mode;
  uint32_t flags;
  tome_options options;
} arguments;

/* Which flags the keywords add to the mode's. */
static int add_flags(arguments *a, int create, int grow, int sparse) {
  const char *wrong = create && !(a->mode->flags & TOME_WRITE)   ? "create"
                      : grow && !(a->mode->flags & TOME_WRITE)   ? "grow"
                      : sparse && !(a->mode->flags & TOME_WRITE) ? "sparse"
                                                                 : NULL;
  if (wrong) {
    PyErr_Format(PyExc_ValueError, "%s needs a mode that writes, not '%s'", wrong, a->mode->name);
    return -1;
  }
  a->flags = a->mode->flags | (create ? TOME_CREATE : 0) | (grow ? TOME_GROW : 0) |
             (sparse ? TOME_SPARSE : 0);
  return 0;
}

static int set_permissions(arguments *a, PyObject *permissions) {
  uint64_t value;
  if (file_unsigned(permissions, "permissions", &value) < 0)
    return -1;
  if (value > 07777) {
    PyErr_SetString(PyExc_ValueError, "permissions must be at most 0o7777");
    return -1;
  }
  a->options.mode = (uint32_t)value;
  return 0;
}

static int raise_no_path(PyObject *object) {
  PyErr_Format(PyExc_TypeError,
               "path must be str, bytes, os.PathLike or a descriptor, not %.200s%s",
               Py_TYPE(object)->tp_name,
               PyObject_HasAttrString(object, "fileno") ? "; pass its fileno()" : "");
  return -1;
}

/* A path as str or bytes, a descriptor as int. */
static int set_name(arguments *a, PyObject *path) {
  if (!PyLong_Check(path)) {
    int is_path = PyUnicode_Check(path) || PyBytes_Check(path) ||
                  PyObject_HasAttrString((PyObject *)Py_TYPE(path), "__fspath__");
    a->name = is_path ? PyOS_FSPath(path) : NULL;
    return a->name ? 0 : is_path ? -1 : raise_no_path(path);
  }
  if (a->flags & TOME_EXCL) {
    PyErr_SetString(PyExc_ValueError, "mode 'x+' makes a file: it needs a path, not a descriptor");
    return -1;
  }
  a->flags &= ~TOME_CREATE; /* it exists */
  a->name = Py_NewRef(path);
  return 0;
}

static int parse(arguments *a, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"path",    "mode",        "offset", "length",
                                      "create",  "grow",        "sparse", "advice",
                                      "reserve", "permissions", NULL};
  PyObject *path, *mode = NULL, *offset = NULL, *length = NULL, *advice = NULL, *reserve = NULL,
                  *permissions = NULL;
  int create = 0, grow = 0, sparse = 0;
  tome_range part;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|U$OOpppOOO:File", KEYWORD_NAMES(names), &path,
                                   &mode, &offset, &length, &create, &grow, &sparse, &advice,
                                   &reserve, &permissions))
    return -1;
  a->mode = mode ? find_mode(mode) : &modes[0];
  if (!a->mode || add_flags(a, create, grow, sparse) < 0 || file_range(offset, length, &part) < 0 ||
      file_advice(advice, &a->options.advice) < 0 ||
      (reserve && file_unsigned(reserve, "reserve", &a->options.reserve) < 0) ||
      (permissions && set_permissions(a, permissions) < 0))
    return -1;
  a->options.offset = part.offset;
  a->options.length = part.length;
  return set_name(a, path);
}

/* ---- opening ---- */

static int open_descriptor(tome **ret, const arguments *a) {
  int overflow, r;
  long fd = PyLong_AsLongAndOverflow(a->name, &overflow);
  if (overflow || fd < 0 || fd > INT_MAX)
    fd = -1; /* which no descriptor is */
  Py_BEGIN_ALLOW_THREADS
  r = tome_open_fd(ret, (int)fd, a->flags, &a->options);
  Py_END_ALLOW_THREADS
  return r;
}

/* As tome_open(), or 1: raised. */
static int open_path(tome **ret, const arguments *a) {
  PyObject *path;
  int r;
  if (!PyUnicode_FSConverter(a->name, &path))
    return 1;
  Py_BEGIN_ALLOW_THREADS
  r = tome_open(ret, PyBytes_AS_STRING(path), a->flags, &a->options);
  Py_END_ALLOW_THREADS
  Py_DECREF(path);
  return r;
}

/* How long a file is: 1, or 0 where that is not known. One that was made, and is gone again as it could not be opened, was empty. */
static int size_of(const arguments *a, unsigned long long *ret) {
  struct stat status = {.st_mode = S_IFREG};
  PyObject *path = NULL;
  int known = 0;
  if (PyLong_Check(a->name))
    known = fstat((int)PyLong_AsLong(a->name), &status) == 0;
  else if (PyUnicode_FSConverter(a->name, &path))
    known = stat(PyBytes_AS_STRING(path), &status) == 0 || (a->flags & TOME_CREATE) != 0;
  Py_XDECREF(path);
  PyErr_Clear();
  if (!known || !S_ISREG(status.st_mode))
    return 0;
  *ret = (unsigned long long)status.st_size;
  return 1;
}

/* The part is not inside the file: says so in numbers, where they are known. */
static void raise_part(module_state *state, const arguments *a) {
  unsigned long long offset = a->options.offset, length = a->options.length, size;
  const char *hint = a->mode->flags & TOME_WRITE ? "; without length=, resize() makes room" : "";
  if (!size_of(a, &size))
    raise_failure(state, a->name);
  else if (length == TOME_END)
    PyErr_Format(PyExc_ValueError, "%R has %llu bytes: offset %llu is outside of it", a->name, size,
                 offset);
  else
    PyErr_Format(PyExc_ValueError, "%R has %llu bytes: offset %llu, length %llu is outside of it%s",
                 a->name, size, offset, length, hint);
}

static int open_map_of(module_state *state, const arguments *a, tome **ret) {
  if (PySys_Audit("open", "Osi", a->name, a->mode->name, a->mode->system) < 0)
    return -1;
  int r = PyLong_Check(a->name) ? open_descriptor(ret, a) : open_path(ret, a);
  if (r == TOME_ERANGE)
    raise_part(state, a);
  else if (r < 0)
    raise_failure(state, a->name);
  return r == 0 ? 0 : -1;
}

/* The path from the root, so that another directory, or process, finds the file too. It is not made any simpler than that: what
 * ".." means depends on links. A new reference; the name itself where the working directory is not known; NULL: no memory. */
static PyObject *absolute(PyObject *name) {
  PyObject *os = PyImport_ImportModule("os");
  PyObject *folder =
      os ? PyObject_CallMethod(os, PyBytes_Check(name) ? "getcwdb" : "getcwd", NULL) : NULL;
  PyObject *paths = folder ? PyObject_GetAttrString(os, "path") : NULL;
  PyObject *joined = paths ? PyObject_CallMethod(paths, "join", "OO", folder, name) : NULL;
  Py_XDECREF(paths);
  Py_XDECREF(folder);
  Py_XDECREF(os);
  if (!joined && PyErr_ExceptionMatches(PyExc_OSError)) {
    PyErr_Clear();
    return Py_NewRef(name);
  }
  return joined;
}

/* Puts together what was opened. NULL: raised, and the map is closed. */
static PyObject *make(PyTypeObject *type, module_state *state, arguments *a, PyObject *path,
                      tome *map) {
  file_object *self = (file_object *)type->tp_alloc(type, 0);
  if (!self) {
    tome_close(map);
    return NULL;
  }
  self->mapped.state = state;
  self->mapped.path = Py_XNewRef(path);
  self->flags = a->flags;
  self->options = a->options;
  self->name = Py_NewRef(a->name);
  self->mode = a->mode->name;
  if (mapped_open(&self->mapped, map) < 0)
    Py_CLEAR(self);
  return (PyObject *)self;
}

PyObject *file_new(PyTypeObject *type, PyObject *args, PyObject *keywords) {
  arguments a = {.options = TOME_OPTIONS_INIT};
  module_state *state = state_of_type(type);
  PyObject *path = NULL, *self = NULL;
  tome *map;
  if (parse(&a, args, keywords) < 0)
    return NULL;
  if ((PyLong_Check(a.name) || (path = absolute(a.name))) && open_map_of(state, &a, &map) == 0)
    self = make(type, state, &a, path, map);
  Py_XDECREF(path);
  Py_DECREF(a.name);
  return self;
}

/* ---- opening again ---- */

static PyObject *advice_name(uint32_t advice) {
  if (advice == TOME_ADVICE_NOTICE)
    Py_RETURN_NONE;
  return PyUnicode_FromString(advice == TOME_ADVICE_RANDOM ? "random" : "sequential");
}

PyObject *file_keywords(file_object *self) {
  PyObject *length = self->options.length == TOME_END
                         ? Py_NewRef(Py_None)
                         : PyLong_FromUnsignedLongLong(file_size(self)); /* it may be another now */
  PyObject *advice = advice_name(self->options.advice);
  PyObject *keywords =
      length && advice
          ? Py_BuildValue("{sK sO sO sO sO sK}", "offset", (unsigned long long)self->options.offset,
                          "length", length, "grow", self->flags & TOME_GROW ? Py_True : Py_False,
                          "sparse", self->flags & TOME_SPARSE ? Py_True : Py_False, "advice",
                          advice, "reserve", (unsigned long long)self->options.reserve)
          : NULL;
  Py_XDECREF(length);
  Py_XDECREF(advice);
  return keywords;
}
