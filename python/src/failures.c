#include "failures.h"

#include <errno.h>
#include <string.h>

int errno_of_code(int code) {
  static const struct {
    int code, number;
  } known[] = {{TOME_EINVAL, EINVAL},       {TOME_ERANGE, EINVAL},   {TOME_ENOENT, ENOENT},
               {TOME_EEXIST, EEXIST},       {TOME_EACCES, EACCES},   {TOME_EREADONLY, EROFS},
               {TOME_EISDIR, EISDIR},       {TOME_ENOTDIR, ENOTDIR}, {TOME_ENOTMAP, ENODEV},
               {TOME_ENAME, ENAMETOOLONG},  {TOME_EBADF, EBADF},     {TOME_EMFILE, EMFILE},
               {TOME_ENOMEM, ENOMEM},       {TOME_ENOSPC, ENOSPC},   {TOME_EFBIG, EFBIG},
               {TOME_EBUSY, EBUSY},         {TOME_ELOST, EIO},       {TOME_ENOTSUP, EOPNOTSUPP},
               {TOME_ECANCELED, ECANCELED}, {TOME_ELIMIT, ENOMEM}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (known[i].code == code)
      return known[i].number;
  return EIO;
}

static int is_wrong_argument(int code) {
  return code == TOME_EINVAL || code == TOME_ERANGE || code == TOME_EORDER || code == TOME_ENOKEY;
}

static PyObject *raise_os_error(const tome_error *error, PyObject *path) {
  int number = error->system ? error->system : errno_of_code(error->code);
  PyObject *message =
      error->code == TOME_ENOTMAP ? PyUnicode_FromString("not a file that can be mapped")
      : error->detail ? PyUnicode_FromFormat("%s: %s", tome_strerror(error->code), error->detail)
                      : PyUnicode_DecodeLocale(strerror(number), "surrogateescape");
  PyObject *exception = !message ? NULL
                        : path ? PyObject_CallFunction(PyExc_OSError, "iOO", number, message, path)
                               : PyObject_CallFunction(PyExc_OSError, "iO", number, message);
  Py_XDECREF(message);
  if (exception)
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
  Py_XDECREF(exception);
  return NULL;
}

PyObject *raise_lost(module_state *state, PyObject *path, tome_range lost) {
  PyObject *offset = PyLong_FromUnsignedLongLong(lost.offset);
  PyObject *length = PyLong_FromUnsignedLongLong(lost.length);
  PyObject *message = PyUnicode_FromFormat(
      "%llu byte%s at offset %llu %s lost: the file was cut, or its disk failed",
      (unsigned long long)lost.length, lost.length == 1 ? "" : "s", (unsigned long long)lost.offset,
      lost.length == 1 ? "is" : "are");
  PyObject *exception = NULL;
  if (offset && length && message)
    exception =
        PyObject_CallFunction(state->lost_bytes_error, "iOO", EIO, message, path ? path : Py_None);
  if (exception && PyObject_SetAttrString(exception, "offset", offset) == 0 &&
      PyObject_SetAttrString(exception, "length", length) == 0)
    PyErr_SetObject(state->lost_bytes_error, exception);
  Py_XDECREF(exception);
  Py_XDECREF(message);
  Py_XDECREF(offset);
  Py_XDECREF(length);
  return NULL;
}

PyObject *raise_failure(module_state *state, PyObject *path) {
  const tome_error *error = tome_error_last();
  if (PyErr_Occurred()) /* a callback's own, which ended the call */
    return NULL;
  if (error->code == TOME_ELOST)
    return raise_lost(state, path, (tome_range){error->offset, error->length});
  if (is_wrong_argument(error->code))
    return PyErr_Format(PyExc_ValueError, "%s%s%s", tome_strerror(error->code),
                        error->detail ? ": " : "", error->detail ? error->detail : "");
  return raise_os_error(error, path);
}
