/* The type Lines. What its slices mean is found out in lines_selection.c. */
#include "lines_selection.h"

#include <stddef.h>
#include <string.h>

/* Lines so far apart are looked up one by one, and not passed over. */
#define FAR 1000

/* ---- life ---- */

line_parts *line_parts_hold(line_parts *parts) {
  if (parts)
    parts->holders++;
  return parts;
}

void line_parts_release(line_parts *parts) {
  if (parts && --parts->holders == 0)
    PyMem_Free(parts);
}

static lines_object *new_object(file_object *file, line_parts *parts, Py_ssize_t slices) {
  PyTypeObject *type = file->mapped.state->lines;
  lines_object *self = (lines_object *)type->tp_alloc(type, slices);
  if (!self)
    return NULL;
  self->file = (file_object *)Py_NewRef((PyObject *)file);
  self->parts = line_parts_hold(parts);
  return self;
}

PyObject *lines_new(file_object *file, line_parts *parts) {
  PyObject *self = (PyObject *)new_object(file, parts, 0);
  line_parts_release(parts);
  return self;
}

static PyObject *sliced(lines_object *self, const line_slice *last) {
  Py_ssize_t count = Py_SIZE(self);
  lines_object *lines = new_object(self->file, self->parts, count + 1);
  if (lines) {
    memcpy(lines->slices, self->slices, (size_t)count * sizeof *last);
    lines->slices[count] = *last;
  }
  return (PyObject *)lines;
}

static int traverse(PyObject *object, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(((lines_object *)object)->file);
  return 0;
}

static int clear(PyObject *object) {
  (void)object; /* a File lets go of its attributes, and so ends any circle */
  return 0;
}

static void dealloc(PyObject *object) {
  lines_object *self = (lines_object *)object;
  PyTypeObject *type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  Py_XDECREF(self->file);
  line_parts_release(self->parts);
  type->tp_free(object);
  Py_DECREF(type);
}

/* ---- a sequence ---- */

static int find_length(lines_object *self, lines_call *call, uint64_t *ret) {
  selection s;
  int r = lines_resolve(self, call, &s);
  if (r > 0)
    r = lines_make_exact(self, call, &s);
  *ret = s.count;
  return r;
}

static Py_ssize_t length(PyObject *object) {
  lines_object *self = (lines_object *)object;
  lines_call call;
  uint64_t count;
  if (lines_begin(&call, self->file) < 0 || lines_end(&call, find_length(self, &call, &count)) < 0)
    return -1;
  if (count > (uint64_t)PY_SSIZE_T_MAX) {
    PyErr_SetString(PyExc_OverflowError, "too many lines");
    return -1;
  }
  return (Py_ssize_t)count;
}

/* The line of an index, as sequences have it. 1, 0 or less. */
static int find_index(lines_object *self, lines_call *call, Py_ssize_t index, tome_line *ret) {
  selection s;
  size_t part;
  uint64_t i = (uint64_t)index;
  if (index < 0 && Py_SIZE(self) == 0 && lines_are_in_one_part(self))
    return lines_find_last(self, call, 0 - i, 0, ret);
  int r = lines_resolve(self, call, &s);
  if (r > 0 && index < 0) {
    r = lines_make_exact(self, call, &s);
    i += s.count; /* less than 0 is more than there can be */
  }
  if (r <= 0 || i >= s.count ||
      (!s.exact && i > ((uint64_t)INT64_MAX - s.first) / (uint64_t)s.step))
    return r < 0 ? r : 0;
  return lines_find_selected(self, call, &s, i, &part, ret);
}

/* 0, or -1 and raised (IndexError). */
static int line_of_index(lines_object *self, Py_ssize_t index, tome_line *ret) {
  lines_call call;
  if (lines_begin(&call, self->file) < 0)
    return -1;
  int r = lines_end(&call, find_index(self, &call, index, ret));
  if (r == 0)
    PyErr_SetString(PyExc_IndexError, "line index out of range");
  return r > 0 ? 0 : -1;
}

static PyObject *item(PyObject *object, Py_ssize_t index) {
  lines_object *self = (lines_object *)object;
  mapped *file = &self->file->mapped;
  tome_line line = {0, 0, 0};
  if (line_of_index(self, index, &line) < 0 || mapped_check_open(file) < 0)
    return NULL;
  if (line.next - line.offset > (uint64_t)PY_SSIZE_T_MAX)
    return PyErr_NoMemory();
  return mapped_bytes(file, line.offset, (Py_ssize_t)(line.next - line.offset));
}

static PyObject *subscript(PyObject *object, PyObject *key) {
  lines_object *self = (lines_object *)object;
  line_slice slice;
  if (PyIndex_Check(key)) {
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    return index == -1 && PyErr_Occurred() ? NULL : item(object, index);
  }
  if (!PySlice_Check(key))
    return PyErr_Format(PyExc_TypeError, "line indices must be integers or slices, not %.200s",
                        Py_TYPE(key)->tp_name);
  if (PySlice_Unpack(key, &slice.start, &slice.stop, &slice.step) < 0)
    return NULL;
  return sliced(self, &slice);
}

/* ---- iterating ---- */

/* 1, 0 (nothing to go over) or less. */
static int plan_walk(const lines_object *self, lines_call *call, const selection *s,
                     line_walk *walk) {
  tome_line line;
  *walk = (line_walk){.file = self->file,
                      .parts = self->parts,
                      .backward = s->step < 0,
                      .count = s->count,
                      .step = s->step < 0 ? 0 - (uint64_t)s->step : (uint64_t)s->step};
  walk->offset = line_part_range(self->parts, 0).offset;
  if (s->count == 0 || (!s->from_end && s->first == 0 && !walk->backward))
    return 1;
  int r = lines_find_selected(self, call, s, 0, &walk->part, &line);
  if (r > 0)
    walk->offset = walk->backward ? line.next : line.offset;
  else
    walk->count = 0;
  return r;
}

static PyObject *iterate(PyObject *object) {
  lines_object *self = (lines_object *)object;
  lines_call call;
  selection s;
  line_walk walk = {.step = 0};
  if (lines_begin(&call, self->file) < 0)
    return NULL;
  int r = lines_resolve(self, &call, &s);
  int far = r > 0 && (s.step > FAR || s.step < -FAR);
  if (r > 0 && !far)
    r = plan_walk(self, &call, &s, &walk);
  if (lines_end(&call, r) < 0)
    return NULL;
  return far ? PySeqIter_New(object) : lines_iterator_new(&walk);
}

PyDoc_STRVAR(reversed_doc,
             "__reversed__($self, /)\n--\n\nIterate from the last line to the first.");

static PyObject *iterate_back(PyObject *object, PyObject *none) {
  static const line_slice backward = {PY_SSIZE_T_MAX, PY_SSIZE_T_MIN, -1};
  lines_object *self = (lines_object *)object;
  (void)none;
  if (Py_SIZE(self) > 0) {
    PyObject *lines = sliced(self, &backward), *iterator = lines ? iterate(lines) : NULL;
    Py_XDECREF(lines);
    return iterator;
  }
  if (mapped_check_open(&self->file->mapped) < 0)
    return NULL;
  size_t last = self->parts ? self->parts->count - 1 : 0;
  tome_range range = line_part_range(self->parts, last);
  line_walk walk = {.file = self->file,
                    .parts = self->parts,
                    .part = last,
                    .offset = range.length == TOME_END ? TOME_END : range.offset + range.length,
                    .backward = 1,
                    .count = ENDLESS,
                    .step = 1};
  return lines_iterator_new(&walk);
}

/* ---- numbers and offsets ---- */

PyDoc_STRVAR(offset_doc, "offset($self, number, /)\n--\n\n"
                         "Where the first byte of a line is in the file.");

static PyObject *offset_of(PyObject *object, PyObject *number) {
  tome_line line = {0, 0, 0};
  Py_ssize_t index = PyNumber_AsSsize_t(number, PyExc_IndexError);
  if ((index == -1 && PyErr_Occurred()) || line_of_index((lines_object *)object, index, &line) < 0)
    return NULL;
  return PyLong_FromUnsignedLongLong(line.offset);
}

/* The part that a byte is in: 1 or 0. */
static int part_of_offset(const lines_object *self, uint64_t offset, size_t *ret) {
  size_t count = self->parts ? self->parts->count : 1;
  for (size_t i = 0; i < count; i++) {
    tome_range range = line_part_range(self->parts, i);
    if (offset >= range.offset && offset - range.offset < range.length) {
      *ret = i;
      return 1;
    }
  }
  return 0;
}

/* Which of a selection line `number` is: 1 or 0. */
static int index_in(const selection *s, uint64_t number, uint64_t *ret) {
  uint64_t step = s->step < 0 ? 0 - (uint64_t)s->step : (uint64_t)s->step;
  int up = (s->step > 0) != s->from_end;
  if (step == 0 || (up ? number < s->first : number > s->first))
    return 0;
  uint64_t distance = up ? number - s->first : s->first - number;
  *ret = distance / step;
  return distance % step == 0 && *ret < s->count;
}

/* 1, 0 (it is in none of these lines) or less. */
static int find_index_of(lines_object *self, lines_call *call, uint64_t offset, uint64_t *ret) {
  size_t part;
  uint64_t number, lines;
  selection s = {.step = 1};
  if (!part_of_offset(self, offset, &part))
    return 0;
  int r = lines_number(call, line_part_range(self->parts, part), offset, &number);
  if (r > 0)
    r = lines_resolve(self, call, &s);
  if (r <= 0)
    return r;
  number += self->parts ? self->parts->part[part].before : 0;
  if (s.from_end) {
    r = lines_count_all(self, call, &lines);
    number = lines - number;
  }
  return r < 0 ? r : index_in(&s, number, ret);
}

PyDoc_STRVAR(number_doc,
             "number($self, offset, /)\n--\n\n"
             "Which of these lines, from 0, holds a byte of the file. The bytes of a line's\n"
             "end are its own. ValueError: none of them does.");

static PyObject *number_of(PyObject *object, PyObject *argument) {
  lines_object *self = (lines_object *)object;
  lines_call call;
  int64_t place;
  uint64_t number = 0;
  if (file_integer(argument, &place) < 0 || lines_begin(&call, self->file) < 0)
    return NULL;
  uint64_t size = tome_size(call.held->map);
  uint64_t offset = place < 0 ? size + (uint64_t)place : (uint64_t)place;
  int r = lines_end(&call, offset < size ? find_index_of(self, &call, offset, &number) : 0);
  if (r < 0)
    return NULL;
  if (offset >= size)
    return PyErr_Format(PyExc_IndexError, "offset out of range");
  if (r == 0)
    return PyErr_Format(PyExc_ValueError, "none of these lines holds that byte");
  return PyLong_FromUnsignedLongLong(number);
}

/* ---- looking for a line ---- */

static int contains(PyObject *self, PyObject *value) {
  PyObject *iterator = iterate(self), *line;
  int found = 0;
  while (iterator && !found && (line = PyIter_Next(iterator)) != NULL) {
    found = PyObject_RichCompareBool(line, value, Py_EQ);
    Py_DECREF(line);
  }
  Py_XDECREF(iterator);
  return PyErr_Occurred() ? -1 : found;
}

PyDoc_STRVAR(count_doc, "count($self, value, /)\n--\n\nHow many lines are equal to a value.");

static PyObject *count_value(PyObject *self, PyObject *value) {
  Py_ssize_t count = PySequence_Count(self, value);
  return count < 0 ? NULL : PyLong_FromSsize_t(count);
}

PyDoc_STRVAR(index_doc,
             "index($self, value, start=0, stop=None, /)\n--\n\n"
             "The number of the first line that is equal to a value. ValueError: none is.");

static PyObject *index_of(PyObject *object, PyObject *args) {
  PyObject *value, *stop_or_none = Py_None;
  line_slice slice = {0, PY_SSIZE_T_MAX, 1};
  if (!PyArg_ParseTuple(args, "O|nO:index", &value, &slice.start, &stop_or_none))
    return NULL;
  if (stop_or_none != Py_None) {
    slice.stop = PyNumber_AsSsize_t(stop_or_none, NULL);
    if (slice.stop == -1 && PyErr_Occurred())
      return NULL;
  }
  if (slice.start < 0) {
    Py_ssize_t lines = length(object);
    if (lines < 0)
      return NULL;
    slice.start = slice.start + lines < 0 ? 0 : slice.start + lines;
  }
  PyObject *some = sliced((lines_object *)object, &slice);
  Py_ssize_t index = some ? PySequence_Index(some, value) : -1;
  Py_XDECREF(some);
  return index < 0 ? NULL : PyLong_FromSsize_t(slice.start + index);
}

/* ---- the type ---- */

/* As it was written, but that what goes to the end is left out. */
static PyObject *slice_text(const line_slice *slice) {
  char start[24] = "", stop[24] = "", step[24] = "";
  if (slice->start != (slice->step > 0 ? 0 : PY_SSIZE_T_MAX))
    PyOS_snprintf(start, sizeof start, "%zd", slice->start);
  if (slice->stop != (slice->step > 0 ? PY_SSIZE_T_MAX : PY_SSIZE_T_MIN))
    PyOS_snprintf(stop, sizeof stop, "%zd", slice->stop);
  if (slice->step != 1)
    PyOS_snprintf(step, sizeof step, ":%zd", slice->step);
  return PyUnicode_FromFormat("[%s:%s%s]", start, stop, step);
}

static PyObject *repr(PyObject *object) {
  lines_object *self = (lines_object *)object;
  PyObject *text = PyUnicode_FromString("");
  for (Py_ssize_t i = 0; text && i < Py_SIZE(self); i++) {
    PyObject *next = slice_text(&self->slices[i]);
    PyObject *both = next ? PyUnicode_Concat(text, next) : NULL;
    Py_XDECREF(next);
    Py_SETREF(text, both);
  }
  if (!text)
    return NULL;
  PyObject *whole = PyUnicode_FromFormat("<tome.Lines%s%U of %R>", self->parts ? " of a range" : "",
                                         text, self->file);
  Py_DECREF(text);
  return whole;
}

static char lines_doc[] =
    "The lines of a file, with their ends, as a sequence of bytes objects: `f.lines`.\n\n"
    "A slice is Lines again, and like all of them a view: what it means is found out when it is\n"
    "used, so that f.lines[-10:] are the last ten lines also after the file has grown.\n\n"
    "Iterating reads large pieces ahead and ends with the size that the file has then. Lines in "
    "the\n"
    "middle are found by an index, in memory, that is built when it is first needed.";

static PyMethodDef methods[] = {
    {"number", number_of, METH_O, number_doc},
    {"offset", offset_of, METH_O, offset_doc},
    {"count", count_value, METH_O, count_doc},
    {"index", index_of, METH_VARARGS, index_doc},
    {"__reversed__", iterate_back, METH_NOARGS, reversed_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, lines_doc},
    {Py_tp_dealloc, dealloc},
    {Py_tp_traverse, traverse},
    {Py_tp_clear, clear},
    {Py_tp_repr, repr},
    {Py_tp_iter, iterate},
    {Py_tp_methods, methods},
    {Py_sq_length, length},
    {Py_sq_item, item},
    {Py_sq_contains, contains},
    {Py_mp_length, length},
    {Py_mp_subscript, subscript},
    {0, NULL},
};

PyType_Spec lines_spec = {
    .name = "tome.Lines",
    .basicsize = offsetof(lines_object, slices),
    .itemsize = sizeof(line_slice),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};
