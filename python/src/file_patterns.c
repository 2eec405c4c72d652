/* findall and finditer: patterns of what Python passes, and who walks over their matches. */
#include "file_search.h"

#include "found.h"

const char file_findall_doc[] =
    "findall($self, sub, start=None, end=None, *, overlapping=False, ignore_case=False, "
    "reverse=False)\n--\n\n"
    "An iterator over the places of a byte string, or of any of several.\n\n"
    "sub          bytes or another buffer, or an integer: one byte; or an iterable of byte "
    "strings:\n"
    "             then the match that begins first, of those the longest\n"
    "start, end   the matches lie between them, as in bytes.find()\n"
    "overlapping  a match at every place where one can begin\n"
    "ignore_case  a-z and A-Z are the same\n"
    "reverse      from the last one to the first; for one byte string\n\n"
    "Nothing is searched before it is asked for. Other threads run meanwhile, and Ctrl-C works.\n\n"
    ">>> import tempfile, tome\n"
    ">>> with tempfile.NamedTemporaryFile() as file:\n"
    "...     _ = file.write(b'one ERROR, two errors')\n"
    "...     file.flush()\n"
    "...     with tome.open(file.name) as f:\n"
    "...         list(f.findall(b'error', ignore_case=True)), list(f.findall([b'one', b'two']))\n"
    "([4, 15], [0, 11])";
const char file_finditer_doc[] =
    "finditer($self, pattern, start=None, end=None, *, ignore_case=False)\n--\n\n"
    "An iterator over the matches of a regular expression.\n\n"
    "pattern      bytes: an expression in the syntax of PCRE2, where ^ and $ are the ends of "
    "lines;\n"
    "             the matches are Match objects, of the whole match: no groups. Other threads run "
    "meanwhile, and Ctrl-C works.\n"
    "             Or what re.compile() makes of bytes: then the rules and match objects are re's "
    "own;\n"
    "             it searches the file in place, and keeps other threads waiting, as re does; its\n"
    "             matches read the file when they are asked for bytes: not after close()\n"
    "start, end   the matches lie between them, as in bytes.find()\n"
    "ignore_case  a-z and A-Z are the same; for bytes\n\n"
    ">>> import tempfile, tome\n"
    ">>> with tempfile.NamedTemporaryFile() as file:\n"
    "...     _ = file.write(b'GET /index 200\\nPUT /cart 500\\n')\n"
    "...     file.flush()\n"
    "...     with tome.open(file.name) as f:\n"
    "...         [(m.start(), m.group()) for m in f.finditer(rb'[0-9]+$')]\n"
    "[(11, b'200'), (25, b'500')]";

/* ---- patterns ---- */

/* Wrong is only an expression, and then the detail says how and the offset says where. */
static void raise_pattern(file_object *file) {
  const tome_error *error = tome_error_last();
  if (error->code == TOME_EINVAL && error->detail)
    PyErr_Format(PyExc_ValueError, "%s, at position %llu of the expression", error->detail,
                 (unsigned long long)error->offset);
  else
    mapped_raise(&file->mapped);
}

/* Many byte strings take a while. They are bytes objects, which nobody can change. NULL: raised. */
static tome_pattern *new_pattern(file_object *file, const tome_needle *needles, size_t count,
                                 uint32_t flags) {
  tome_pattern *pattern = NULL;
  int r;
  Py_BEGIN_ALLOW_THREADS
  r = tome_pattern_new(&pattern, needles, count, flags);
  Py_END_ALLOW_THREADS
  if (r < 0)
    raise_pattern(file);
  return r < 0 ? NULL : pattern;
}

static tome_needle needle_of(PyObject *bytes) {
  return (tome_needle){PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)};
}

/* A tuple of bytes objects, of one buffer or byte or of an iterable of buffers. */
static PyObject *byte_strings(PyObject *sub) {
  int is_one = PyObject_CheckBuffer(sub) || PyIndex_Check(sub);
  PyObject *given = is_one ? PyTuple_Pack(1, sub) : PySequence_Tuple(sub);
  if (!given)
    return NULL;
  Py_ssize_t count = PyTuple_GET_SIZE(given);
  PyObject *strings = PyTuple_New(count);
  for (Py_ssize_t i = 0; strings && i < count; i++) {
    PyObject *one = PyTuple_GET_ITEM(given, i);
    PyObject *string = is_one ? file_needle_or_byte(one) : file_needle(one);
    if (string)
      PyTuple_SET_ITEM(strings, i, string);
    else
      Py_CLEAR(strings);
  }
  Py_DECREF(given);
  return strings;
}

static tome_pattern *pattern_of_strings(file_object *file, PyObject *strings, uint32_t flags) {
  Py_ssize_t count = PyTuple_GET_SIZE(strings);
  tome_needle *needles = PyMem_New(tome_needle, (size_t)count + 1);
  if (!needles) {
    PyErr_NoMemory();
    return NULL;
  }
  for (Py_ssize_t i = 0; i < count; i++)
    needles[i] = needle_of(PyTuple_GET_ITEM(strings, i));
  tome_pattern *pattern = new_pattern(file, needles, (size_t)count, flags);
  PyMem_Free(needles);
  return pattern;
}

static PyObject *empty_iterator(void) {
  PyObject *nothing = PyTuple_New(0), *iterator = nothing ? PyObject_GetIter(nothing) : NULL;
  Py_XDECREF(nothing);
  return iterator;
}

/* ---- findall ---- */

/* The caller has strings, which are not looked at by the pattern. */
static PyObject *walk_strings(file_object *self, PyObject *strings, tome_range where,
                              uint32_t pattern_flags, uint32_t flags) {
  tome_pattern *pattern = pattern_of_strings(self, strings, pattern_flags);
  return pattern ? found_new(self, pattern, where, flags) : NULL;
}

PyObject *file_findall(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"sub",         "start",   "end", "overlapping",
                                      "ignore_case", "reverse", NULL};
  file_object *self = (file_object *)object;
  PyObject *sub, *start = NULL, *end = NULL, *found = NULL;
  int overlapping = 0, ignore_case = 0, reverse = 0;
  tome_range where;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|OO$ppp:findall", KEYWORD_NAMES(names), &sub,
                                   &start, &end, &overlapping, &ignore_case, &reverse))
    return NULL;
  PyObject *strings = byte_strings(sub);
  if (!strings)
    return NULL;
  int r = file_where(self, start, end, &where);
  if (r >= 0 && reverse && PyTuple_GET_SIZE(strings) != 1)
    PyErr_SetString(PyExc_ValueError, "reverse is for one byte string");
  else if (r == 0)
    found = empty_iterator();
  else if (r == 1)
    found = walk_strings(self, strings, where, ignore_case ? TOME_PATTERN_IGNORE_CASE : 0,
                         (overlapping ? TOME_SEARCH_OVERLAPPING : 0) |
                             (reverse ? TOME_SEARCH_BACKWARD : 0));
  Py_DECREF(strings);
  return found;
}

/* ---- finditer ---- */

/* Whether it is what re.compile() makes, or another module that does alike. -1: raised. The name is one object for all calls, so that the
 * interpreter's cache of methods does not keep one for each. */
static int is_compiled(PyObject *pattern) {
  if (PyObject_CheckBuffer(pattern))
    return 0;
  PyObject *name = PyUnicode_InternFromString("finditer");
  int r = name ? PyObject_HasAttr(pattern, name) : -1;
  Py_XDECREF(name);
  return r;
}

/* It searches the file as the buffer that it is. */
static PyObject *walk_with_python(file_object *self, PyObject *pattern, tome_range where) {
  unsigned long long from = where.offset, to = from + where.length;
  return PyObject_CallMethod(pattern, "finditer", "OKK", self, from, to);
}

static PyObject *walk_expression(file_object *self, PyObject *expression, tome_range where,
                                 int ignore_case) {
  PyObject *bytes = file_needle(expression);
  PyObject *matches = NULL;
  if (!bytes)
    return NULL;
  tome_needle needle = needle_of(bytes);
  tome_pattern *pattern = new_pattern(
      self, &needle, 1, TOME_PATTERN_REGEX | (ignore_case ? TOME_PATTERN_IGNORE_CASE : 0));
  if (pattern)
    matches = matches_new(self, pattern, where);
  Py_DECREF(bytes);
  return matches;
}

PyObject *file_finditer(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"pattern", "start", "end", "ignore_case", NULL};
  file_object *self = (file_object *)object;
  PyObject *pattern, *start = NULL, *end = NULL;
  int ignore_case = 0;
  tome_range where;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|OO$p:finditer", KEYWORD_NAMES(names),
                                   &pattern, &start, &end, &ignore_case))
    return NULL;
  int compiled = is_compiled(pattern);
  if (compiled < 0)
    return NULL;
  if (compiled && ignore_case) {
    PyErr_SetString(PyExc_ValueError, "a compiled pattern has its own flags");
    return NULL;
  }
  int r = file_where(self, start, end, &where);
  if (r <= 0)
    return r < 0 ? NULL : empty_iterator();
  return compiled ? walk_with_python(self, pattern, where)
                  : walk_expression(self, pattern, where, ignore_case);
}
