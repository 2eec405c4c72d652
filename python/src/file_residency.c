/* What of a file is in memory, and steering it. All of it gives up the interpreter lock. */
#include "file_residency.h"

#include <time.h>
#include <unistd.h>

/* ---- arguments and results ---- */

/* The two arguments that all of these take. 0, or -1 and raised. */
static int parse_range(PyObject *args, PyObject *keywords, const char *format, tome_range *ret) {
  static const char *const names[] = {"offset", "length", NULL};
  PyObject *offset = NULL, *length = NULL;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, format, KEYWORD_NAMES(names), &offset, &length))
    return -1;
  return file_range(offset, length, ret);
}

/* Lets go of the map after a call. 0, or -1 and raised what the library recorded. */
static int finish(file_object *self, open_map *held, int r) {
  if (r < 0)
    mapped_raise(&self->mapped);
  open_map_release(self->mapped.state, held);
  return r < 0 ? -1 : 0;
}

static PyObject *known_or_none(uint64_t value) {
  if (value == TOME_UNKNOWN)
    Py_RETURN_NONE;
  return PyLong_FromUnsignedLongLong(value);
}

/* Makes a named tuple of objects, whose references are taken over; those that are NULL say that an exception is set. */
static PyObject *new_tuple(PyTypeObject *type, PyObject **fields, Py_ssize_t count) {
  PyObject *values = PyTuple_New(count), *made = NULL;
  int complete = values != NULL;
  for (Py_ssize_t i = 0; i < count; i++) {
    complete &= fields[i] != NULL;
    if (values)
      PyTuple_SET_ITEM(values, i, fields[i]);
    else
      Py_XDECREF(fields[i]);
  }
  if (complete)
    made = PyObject_CallObject((PyObject *)type, values);
  Py_XDECREF(values);
  return made;
}

/* A call of the library on a range. */
typedef int range_call(tome *map, uint64_t offset, uint64_t length);

static PyObject *call_on_range(PyObject *object, tome_range range, range_call *call) {
  file_object *self = (file_object *)object;
  open_map *held = mapped_hold(&self->mapped);
  int r;
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = call(held->map, range.offset, range.length);
  Py_END_ALLOW_THREADS
  if (finish(self, held, r) < 0)
    return NULL;
  Py_RETURN_NONE;
}

/* ---- asking ---- */

const char file_residency_doc[] =
    "residency($self, offset=0, length=None)\n--\n\n"
    "What of a range is in memory: (pages, resident, dirty, writeback, holes), in bytes.\n\n"
    "The memory is the system's, which all programs share, in whole pages.\n\n"
    ">>> with tome.open('data', 'w+') as f:\n"
    "...     f.append(bytes(100_000))\n"
    "...     now = f.residency()\n"
    "...     now.pages >= 100_000, now.resident == now.pages\n"
    "0\n"
    "(True, True)";

PyObject *file_residency(PyObject *object, PyObject *args, PyObject *keywords) {
  file_object *self = (file_object *)object;
  tome_residency now = {.struct_size = sizeof now};
  tome_range range;
  int r;
  if (parse_range(args, keywords, "|OO:residency", &range) < 0)
    return NULL;
  open_map *held = mapped_hold(&self->mapped);
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_residency_get(held->map, range.offset, range.length, &now);
  Py_END_ALLOW_THREADS
  if (finish(self, held, r) < 0)
    return NULL;
  PyObject *fields[] = {PyLong_FromUnsignedLongLong(now.pages), known_or_none(now.resident),
                        known_or_none(now.dirty), known_or_none(now.writeback),
                        known_or_none(now.holes)};
  return new_tuple(self->mapped.state->residency, fields, sizeof fields / sizeof fields[0]);
}

/* How many pages of the file a range of the part touches. It lies inside, so nothing overflows. */
static uint64_t pages_in(const file_object *self, tome_range range) {
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  uint64_t before = (self->options.offset % page + range.offset % page) % page;
  return range.length == 0 ? 0 : (before + range.length + page - 1) / page;
}

/* The range with its end known, so that the count of its pages stays right. What is not inside is left to the library to refuse. */
static tome_range with_an_end(tome_range range, uint64_t size) {
  uint64_t rest = range.offset < size ? size - range.offset : 0;
  if (range.length == TOME_END)
    range.length = rest;
  return range;
}

const char file_resident_pages_doc[] =
    "resident_pages($self, offset=0, length=None)\n--\n\n"
    "A byte for each page that a range touches: 1 if it is in memory, else 0.\n\n"
    "The first stands for the page of the file that `offset` lies in; info().page_size is\n"
    "how long a page is.";

PyObject *file_resident_pages(PyObject *object, PyObject *args, PyObject *keywords) {
  file_object *self = (file_object *)object;
  tome_range range;
  int r;
  if (parse_range(args, keywords, "|OO:resident_pages", &range) < 0 ||
      mapped_check_open(&self->mapped) < 0)
    return NULL;
  uint64_t size = file_size(self);
  range = with_an_end(range, size);
  int inside = range.offset <= size && range.length <= size - range.offset;
  PyObject *pages = PyBytes_FromStringAndSize(NULL, inside ? (Py_ssize_t)pages_in(self, range)
                                                           : 0); /* 1 for each page: it fits */
  open_map *held = pages ? mapped_hold(&self->mapped) : NULL;
  if (!held) {
    Py_XDECREF(pages);
    return NULL;
  }
  unsigned char *to = (unsigned char *)PyBytes_AS_STRING(pages);
  Py_BEGIN_ALLOW_THREADS
  r = tome_residency_pages(held->map, range.offset, range.length, to,
                           (size_t)PyBytes_GET_SIZE(pages));
  Py_END_ALLOW_THREADS
  if (finish(self, held, r) < 0)
    Py_CLEAR(pages);
  return pages;
}

/* ---- steering ---- */

/* How often the interpreter lock is asked for, to look at signals. */
#define MOST_BETWEEN_SIGNALS 0.05

typedef struct signal_watch {
  PyThreadState *thread; /* of the caller, which has given up the interpreter lock */
  struct timespec looked;
} signal_watch;

static double seconds_since(const struct timespec *then) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) * 1e-9;
}

/* A signal's handler that raises ends the warming. */
static int look_at_signals(void *context, uint64_t done, uint64_t length) {
  signal_watch *watch = context;
  (void)done;
  (void)length;
  if (seconds_since(&watch->looked) < MOST_BETWEEN_SIGNALS)
    return 0;
  PyEval_RestoreThread(watch->thread);
  int r = PyErr_CheckSignals();
  watch->thread = PyEval_SaveThread();
  clock_gettime(CLOCK_MONOTONIC, &watch->looked);
  return r;
}

/* As tome_warm(), with the interpreter lock given up. */
static int warm(tome *map, tome_range range, uint64_t rate) {
  tome_warming how = TOME_WARMING_INIT;
  signal_watch watch = {PyEval_SaveThread(), {0, 0}};
  clock_gettime(CLOCK_MONOTONIC, &watch.looked);
  how.rate = rate;
  how.progress = look_at_signals;
  how.context = &watch;
  int r = tome_warm(map, range.offset, range.length, &how);
  PyEval_RestoreThread(watch.thread);
  return r;
}

const char file_warm_doc[] =
    "warm($self, offset=0, length=None, *, rate=0)\n--\n\n"
    "Bring a range into memory, from the disk into the system's page cache.\n\n"
    "rate  bytes a second to read at most; 0: as fast as the disk can\n\n"
    "What is there already is not read again. Ctrl-C ends it. lock() keeps it there.";

PyObject *file_warm(PyObject *object, PyObject *args, PyObject *keywords) {
  static const char *const names[] = {"offset", "length", "rate", NULL};
  file_object *self = (file_object *)object;
  PyObject *offset = NULL, *length = NULL, *number = NULL;
  uint64_t rate = 0;
  tome_range range;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "|OO$O:warm", KEYWORD_NAMES(names), &offset,
                                   &length, &number) ||
      file_range(offset, length, &range) < 0 ||
      (number && file_unsigned(number, "rate", &rate) < 0))
    return NULL;
  open_map *held = mapped_hold(&self->mapped);
  if (!held || finish(self, held, warm(held->map, range, rate)) < 0)
    return NULL;
  Py_RETURN_NONE;
}

const char file_evict_doc[] =
    "evict($self, offset=0, length=None)\n--\n\n"
    "Let the pages of a range go from memory; what is dirty is written back first.\n\n"
    "Pages that another program has mapped stay, and so do those that are locked and those\n"
    "that the range covers only in part: residency() tells.";

PyObject *file_evict(PyObject *self, PyObject *args, PyObject *keywords) {
  tome_range range;
  if (parse_range(args, keywords, "|OO:evict", &range) < 0)
    return NULL;
  return call_on_range(self, range, tome_evict);
}

const char file_lock_doc[] =
    "lock($self, offset=0, length=None)\n--\n\n"
    "Bring a range into memory and keep it there until unlock() or close().\n\n"
    "Whole pages are locked, and locks do not add up. OSError: more than this process may\n"
    "lock (`ulimit -l`).";

PyObject *file_lock(PyObject *self, PyObject *args, PyObject *keywords) {
  tome_range range;
  if (parse_range(args, keywords, "|OO:lock", &range) < 0)
    return NULL;
  return call_on_range(self, range, tome_lock);
}

const char file_unlock_doc[] = "unlock($self, offset=0, length=None)\n--\n\n"
                               "Let the system take a range's memory back again when it needs it.";

PyObject *file_unlock(PyObject *self, PyObject *args, PyObject *keywords) {
  tome_range range;
  if (parse_range(args, keywords, "|OO:unlock", &range) < 0)
    return NULL;
  return call_on_range(self, range, tome_unlock);
}

/* ---- figures ---- */

const char file_stats_doc[] = "stats($self, /)\n--\n\n"
                              "What reading has cost since the file was opened: counters.";

PyObject *file_stats(PyObject *object, PyObject *none) {
  file_object *self = (file_object *)object;
  tome_stats now = {.struct_size = sizeof now};
  open_map *held = mapped_hold(&self->mapped);
  int r;
  (void)none;
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_stats_get(held->map, &now);
  Py_END_ALLOW_THREADS
  if (finish(self, held, r) < 0)
    return NULL;
  PyObject *fields[] = {PyLong_FromUnsignedLongLong(now.calls),
                        PyLong_FromUnsignedLongLong(now.called),
                        PyLong_FromUnsignedLongLong(now.waits),
                        known_or_none(now.disk),
                        PyLong_FromUnsignedLongLong(now.lost_faults),
                        known_or_none(now.mapped),
                        known_or_none(now.minor_faults),
                        known_or_none(now.major_faults),
                        known_or_none(now.process_disk)};
  return new_tuple(self->mapped.state->stats, fields, sizeof fields / sizeof fields[0]);
}

static PyObject *name_of_kind(uint32_t kind) {
  return PyUnicode_FromString(kind == TOME_KIND_FILE    ? "file"
                              : kind == TOME_KIND_BLOCK ? "block device"
                                                        : "memory");
}

const char file_info_doc[] = "info($self, /)\n--\n\n"
                             "What the file is made of: its kind, size, blocks, holes, memory.";

PyObject *file_info(PyObject *object, PyObject *none) {
  file_object *self = (file_object *)object;
  tome_info now = {.struct_size = sizeof now};
  open_map *held = mapped_hold(&self->mapped);
  int r;
  (void)none;
  if (!held)
    return NULL;
  Py_BEGIN_ALLOW_THREADS
  r = tome_info_get(held->map, &now);
  Py_END_ALLOW_THREADS
  if (finish(self, held, r) < 0)
    return NULL;
  PyObject *fields[] = {name_of_kind(now.kind),
                        PyLong_FromUnsignedLong(now.page_size),
                        PyLong_FromUnsignedLongLong(now.size),
                        PyLong_FromUnsignedLongLong(now.file_size),
                        known_or_none(now.allocated),
                        known_or_none(now.holes),
                        known_or_none(now.hole_bytes),
                        known_or_none(now.resident),
                        known_or_none(now.dirty),
                        known_or_none(now.readahead),
                        PyLong_FromUnsignedLongLong(now.reserved),
                        PyUnicode_DecodeFSDefault(now.file_system)};
  return new_tuple(self->mapped.state->info, fields, sizeof fields / sizeof fields[0]);
}
