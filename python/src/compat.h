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

/* A method with keywords, as PyMethodDef wants it. */
#define METHOD_WITH_KEYWORDS(function) ((PyCFunction)(void (*)(void))(function))

#endif
