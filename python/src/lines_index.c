#include "lines_index.h"

#include "interrupt.h"

/* So near to the beginning or the end, a line is looked for without an index. */
#define NEAR ((uint64_t)256 << 10)
/* A part of a file is gone through each time, without an index, up to so many bytes. */
#define SMALL_PART ((uint64_t)4 << 20)

static const char capsule_name[] = "tome.lines";

/* ---- what is known ---- */

static void free_known(known_lines *known) {
  tome_line_index_close(known->index);
  PyMem_Free(known);
}

static void free_capsule(PyObject *capsule) {
  free_known(PyCapsule_GetPointer(capsule, capsule_name));
}

/* NULL: no memory; nothing is raised then, as it would only have been a help. */
static PyObject *new_capsule(const known_lines *known) {
  known_lines *copy = PyMem_Malloc(sizeof *copy);
  PyObject *capsule = NULL;
  if (copy) {
    *copy = *known;
    capsule = PyCapsule_New(copy, capsule_name, free_capsule);
    if (!capsule)
      PyMem_Free(copy);
  }
  if (!capsule)
    PyErr_Clear();
  return capsule;
}

int lines_begin(lines_call *call, file_object *file) {
  *call = (lines_call){.file = file, .held = mapped_hold(&file->mapped)};
  if (!call->held)
    return -1;
  call->forgotten = file->lines_forgotten;
  call->capsule = Py_XNewRef(file->lines);
  if (call->capsule)
    call->known = *(known_lines *)PyCapsule_GetPointer(call->capsule, capsule_name);
  return 0;
}

/* A new index becomes the file's, unless that was closed or changed meanwhile. */
static void keep_new(lines_call *call) {
  PyObject *capsule = NULL;
  if (call->file->mapped.open == call->held && call->file->lines_forgotten == call->forgotten)
    capsule = new_capsule(&call->known);
  if (capsule)
    Py_XSETREF(call->file->lines, capsule);
  else
    tome_line_index_close(call->known.index);
}

int lines_end(lines_call *call, int r) {
  if (r < 0)
    mapped_raise(&call->file->mapped);
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (call->is_new)
    keep_new(call);
  else if (call->capsule && call->capsule == call->file->lines)
    *(known_lines *)PyCapsule_GetPointer(call->capsule, capsule_name) = call->known;
  Py_XDECREF(call->capsule); /* before the map, which its index is of */
  open_map_release(call->file->mapped.state, call->held);
  PyErr_Restore(type, value, traceback);
  return r < 0 ? -1 : r;
}

/* ---- asking the library, without the interpreter lock ---- */

/* The index asks for a function that is good as long as it lives; so it learns here whose call it is in. */
static _Thread_local interrupt *current;

static int check_current(void *context, uint64_t done, uint64_t total) {
  (void)context;
  return current ? interrupt_check(current, done, total) : 0;
}

static tome_lines_options options_of(tome_range text, interrupt *in) {
  tome_lines_options options = TOME_LINES_INIT;
  options.from = text.offset;
  options.to = text.length == TOME_END ? TOME_END : text.offset + text.length;
  options.progress = interrupt_check;
  options.context = in;
  return options;
}

/* What the index covers, and what of it are whole lines. Pre: it is new, or was built anew. */
static int learn(lines_call *call, const tome_line_index_info *info) {
  known_lines *known = &call->known;
  tome *map = call->held->map;
  unsigned char last = '\n';
  tome_line unended = {info->covered, 0, info->covered};
  int r = info->covered > 0 ? tome_read(map, info->covered - 1, &last, 1) : 0;
  if (r == 0 && last != '\n')
    r = tome_line_at(map, info->covered - 1, TOME_LINES_LF, &unended);
  if (r < 0)
    return r;
  known->covered = known->counted = info->covered;
  known->lines = info->lines;
  known->base = known->whole = unended.offset;
  known->base_lines = known->whole_lines = info->lines - (last != '\n');
  return 0;
}

/* An index adopts the size that the file has now. If it was cut, that is a loss which somebody must be told of. */
static int check_end(tome *map) {
  uint64_t size = tome_size(map);
  char last;
  return size > 0 ? tome_read(map, size - 1, &last, 1) : 0;
}

static int build(lines_call *call) {
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  tome_line_index_info info = {.struct_size = sizeof info};
  known_lines old = call->known;
  options.progress = check_current;
  int r = check_end(call->held->map);
  if (r == 0)
    r = tome_line_index_open(&call->known.index, call->held->map, &options);
  if (r < 0)
    return r;
  if (call->is_new)
    tome_line_index_close(old.index);
  call->is_new = 1;
  r = tome_line_index_info_get(call->known.index, &info);
  return r < 0 ? r : learn(call, &info);
}

/* What the file has grown by. */
static int count_growth(lines_call *call, uint64_t size, interrupt *in) {
  known_lines *known = &call->known;
  tome_lines_options options = options_of((tome_range){known->whole, size - known->whole}, in);
  uint64_t count;
  tome_line last;
  int r = tome_lines_count(call->held->map, &options, &count);
  if (r >= 0)
    r = tome_lines_nth_last(call->held->map, 1, &options, &last);
  if (r <= 0)
    return r;
  int ended = last.offset + last.length < last.next;
  known->whole_lines += count - !ended;
  known->whole = ended ? last.next : last.offset;
  known->counted = size;
  return 0;
}

/* Know the lines of the file as it is now. */
static int know(lines_call *call, interrupt *in) {
  known_lines *known = &call->known;
  uint64_t size = tome_size(call->held->map);
  tome_line_index_info info = {.struct_size = sizeof info};
  if (!known->index || size < known->counted || size - known->covered > known->covered / 16 + NEAR)
    return build(call);
  int r = tome_line_index_info_get(known->index, &info);
  if (r == 0 && (info.covered != known->covered || info.lines != known->lines)) /* built anew */
    r = learn(call, &info);
  size = tome_size(call->held->map);
  return r == 0 && size > known->counted ? count_growth(call, size, in) : r;
}

/* ---- answers ---- */

static int is_whole(tome_range text) {
  return text.offset == 0 && text.length == TOME_END;
}

static tome_range clip(const lines_call *call, tome_range text) {
  uint64_t size = tome_size(call->held->map);
  text.offset = text.offset < size ? text.offset : size;
  text.length = text.length < size - text.offset ? text.length : size - text.offset;
  return text;
}

/* The answer if it is near: 1. 0: it is not, or there is none. */
static int nth_near(const lines_call *call, tome_range text, uint64_t number, interrupt *in,
                    tome_line *ret) {
  tome_range window = {text.offset, text.length < NEAR ? text.length : NEAR};
  tome_lines_options options = options_of(window, in);
  tome_line line;
  if (number >= (call->known.index ? 128 : NEAR))
    return 0;
  int r = tome_lines_nth(call->held->map, number + 1, &options, &line);
  if (r <= 0 || (line.next == options.to && window.length < text.length))
    return r < 0 ? r : 0;
  *ret = line;
  return 1;
}

static int nth_last_near(const lines_call *call, tome_range text, uint64_t number, interrupt *in,
                         tome_line *ret) {
  uint64_t skipped = text.length < NEAR ? 0 : text.length - NEAR;
  tome_lines_options options =
      options_of((tome_range){text.offset + skipped, text.length - skipped}, in);
  tome_line line;
  if (number > (call->known.index ? 128 : NEAR))
    return 0;
  int r = tome_lines_nth_last(call->held->map, number, &options, &line);
  if (r <= 0 || (skipped > 0 && line.offset == options.from))
    return r < 0 ? r : 0;
  *ret = line;
  return 1;
}

/* Pre: known. */
static int nth_known(lines_call *call, uint64_t number, interrupt *in, tome_line *ret) {
  const known_lines *known = &call->known;
  if (number < known->base_lines)
    return tome_line_index_line(known->index, number + 1, ret);
  tome_range rest = {known->base, known->counted - known->base};
  tome_lines_options options = options_of(rest, in);
  return tome_lines_nth(call->held->map, number - known->base_lines + 1, &options, ret);
}

/* Pre: known; the byte is in the file. */
static int number_known(lines_call *call, uint64_t offset, interrupt *in, uint64_t *ret) {
  const known_lines *known = &call->known;
  uint64_t number;
  if (offset < known->base) {
    int r = tome_line_index_number(known->index, offset, &number);
    if (r > 0)
      *ret = number - 1;
    return r;
  }
  tome_lines_options options = options_of((tome_range){known->base, offset - known->base + 1}, in);
  int r = tome_lines_count(call->held->map, &options, &number);
  if (r > 0)
    *ret = known->base_lines + number - 1;
  return r;
}

static int nth_in_part(lines_call *call, tome_range text, uint64_t number, interrupt *in,
                       tome_line *ret) {
  tome_lines_options options = options_of(text, in);
  uint64_t first = 0;
  tome_line line = {0, 0, 0};
  if (text.length <= SMALL_PART)
    return tome_lines_nth(call->held->map, number + 1, &options, ret);
  int r = know(call, in);
  if (r == 0)
    r = number_known(call, text.offset, in, &first);
  if (r > 0)
    r = nth_known(call, first + number, in, &line);
  if (r <= 0 || line.offset >= text.offset + text.length)
    return r < 0 ? r : 0;
  *ret = line;
  return 1;
}

static int nth(lines_call *call, tome_range text, uint64_t number, interrupt *in, tome_line *ret) {
  tome_range there = clip(call, text);
  int r = nth_near(call, there, number, in, ret);
  if (r != 0)
    return r;
  if (!is_whole(text))
    return nth_in_part(call, there, number, in, ret);
  r = know(call, in);
  return r < 0 ? r : nth_known(call, number, in, ret);
}

static int count(lines_call *call, tome_range text, interrupt *in, uint64_t *ret) {
  if (!is_whole(text)) {
    tome_lines_options options = options_of(clip(call, text), in);
    int r = tome_lines_count(call->held->map, &options, ret);
    return r < 0 ? r : 1;
  }
  int r = know(call, in);
  *ret = call->known.whole_lines + (call->known.whole < call->known.counted);
  return r < 0 ? r : 1;
}

static int nth_last(lines_call *call, tome_range text, uint64_t number, int only_near,
                    interrupt *in, tome_line *ret) {
  uint64_t lines;
  int r = nth_last_near(call, clip(call, text), number, in, ret);
  if (r != 0 || only_near)
    return r;
  r = count(call, text, in, &lines);
  if (r < 0 || number > lines)
    return r < 0 ? r : 0;
  return nth(call, text, lines - number, in, ret);
}

static int number_of(lines_call *call, tome_range text, uint64_t offset, interrupt *in,
                     uint64_t *ret) {
  tome_lines_options options = options_of((tome_range){text.offset, offset - text.offset + 1}, in);
  uint64_t lines;
  if (is_whole(text) && offset >= NEAR) {
    int r = know(call, in);
    return r < 0 ? r : number_known(call, offset, in, ret);
  }
  int r = tome_lines_count(call->held->map, &options, &lines);
  if (r > 0)
    *ret = lines - 1;
  return r;
}

/* ---- the same for those with the lock ---- */

#define WITHOUT_LOCK(call_of_it)                                                                   \
  interrupt in, *outer = current; /* of a call that a signal's handler, asking here, interrupts */ \
  interrupt_begin(&in);                                                                            \
  current = &in;                                                                                   \
  int r = call_of_it;                                                                              \
  current = outer;                                                                                 \
  interrupt_end(&in);                                                                              \
  return r

int lines_count(lines_call *call, tome_range text, uint64_t *ret_count) {
  WITHOUT_LOCK(count(call, text, &in, ret_count));
}

int lines_nth(lines_call *call, tome_range text, uint64_t number, tome_line *ret) {
  WITHOUT_LOCK(nth(call, text, number, &in, ret));
}

int lines_nth_last(lines_call *call, tome_range text, uint64_t number, int only_near,
                   tome_line *ret) {
  WITHOUT_LOCK(nth_last(call, text, number, only_near, &in, ret));
}

int lines_number(lines_call *call, tome_range text, uint64_t offset, uint64_t *ret_number) {
  WITHOUT_LOCK(number_of(call, text, offset, &in, ret_number));
}
