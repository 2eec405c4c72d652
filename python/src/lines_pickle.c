/* Pickles of Lines: the file, the parts of it that they are of, and the slices. */
#include "lines_selection.h"

/* ---- taking apart ---- */

/* The slices as a tuple of triples. */
static PyObject *slices_of(lines_object *self) {
  PyObject *slices = PyTuple_New(Py_SIZE(self));
  for (Py_ssize_t i = 0; slices && i < Py_SIZE(self); i++) {
    const line_slice *s = &self->slices[i];
    PyObject *slice = Py_BuildValue("nnn", s->start, s->stop, s->step);
    if (slice)
      PyTuple_SET_ITEM(slices, i, slice);
    else
      Py_CLEAR(slices);
  }
  return slices;
}

/* The parts as a list of triples; None: all of the file. */
static PyObject *parts_of(const line_parts *parts) {
  if (!parts)
    Py_RETURN_NONE;
  PyObject *list = PyList_New(0);
  for (size_t i = 0; list && i < parts->count; i++) {
    const line_part *p = &parts->part[i];
    PyObject *part =
        Py_BuildValue("KKK", (unsigned long long)p->range.offset,
                      (unsigned long long)p->range.length, (unsigned long long)p->before);
    if (!part || PyList_Append(list, part) < 0)
      Py_CLEAR(list);
    Py_XDECREF(part);
  }
  return list;
}

PyObject *lines_take_apart(PyObject *module, PyObject *object) {
  module_state *state = PyModule_GetState(module);
  if (!PyObject_TypeCheck(object, state->lines))
    return PyErr_Format(PyExc_TypeError, "Lines are wanted, not %.200s", Py_TYPE(object)->tp_name);
  lines_object *self = (lines_object *)object;
  unsigned long long lines = self->parts ? self->parts->lines : 0;
  PyObject *parts = parts_of(self->parts), *slices = slices_of(self);
  if (parts && slices)
    return Py_BuildValue("ONKN", self->file, parts, lines, slices);
  Py_XDECREF(parts);
  Py_XDECREF(slices);
  return NULL;
}

/* ---- putting together ---- */

static int parse_part(PyObject *object, line_part *ret) {
  unsigned long long offset, length, before;
  if (!PyTuple_Check(object)) {
    PyErr_SetString(PyExc_TypeError, "a part of a file is (offset, length, lines before)");
    return -1;
  }
  if (!PyArg_ParseTuple(object, "KKK", &offset, &length, &before))
    return -1;
  if (offset > INT64_MAX || length > INT64_MAX - offset) {
    PyErr_SetString(PyExc_ValueError, "no part of a file");
    return -1;
  }
  *ret = (line_part){{offset, length}, before};
  return 0;
}

static line_parts *make_parts(PyObject *list, uint64_t lines) {
  size_t count = (size_t)PyList_GET_SIZE(list);
  line_parts *parts = PyMem_Malloc(sizeof *parts + (count + 1) * sizeof parts->part[0]);
  if (!parts) {
    PyErr_NoMemory();
    return NULL;
  }
  *parts = (line_parts){1, count, lines};
  for (size_t i = 0; i < count; i++) {
    if (parse_part(PyList_GET_ITEM(list, (Py_ssize_t)i), &parts->part[i]) < 0) {
      PyMem_Free(parts);
      return NULL;
    }
  }
  return parts;
}

static PyObject *sliced(PyObject *lines, PyObject *triple) {
  PyObject *start, *stop, *step;
  PyObject *slice = PyTuple_Check(triple) && PyTuple_GET_SIZE(triple) == 3 &&
                            PyArg_ParseTuple(triple, "OOO", &start, &stop, &step)
                        ? PySlice_New(start, stop, step)
                        : NULL;
  PyObject *result = slice ? PyObject_GetItem(lines, slice) : NULL;
  if (!slice && !PyErr_Occurred())
    PyErr_SetString(PyExc_TypeError, "a slice is (start, stop, step)");
  Py_XDECREF(slice);
  return result;
}

PyObject *lines_put_together(PyObject *module, PyObject *args) {
  module_state *state = PyModule_GetState(module);
  PyObject *file, *list, *slices;
  unsigned long long count;
  if (!PyArg_ParseTuple(args, "O!OKO!", state->file, &file, &list, &count, &PyTuple_Type, &slices))
    return NULL;
  if (list != Py_None && (!PyList_CheckExact(list) || PyList_GET_SIZE(list) == 0))
    return PyErr_Format(PyExc_TypeError, "parts are a list that is not empty, or None");
  line_parts *parts = list == Py_None ? NULL : make_parts(list, count);
  if (list != Py_None && !parts)
    return NULL;
  PyObject *lines = lines_new((file_object *)file, parts);
  for (Py_ssize_t i = 0; lines && i < PyTuple_GET_SIZE(slices); i++)
    Py_SETREF(lines, sliced(lines, PyTuple_GET_ITEM(slices, i)));
  return lines;
}
