/* Python, with what its older versions lack. Every file includes it by this one, and first. */
#ifndef TOME_PYTHON_COMPAT_H
#define TOME_PYTHON_COMPAT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <stdint.h>

#if PY_VERSION_HEX < 0x030A0000
static inline PyObject *Py_NewRef(PyObject *object) {
  Py_INCREF(object);
  return object;
}

static inline PyObject *Py_XNewRef(PyObject *object) {
  Py_XINCREF(object);
  return object;
}

static inline int PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value) {
  Py_XINCREF(value);
  int r = PyModule_AddObject(module, name, value);
  if (r < 0)
    Py_XDECREF(value);
  return r;
}

#define Py_TPFLAGS_DISALLOW_INSTANTIATION 0 /* module.c takes away tp_new instead */
#define Py_TPFLAGS_IMMUTABLETYPE 0
#endif

/* The value of an int of few digits, without a call: 1, or 0 for those of more. */
#if PY_VERSION_HEX >= 0x030C0000
static inline int short_integer(PyObject *object, Py_ssize_t *ret) {
  if (!PyUnstable_Long_IsCompact((PyLongObject *)object))
    return 0;
  *ret = PyUnstable_Long_CompactValue((PyLongObject *)object);
  return 1;
}
#else
#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h>
#endif
static inline int short_integer(PyObject *object, Py_ssize_t *ret) {
  const digit *digits = ((PyLongObject *)object)->ob_digit;
  Py_ssize_t size = Py_SIZE(object);
  if (size >= -1 && size <= 1)
    *ret = size * (Py_ssize_t)digits[0];
  else if (size == 2 && 2 * PyLong_SHIFT < 8 * sizeof(Py_ssize_t))
    *ret = (Py_ssize_t)((size_t)digits[1] << PyLong_SHIFT | digits[0]); /* places beyond 1 GiB */
  else
    return 0;
  return 1;
}
#endif

/* Whether an object is a plain int that fits, and then its value: for what must be fast. Runs no Python code. */
static inline int is_plain_integer(PyObject *object, Py_ssize_t *ret) {
  if (!PyLong_CheckExact(object))
    return 0;
  if (short_integer(object, ret))
    return 1;
  *ret = PyLong_AsSsize_t(object); /* not -1, which is short */
  if (*ret != -1)
    return 1;
  PyErr_Clear();
  return 0;
}

/* A method with keywords, as PyMethodDef wants it. */
#define METHOD_WITH_KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

/* Names of arguments (static const char *const [], ending in NULL) as PyArg_ParseTupleAndKeywords wants them; it changes none. */
#define KEYWORD_NAMES(names) ((char **)(uintptr_t)(names))

#endif
