#include "between_bounds.h"

#include <math.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

static int fail(const char *message) {
  PyErr_SetString(PyExc_ValueError, message);
  return -1;
}

static const char too_far[] = "a time must lie in the years 1678 to 2261";

/* ---- types of datetime ---- */

/* An attribute of datetime: a new reference. */
static PyObject *of_datetime(const char *name) {
  PyObject *module = PyImport_ImportModule("datetime");
  PyObject *value = module ? PyObject_GetAttrString(module, name) : NULL;
  Py_XDECREF(module);
  return value;
}

static int is_a(PyObject *object, const char *type_name) {
  PyObject *type = of_datetime(type_name);
  int r = type ? PyObject_IsInstance(object, type) : -1;
  Py_XDECREF(type);
  return r;
}

/* ---- seconds ---- */

static int float_seconds(double seconds, int64_t *ret) {
  if (!(fabs(seconds) < 9.2e9)) /* nor a NaN */
    return fail(too_far);
  double whole = floor(seconds);
  *ret = (int64_t)whole * SECOND + (int64_t)llround((seconds - whole) * 1e9);
  return 0;
}

static int number_seconds(PyObject *object, int64_t *ret) {
  if (!PyIndex_Check(object)) {
    double seconds = PyFloat_AsDouble(object);
    return seconds == -1 && PyErr_Occurred() ? -1 : float_seconds(seconds, ret);
  }
  PyObject *number = PyNumber_Index(object);
  if (!number)
    return -1;
  int overflow;
  long long seconds = PyLong_AsLongLongAndOverflow(number, &overflow);
  Py_DECREF(number);
  if (overflow || seconds > 9200000000 || seconds < -9200000000)
    return fail(too_far);
  *ret = seconds * SECOND;
  return 0;
}

/* A field of a timedelta, which are small enough. */
static int field(PyObject *object, const char *name, int64_t *ret) {
  PyObject *value = PyObject_GetAttrString(object, name);
  long long number = value ? PyLong_AsLongLong(value) : -1;
  Py_XDECREF(value);
  *ret = number;
  return number == -1 && PyErr_Occurred() ? -1 : 0;
}

static int delta(PyObject *object, int64_t *ret) {
  int64_t days, seconds, microseconds;
  if (field(object, "days", &days) < 0 || field(object, "seconds", &seconds) < 0 ||
      field(object, "microseconds", &microseconds) < 0)
    return -1;
  if (days > 100000 || days < -100000)
    return fail("an amount of time must be less than 100000 days");
  *ret = (days * 86400 + seconds) * SECOND + microseconds * 1000;
  return 0;
}

/* ---- text ---- */

/* Text of a str, which may not have a NUL in it. NULL: raised. */
static const char *text_of(PyObject *object) {
  Py_ssize_t length;
  const char *text = PyUnicode_AsUTF8AndSize(object, &length);
  if (text && strlen(text) != (size_t)length) {
    fail("embedded null character");
    return NULL;
  }
  return text;
}

static int fail_text(PyObject *object, const char *what) {
  PyErr_Format(PyExc_ValueError, "%R %s", object, what);
  return -1;
}

int read_duration(PyObject *object, int64_t *ret) {
  int is_delta = is_a(object, "timedelta");
  if (is_delta != 0)
    return is_delta < 0 ? -1 : delta(object, ret);
  if (!PyUnicode_Check(object))
    return number_seconds(object, ret);
  const char *text = text_of(object);
  const char *wrong = text ? duration_parse(text, ret) : NULL;
  return !text ? -1 : wrong ? fail_text(object, wrong) : 0;
}

int read_zone(PyObject *object, int32_t *ret) {
  int64_t offset;
  if (object == Py_None) {
    *ret = TOME_ZONE_LOCAL;
    return 0;
  }
  int is_zone = is_a(object, "tzinfo");
  if (is_zone == 0)
    PyErr_Format(PyExc_TypeError, "zone must be a tzinfo or None, not %.200s",
                 Py_TYPE(object)->tp_name);
  if (is_zone <= 0)
    return -1;
  PyObject *value = PyObject_CallMethod(object, "utcoffset", "O", Py_None);
  if (!value)
    return -1;
  int r = value == Py_None ? 0 : delta(value, &offset);
  if (r == 0 && (value == Py_None || offset % SECOND != 0))
    r = fail("zone must be a datetime.timezone, or another with one offset of whole seconds");
  else if (r == 0)
    *ret = (int32_t)(offset / SECOND);
  Py_DECREF(value);
  return r;
}

PyObject *number_text(PyObject *object) {
  if (PyUnicode_Check(object))
    return Py_NewRef(object);
  if (PyIndex_Check(object)) { /* also a bool */
    PyObject *number = PyNumber_Index(object), *text = number ? PyObject_Str(number) : NULL;
    Py_XDECREF(number);
    return text;
  }
  if (PyNumber_Check(object))
    return PyObject_Str(object);
  return PyErr_Format(PyExc_TypeError, "a number is wanted, not %.200s", Py_TYPE(object)->tp_name);
}

/* ---- times ---- */

static int text_time(PyObject *object, const struct time_context *times, const key_bound *after,
                     int64_t *ret) {
  const char *text = text_of(object);
  int64_t length;
  if (!text)
    return -1;
  if (text[0] != '+' || !after || !after->is_given) {
    const char *wrong = time_parse(text, times, ret);
    return wrong ? fail_text(object, wrong) : 0;
  }
  const char *wrong = duration_parse(text + 1, &length);
  if (!wrong && length > INT64_MAX - (after->value.time > 0 ? after->value.time : 0))
    wrong = "is too long";
  if (wrong)
    return fail_text(object, wrong);
  *ret = after->value.time + length;
  return 0;
}

/* What is in no zone is left as it is, but for the second of two times that are the same on the clock. */
static PyObject *with_zone(PyObject *moment, int32_t zone) {
  PyObject *tzinfo = PyObject_GetAttrString(moment, "tzinfo"), *result = NULL;
  int64_t fold = 0;
  if (!tzinfo || field(moment, "fold", &fold) < 0) {
    Py_XDECREF(tzinfo);
    return NULL;
  }
  if (tzinfo != Py_None || (fold && zone == TOME_ZONE_LOCAL)) {
    PyObject *type = of_datetime("timezone");
    PyObject *utc = type ? PyObject_GetAttrString(type, "utc") : NULL;
    result = utc ? PyObject_CallMethod(moment, "astimezone", "O", utc) : NULL;
    Py_XDECREF(utc);
    Py_XDECREF(type);
  } else {
    result = Py_NewRef(moment);
  }
  Py_DECREF(tzinfo);
  return result;
}

/* A datetime or a date. */
static int date_time(PyObject *date, const struct time_context *times, int64_t *ret) {
  int has_time = is_a(date, "datetime"), r = -1;
  PyObject *moment = has_time < 0 ? NULL
                     : has_time   ? with_zone(date, times->zone)
                                  : Py_NewRef(date);
  PyObject *text = moment ? PyObject_CallMethod(moment, "isoformat", NULL) : NULL;
  Py_ssize_t length;
  const char *bytes = text ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;
  if (bytes)
    r = tome_time_parse(bytes, (size_t)length, times->zone, TOME_TIME_UNKNOWN, ret) ? 0
                                                                                    : fail(too_far);
  Py_XDECREF(text);
  Py_XDECREF(moment);
  return r;
}

static int read_time(PyObject *object, const struct time_context *times, const key_bound *after,
                     int64_t *ret) {
  if (PyUnicode_Check(object))
    return text_time(object, times, after, ret);
  int is_date = is_a(object, "date");
  if (is_date != 0)
    return is_date < 0 ? -1 : date_time(object, times, ret);
  if (PyNumber_Check(object)) {
    int r = number_seconds(object, ret);
    if (r == 0 || !PyErr_ExceptionMatches(PyExc_TypeError))
      return r;
    PyErr_Clear(); /* it is a number by name only, as numpy.datetime64 */
  }
  PyErr_Format(PyExc_TypeError, "a time must be a str, a number or a datetime, not %.200s",
               Py_TYPE(object)->tp_name);
  return -1;
}

/* ---- bounds ---- */

/* The bytes of the owner are the value. */
static int take_text(key_bound *bound) {
  Py_ssize_t length;
  char *bytes;
  if (PyBytes_Check(bound->owner)) {
    if (PyBytes_AsStringAndSize(bound->owner, &bytes, &length) < 0)
      return -1;
    bound->value.text = bytes;
  } else {
    bound->value.text = PyUnicode_AsUTF8AndSize(bound->owner, &length);
  }
  bound->value.length = bound->value.text ? (size_t)length : 0;
  return bound->value.text ? 0 : -1;
}

int key_bound_read(key_bound *bound, PyObject *object, uint32_t kind,
                   const struct time_context *times, const key_bound *after) {
  *bound = (key_bound){.is_given = object != Py_None};
  if (object == Py_None)
    return 0;
  if (kind == TOME_KEY_TIME)
    return read_time(object, times, after, &bound->value.time);
  if (kind == TOME_KEY_NUMBER) {
    bound->owner = number_text(object);
    return bound->owner ? take_text(bound) : -1;
  }
  if (!PyUnicode_Check(object) && !PyBytes_Check(object)) {
    PyErr_Format(PyExc_TypeError, "text must be a str or bytes, not %.200s",
                 Py_TYPE(object)->tp_name);
    return -1;
  }
  bound->owner = Py_NewRef(object);
  return take_text(bound);
}

void key_bound_clear(key_bound *bound) {
  Py_CLEAR(bound->owner);
}
