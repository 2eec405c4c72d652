/* File.between(): what its arguments mean, and the parts of the file that they ask for.
 *
 * Without slack the records lie in one piece, between two places that bisection finds: nothing else is read, however long it is.
 * With slack there may be others among them; so all between the outer places are looked at, here and now. */
#include "between_bounds.h"
#include "file_lines.h"
#include "interrupt.h"
#include "lines_type.h"

#include <string.h>

const char file_between_doc[] =
    "between($self, /, start=None, stop=None, *, kind='time', column=0,\n"
    "        separator=None, format=None, slack=0, zone=None)\n--\n\n"
    "The lines of a sorted file whose keys are not before start and not after stop, as Lines.\n"
    "A few reads find them, however large the file is. Lines without a key, such as stack\n"
    "traces, belong to the line above them. None: from the first key, to the end that the file\n"
    "has now.\n\n"
    "kind       'time': str (as in the file, or as the command `tome between` takes it:\n"
    "           '14:05' is today's, '-15min'; stop also '+10min', behind start), datetime,\n"
    "           date, or seconds since 1970. 'number': int, float, Decimal or str.\n"
    "           'text': str or bytes.\n"
    "column     where the key is, from 1. 0: the first column, or the first time in a line\n"
    "separator  between columns; None: blanks and tabs\n"
    "format     of times, as strptime(3) has it, and %f; None: recognised\n"
    "slack      lines may be out of order by so much: seconds, a timedelta, '5s'; or a number\n"
    "zone       of times without one, in the file and here: a datetime.timezone; None: the\n"
    "           system's\n\n"
    "ValueError: the file is not sorted, where that was seen; no line has such a key; start\n"
    "lies after stop.\n\n"
    ">>> with open('app.log', 'w') as log:\n"
    "...     for second in range(60):\n"
    "...         _ = log.write(f'2026-11-21T14:05:{second:02} request {second}\\n')\n"
    ">>> with tome.open('app.log') as f:\n"
    "...     list(f.between('2026-11-21T14:05:07', '2026-11-21T14:05:08'))\n"
    "[b'2026-11-21T14:05:07 request 7\\n', b'2026-11-21T14:05:08 request 8\\n']";

/* What is asked for. All pointers are borrowed from the arguments but for the bounds and the amount. */
typedef struct between_request {
  tome_key_options options;
  key_bound start, stop;
  PyObject *number_slack; /* text of it, or NULL */
} between_request;

/* What is found, without the interpreter lock. */
typedef struct finding {
  interrupt in;
  tome *map;
  const between_request *request;
  line_part *parts;
  size_t count, room;
  uint64_t lines;
  int no_memory, is_reversed;
} finding;

/* ---- arguments ---- */

static int read_kind(const char *name, uint32_t *ret) {
  static const char *const kinds[] = {"time", "number", "text"};
  for (uint32_t i = 0; i < 3; i++)
    if (strcmp(name, kinds[i]) == 0) {
      *ret = i;
      return 0;
    }
  PyErr_Format(PyExc_ValueError, "kind must be 'time', 'number' or 'text', not '%s'", name);
  return -1;
}

static int read_column(PyObject *object, uint32_t *ret) {
  uint64_t column;
  if (file_unsigned(object, "column", &column) < 0)
    return -1;
  *ret = column < UINT32_MAX ? (uint32_t)column : UINT32_MAX; /* no line has so many */
  return 0;
}

static int fail(const char *message) {
  PyErr_SetString(PyExc_ValueError, message);
  return -1;
}

static int read_number_slack(between_request *request, PyObject *object) {
  int is_given = PyObject_IsTrue(object);
  request->number_slack = number_text(object);
  const char *text = request->number_slack ? PyUnicode_AsUTF8(request->number_slack) : NULL;
  if (!text || is_given < 0)
    return -1;
  if (text[0] == '-')
    return fail("slack must not be negative");
  request->options.number_slack = is_given ? text : NULL;
  return 0;
}

static int read_slack(between_request *request, PyObject *object) {
  int is_given;
  switch (request->options.kind) {
  case TOME_KEY_NUMBER:
    return read_number_slack(request, object);
  case TOME_KEY_TIME:
    if (read_duration(object, &request->options.slack) < 0)
      return -1;
    return request->options.slack < 0 ? fail("slack must not be negative") : 0;
  default:
    is_given = PyObject_IsTrue(object);
    return is_given > 0 ? fail("slack is for times and numbers") : is_given;
  }
}

static int read_bounds(between_request *request, PyObject *start, PyObject *stop) {
  struct time_context times = {.now = time_now(), .zone = request->options.zone};
  uint32_t kind = request->options.kind;
  return key_bound_read(&request->start, start, kind, &times, NULL) < 0 ||
                 key_bound_read(&request->stop, stop, kind, &times, &request->start) < 0
             ? -1
             : 0;
}

static int parse(between_request *request, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"start",  "stop",  "kind", "column", "separator",
                                      "format", "slack", "zone", NULL};
  PyObject *start = Py_None, *stop = Py_None, *column = NULL, *slack = NULL, *zone = Py_None;
  const char *kind = "time";
  tome_key_options *options = &request->options;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|OO$sOzzOO:between", KEYWORD_NAMES(names),
                                   &start, &stop, &kind, &column, &options->separator,
                                   &options->format, &slack, &zone))
    return -1;
  if (read_kind(kind, &options->kind) < 0 ||
      (column && read_column(column, &options->column) < 0) ||
      read_zone(zone, &options->zone) < 0 || (slack && read_slack(request, slack) < 0))
    return -1;
  if (options->kind == TOME_KEY_TIME && options->separator && !options->column)
    return fail("separator wants column, which says where the time is");
  return read_bounds(request, start, stop);
}

/* ---- finding ---- */

static int add_part(finding *f, tome_range range) {
  if (!f->parts || f->count == f->room) {
    size_t room = f->room ? f->room * 2 : 4;
    line_part *parts =
        room > SIZE_MAX / sizeof *parts ? NULL : PyMem_RawRealloc(f->parts, room * sizeof *parts);
    f->no_memory = !parts;
    if (!parts)
      return -1;
    f->parts = parts;
    f->room = room;
  }
  f->parts[f->count++] = (line_part){range, f->lines};
  return 0;
}

/* Of records with others among them. */
static int take_records(void *context, uint64_t offset, const void *data, size_t length) {
  finding *f = context;
  tome_range *last = f->count ? &f->parts[f->count - 1].range : NULL;
  const char *at = data, *end = at + length;
  if (last && last->offset + last->length == offset)
    last->length += length;
  else if (add_part(f, (tome_range){offset, length}) < 0)
    return 1;
  for (; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
    f->lines++;
  return 0;
}

static int check_signals(void *context, uint64_t done, uint64_t total) {
  return interrupt_check(&((finding *)context)->in, done, total);
}

static tome_between_options options_of(finding *f) {
  tome_between_options options = TOME_BETWEEN_INIT;
  options.from = f->request->start.is_given ? &f->request->start.value : NULL;
  options.to = f->request->stop.is_given ? &f->request->stop.value : NULL;
  options.progress = check_signals;
  options.context = f;
  return options;
}

static int find_with_slack(finding *f, const tome_key *key) {
  tome_between_options options = options_of(f);
  options.found = take_records;
  return tome_between(f->map, key, &options, NULL);
}

static int take_first(void *context, uint64_t offset, const void *data, size_t length) {
  (void)data;
  (void)length;
  *(uint64_t *)context = offset;
  return 1;
}

/* Where the first record begins, or the file ends. */
static int find_first(tome *map, const tome_key *key, uint64_t *ret) {
  tome_between_options options = TOME_BETWEEN_INIT;
  *ret = tome_size(map);
  options.found = take_first;
  options.context = ret;
  return tome_between(map, key, &options, NULL);
}

static int find_in_order(finding *f, const tome_key *key) {
  const key_bound *start = &f->request->start, *stop = &f->request->stop;
  uint64_t from, to = tome_size(f->map);
  int r = start->is_given ? tome_bisect(f->map, key, &start->value, 0, &from)
                          : find_first(f->map, key, &from);
  if (r >= 0 && stop->is_given)
    r = tome_bisect(f->map, key, &stop->value, 1, &to);
  if (r >= 0 && add_part(f, (tome_range){from, to > from ? to - from : 0}) < 0)
    r = TOME_ENOMEM;
  f->lines = UINT64_MAX; /* not known */
  return r;
}

static int find(finding *f) {
  const between_request *request = f->request;
  tome_key *key;
  int r = tome_key_new(&key, f->map, &request->options);
  if (r < 0)
    return r;
  f->is_reversed = request->start.is_given && request->stop.is_given &&
                   tome_key_compare(key, &request->start.value, &request->stop.value) > 0;
  if (!f->is_reversed)
    r = request->options.slack || request->options.number_slack ? find_with_slack(f, key)
                                                                : find_in_order(f, key);
  tome_key_free(key);
  return r;
}

/* ---- the answer ---- */

static int raise_not_found(file_object *self, const finding *f) {
  const tome_error *error = tome_error_last();
  if (f->no_memory)
    PyErr_NoMemory();
  else if (PyErr_Occurred())
    return -1;
  else if (error->code == TOME_EORDER)
    PyErr_Format(PyExc_ValueError,
                 "not sorted: the line at byte %llu should stand before one above it; slack "
                 "bears with a little disorder",
                 (unsigned long long)error->offset);
  else if (error->code == TOME_ENOKEY)
    fail("no line with such a key was found; see kind, column and format");
  else
    mapped_raise(&self->mapped);
  return -1;
}

/* The last line of a file may have no end. Pre: they were counted by their ends. */
static int count_unended(finding *f) {
  char last = '\n';
  if (f->count == 0 || f->lines == UINT64_MAX)
    return 0;
  tome_range range = f->parts[f->count - 1].range;
  int r = tome_read(f->map, range.offset + range.length - 1, &last, 1);
  f->lines += last != '\n';
  return r;
}

static line_parts *make_parts(const finding *f) {
  size_t count = f->count ? f->count : 1;
  if (count > ((size_t)PY_SSIZE_T_MAX - sizeof(line_parts)) / sizeof(line_part))
    return NULL;
  line_parts *parts = PyMem_Malloc(sizeof *parts + count * sizeof *f->parts);
  if (!parts)
    return NULL;
  *parts = (line_parts){1, count, f->lines};
  parts->part[0] = (line_part){{0, 0}, 0}; /* if there are none */
  if (f->count)
    memcpy(parts->part, f->parts, f->count * sizeof *f->parts);
  return parts;
}

static PyObject *answer(file_object *self, const finding *f) {
  line_parts *parts = make_parts(f);
  return parts ? lines_new(self, parts) : PyErr_NoMemory();
}

static PyObject *find_lines(file_object *self, const between_request *request) {
  finding f = {.request = request};
  PyObject *lines = NULL;
  open_map *held = mapped_hold(&self->mapped);
  if (!held)
    return NULL;
  f.map = held->map;
  interrupt_begin(&f.in);
  int r = find(&f);
  if (r >= 0)
    r = count_unended(&f);
  interrupt_end(&f.in);
  if (f.is_reversed && r >= 0)
    fail("start lies after stop");
  else if (r < 0 || f.no_memory)
    raise_not_found(self, &f);
  else
    lines = answer(self, &f);
  open_map_release(self->mapped.state, held);
  PyMem_RawFree(f.parts);
  return lines;
}

PyObject *file_between(PyObject *object, PyObject *args, PyObject *keywords) {
  between_request request = {.options = TOME_KEY_OPTIONS_INIT};
  PyObject *lines = NULL;
  if (mapped_check_open((mapped *)object) == 0 && parse(&request, args, keywords) == 0)
    lines = find_lines((file_object *)object, &request);
  key_bound_clear(&request.start);
  key_bound_clear(&request.stop);
  Py_XDECREF(request.number_slack);
  return lines;
}
