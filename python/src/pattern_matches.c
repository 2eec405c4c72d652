/* Matches of expressions, and iterators over them.
 *
 * A match has a copy of its bytes, as they were soon after it was found; if they are many it reads them when asked for them. */
#include "found.h"

/* More bytes are not copied unless they are asked for. */
#define MOST_COPIED ((uint64_t)64 << 10)

/* ---- matches ---- */

typedef struct match_object {
  PyObject_HEAD
  tome_range range;
  PyObject *bytes;   /* or NULL: they are */
  file_object *file; /* read from here */
} match_object;

static PyObject *match_bytes(match_object *self) {
  if (self->bytes)
    return Py_NewRef(self->bytes);
  if (mapped_check_open(&self->file->mapped) < 0)
    return NULL;
  return mapped_bytes(&self->file->mapped, self->range.offset, (Py_ssize_t)self->range.length);
}

/* The group that a method is asked for: there is only 0, the whole match. 0, or -1 and raised. */
static int check_group(PyObject *const *args, Py_ssize_t count) {
  Py_ssize_t group;
  if (count == 0 || (count == 1 && is_plain_integer(args[0], &group) && group == 0))
    return 0;
  PyErr_SetString(PyExc_IndexError, "no such group: tome.Match has the whole match only; give "
                                    "finditer what re.compile() makes for groups");
  return -1;
}

static PyObject *match_start(PyObject *self, PyObject *const *args, Py_ssize_t count) {
  return check_group(args, count) < 0
             ? NULL
             : PyLong_FromUnsignedLongLong(((match_object *)self)->range.offset);
}

static PyObject *match_end(PyObject *self, PyObject *const *args, Py_ssize_t count) {
  tome_range range = ((match_object *)self)->range;
  return check_group(args, count) < 0 ? NULL
                                      : PyLong_FromUnsignedLongLong(range.offset + range.length);
}

static PyObject *match_span(PyObject *self, PyObject *const *args, Py_ssize_t count) {
  tome_range range = ((match_object *)self)->range;
  unsigned long long from = range.offset, to = from + range.length;
  return check_group(args, count) < 0 ? NULL : Py_BuildValue("KK", from, to);
}

static PyObject *match_group(PyObject *self, PyObject *const *args, Py_ssize_t count) {
  return check_group(args, count) < 0 ? NULL : match_bytes((match_object *)self);
}

static PyObject *match_item(PyObject *self, PyObject *key) {
  return match_group(self, &key, 1);
}

/* What another process shall have is the bytes, also where they are many. */
static PyObject *match_reduce(PyObject *object, PyObject *nothing) {
  match_object *self = (match_object *)object;
  PyObject *again = PyObject_GetAttrString(state_of_type(Py_TYPE(object))->module, "_match");
  PyObject *bytes = again ? match_bytes(self) : NULL;
  (void)nothing;
  if (bytes)
    return Py_BuildValue("N(KN)", again, (unsigned long long)self->range.offset, bytes);
  Py_XDECREF(again);
  return NULL;
}

static PyObject *match_repr(PyObject *object) {
  match_object *self = (match_object *)object;
  unsigned long long begin = self->range.offset, end = begin + self->range.length;
  if (!self->bytes)
    return PyUnicode_FromFormat("<tome.Match span=(%llu, %llu)>", begin, end);
  return PyUnicode_FromFormat("<tome.Match span=(%llu, %llu), match=%.50R>", begin, end,
                              self->bytes);
}

static int match_traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(((match_object *)object)->file);
  return 0;
}

static void match_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  match_object *self = (match_object *)object;
  PyObject_GC_UnTrack(object);
  Py_XDECREF(self->bytes);
  Py_XDECREF(self->file);
  type->tp_free(object);
  Py_DECREF(type);
}

PyDoc_STRVAR(start_doc, "start($self, group=0, /)\n--\n\nWhere the match begins, in the file.");
PyDoc_STRVAR(end_doc, "end($self, group=0, /)\n--\n\nWhere it ends.");
PyDoc_STRVAR(span_doc, "span($self, group=0, /)\n--\n\nBoth, as a pair.");
PyDoc_STRVAR(group_doc, "group($self, group=0, /)\n--\n\nIts bytes. IndexError: any other group.");

#define FASTCALL(function) METHOD_WITH_KEYWORDS(function), METH_FASTCALL

static PyMethodDef match_methods[] = {
    {"start", FASTCALL(match_start), start_doc},
    {"end", FASTCALL(match_end), end_doc},
    {"span", FASTCALL(match_span), span_doc},
    {"group", FASTCALL(match_group), group_doc},
    {"__reduce__", match_reduce, METH_NOARGS, "__reduce__($self, /)\n--\n\nIts place and bytes."},
    {NULL, NULL, 0, NULL},
};

static char match_doc[] =
    "A match of an expression: its place, and a copy of its bytes.\n\n"
    "It is the whole match, group 0: match[0] and match.group(0) are match.group().";

static PyType_Slot match_slots[] = {
    {Py_tp_doc, match_doc},
    {Py_tp_dealloc, match_dealloc},
    {Py_tp_traverse, match_traverse},
    {Py_tp_repr, match_repr},
    {Py_tp_methods, match_methods},
    {Py_mp_subscript, match_item},
    {0, NULL},
};

PyType_Spec match_spec = {
    .name = "tome.Match",
    .basicsize = sizeof(match_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = match_slots,
};

/* Takes the bytes over; NULL: they are read from the file when asked for. */
static PyObject *match_new(file_object *file, tome_range range, PyObject *bytes) {
  PyTypeObject *type = file->mapped.state->match;
  match_object *self = (match_object *)type->tp_alloc(type, 0);
  if (!self) {
    Py_XDECREF(bytes);
    return NULL;
  }
  self->range = range;
  self->bytes = bytes;
  if (!bytes)
    self->file = (file_object *)Py_NewRef((PyObject *)file);
  return (PyObject *)self;
}

PyObject *match_put_together(PyObject *module, PyObject *args) {
  module_state *state = PyModule_GetState(module);
  unsigned long long offset;
  PyObject *bytes;
  if (!PyArg_ParseTuple(args, "KO!", &offset, &PyBytes_Type, &bytes))
    return NULL;
  match_object *self = (match_object *)state->match->tp_alloc(state->match, 0);
  if (self) {
    self->range = (tome_range){offset, (uint64_t)PyBytes_GET_SIZE(bytes)};
    self->bytes = Py_NewRef(bytes);
  }
  return (PyObject *)self;
}

/* ---- iterators ---- */

typedef struct matches_object {
  PyObject_HEAD
  match_walk walk;
} matches_object;

PyObject *matches_new(file_object *file, tome_pattern *pattern, tome_range where) {
  PyTypeObject *type = file->mapped.state->matches;
  matches_object *self = (matches_object *)type->tp_alloc(type, 0);
  if (!self) {
    tome_pattern_free(pattern);
    return NULL;
  }
  self->walk.wants_bytes = 1;
  if (walk_begin(&self->walk, file, pattern, where, 0) < 0)
    Py_CLEAR(self);
  return (PyObject *)self;
}

/* A copy of its bytes; NULL without an exception where they are many. */
static PyObject *copy_bytes(match_walk *walk, tome_range match) {
  file_object *file = walk->file;
  const unsigned char *bytes = walk_bytes(walk);
  if (bytes)
    return PyBytes_FromStringAndSize((const char *)bytes, (Py_ssize_t)match.length);
  if (match.length > MOST_COPIED)
    return NULL;
  if (match.offset + match.length > file_size(file)) /* the file has shrunk since */
    return raise_lost(file->mapped.state, file->mapped.path, match);
  return mapped_bytes(&file->mapped, match.offset, (Py_ssize_t)match.length);
}

static PyObject *matches_next(PyObject *object) {
  match_walk *walk = &((matches_object *)object)->walk;
  tome_range match;
  if (walk_next(walk, &match) != 1)
    return NULL;
  file_object *file = (file_object *)Py_NewRef((PyObject *)walk->file);
  PyObject *bytes = copy_bytes(walk, match); /* may give up the lock: the walk may be over then */
  PyObject *made = NULL;
  if (!PyErr_Occurred())
    made = match_new(file, match, bytes);
  else if (!walk->is_busy)
    walk_end(walk);
  Py_DECREF(file);
  return made;
}

static int matches_traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(((matches_object *)object)->walk.file);
  return 0;
}

static int matches_clear(PyObject *object) {
  walk_end(&((matches_object *)object)->walk);
  return 0;
}

static void matches_dealloc(PyObject *object) {
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  (void)matches_clear(object);
  type->tp_free(object);
  Py_DECREF(type);
}

static PyType_Slot matches_slots[] = {
    {Py_tp_dealloc, matches_dealloc}, {Py_tp_traverse, matches_traverse},
    {Py_tp_clear, matches_clear},     {Py_tp_iter, PyObject_SelfIter},
    {Py_tp_iternext, matches_next},   {0, NULL},
};

PyType_Spec matches_spec = {
    .name = "tome.matches_iterator",
    .basicsize = sizeof(matches_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = matches_slots,
};
