/* The fuzz target of the library: an input is a program of calls on two maps of one file, with other processes cutting and
 * growing it meanwhile and system calls that fail; model_state.h is what must come of it.
 *
 * First the file is made, then each operation is a byte: 5 bits which one, 1 which map, and the highest whether one of its
 * system calls fails. The file is in memory and at most 20 pages long: long enough for each of the ways that stores take. */
#include "calls.h"
#include "fuzz_input.h"
#include "model_state.h"

#include <string.h>

enum { MOST_OPERATIONS = 80 };

/* A number, often near a border of pages or near `reference`, now and then huge. */
static uint64_t take_number(fuzz_input *in, uint64_t reference) {
  unsigned how = take_byte(in), low = how & 63;
  int64_t number = low;
  if (how >> 6 == 1)
    number = (int64_t)(low % 20) * PAGE_BYTES + (int8_t)take_byte(in) / 4;
  else if (how >> 6 == 2)
    number = (int64_t)reference + (int)low - 32;
  else if (how == 255)
    return TOME_END - (take_byte(in) & 7);
  else if (how >> 6 == 3)
    number = (int64_t)(low << 8 | take_byte(in)) % LIMIT;
  return number < 0 ? 0 : (uint64_t)number;
}

static uint64_t take_place(fuzz_input *in) {
  uint64_t number = take_number(in, 0);
  return number < LIMIT ? number : number % LIMIT;
}

static const unsigned char *take_data(fuzz_input *in, uint64_t length) {
  return model_data(take_byte(in), length);
}

static uint64_t take_length(fuzz_input *in, const model_map *m) {
  uint64_t length = take_number(in, m->size);
  return length < LIMIT ? length : length % LIMIT;
}

/* ---- other processes ---- */

static void cut_elsewhere(model *all, fuzz_input *in) {
  uint64_t size = take_place(in);
  if (size >= all->size || !model_may_cut(all, NULL))
    return;
  model_say(all, "cut elsewhere", size, 0, 0, 0);
  if (ftruncate(all->fd, (off_t)size) != 0)
    model_wrong(all, "the file cannot be cut");
  model_cut(all, NULL, size);
}

static void grow_elsewhere(model *all, fuzz_input *in) {
  uint64_t size = take_place(in);
  if (size <= all->size)
    return;
  model_say(all, "grow elsewhere", size, 0, 0, 0);
  if (ftruncate(all->fd, (off_t)size) != 0)
    model_wrong(all, "the file cannot grow");
  model_grow(all, NULL, size);
}

static void write_elsewhere(model *all, fuzz_input *in) {
  uint64_t at = take_place(in), length = take_place(in) % 5000;
  const unsigned char *data = take_data(in, length);
  if (at + length > LIMIT || length == 0)
    return;
  model_say(all, "write elsewhere", at, length, 0, 0);
  if ((uint64_t)pwrite(all->fd, data, length, (off_t)at) != length)
    model_wrong(all, "the file cannot be written");
  model_grow_by(all, NULL, at, data, length);
}

static void punch_elsewhere(model *all, fuzz_input *in) {
  uint64_t at = take_place(in), length = take_place(in);
  if (at + length > all->size || length == 0)
    return;
  model_say(all, "punch elsewhere", at, length, 0, 0);
  if (fallocate(all->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)length) != 0)
    model_wrong(all, "there can be no hole");
  model_change(all, NULL, at, NULL, 0, length);
}

/* ---- one map ---- */

static const uint32_t usual_flags[] = {
    TOME_WRITE | TOME_GROW,
    TOME_WRITE,
    TOME_READ,
    TOME_COPY,
    TOME_WRITE | TOME_GROW | TOME_SPARSE,
    TOME_WRITE | TOME_CREATE | TOME_GROW,
    TOME_WRITE | TOME_TRUNCATE | TOME_GROW,
    TOME_WRITE | TOME_GROW | TOME_NOGUARD,
};

/* Failures of write-back stick for the life of the process: a few are enough. */
static void spare_fuse(model *all) {
  static int left = 32;
  if (all->fuse && left-- <= 0)
    all->fuse = 0;
}

/* A byte for the flags, or the flags themselves; then, if it says so, windows of one or two pages, a part, a reservation. */
static void opening(model *all, fuzz_input *in, model_map *m) {
  static const uint64_t windows[] = {0, PAGE_BYTES, 0, 2 * PAGE_BYTES};
  unsigned how = take_byte(in);
  model_open_options options = {.flags = usual_flags[how & 7], .length = TOME_END};
  options.by_descriptor = (how & 8) != 0;
  options.window = windows[how >> 4 & 3];
  if (how & 64) {
    options.offset = take_number(in, all->size);
    options.length = take_number(in, all->size - options.offset % (all->size + 1));
    options.reserve = take_byte(in) & 1 ? options.length % LIMIT + PAGE_BYTES : 0;
  }
  if (how & 128)
    options.flags = take_byte(in) | (take_byte(in) == 255 ? 256 : 0);
  if (m->map) {
    spare_fuse(all);
    model_close(all, m);
  } else {
    model_open(all, m, &options);
  }
}

static void reading(model *all, fuzz_input *in, model_map *m) {
  uint64_t offset = take_number(in, m->size);
  model_read(all, m, offset, take_length(in, m));
}

/* Ranges anywhere, which may overlap. */
static void gathering(model *all, fuzz_input *in, model_map *m) {
  static unsigned char got[8][LIMIT];
  tome_span spans[8];
  size_t count = 1 + take_byte(in) % 8;
  for (size_t i = 0; i < count; i++) {
    uint64_t offset = take_number(in, m->size);
    spans[i] = (tome_span){offset, take_length(in, m), got[i], 1};
  }
  model_gather(all, m, spans, count);
}

static void writing(model *all, fuzz_input *in, model_map *m) {
  uint64_t offset = take_number(in, m->size), length = take_length(in, m);
  model_write(all, m, offset, take_data(in, length), length);
}

static void filling(model *all, fuzz_input *in, model_map *m) {
  uint64_t offset = take_number(in, m->size), length = take_number(in, m->size - offset);
  model_fill(all, m, offset, length, (int)take_byte(in));
}

static void moving(model *all, fuzz_input *in, model_map *m) {
  uint64_t to = take_number(in, m->size), from = take_number(in, m->size);
  model_move(all, m, to, from, take_number(in, m->size));
}

static void appending(model *all, fuzz_input *in, model_map *m) {
  uint64_t length = take_place(in);
  model_append(all, m, take_data(in, length), length);
}

static void resizing(model *all, fuzz_input *in, model_map *m) {
  model_resize(all, m, take_number(in, m->size));
}

/* What is in the file, or anything. */
static void finding(model *all, fuzz_input *in, model_map *m) {
  static unsigned char needle[64];
  unsigned how = take_byte(in);
  uint64_t length = how & 32 ? how & 31 : how & 3;
  uint64_t place = how & 64 ? take_place(in) : LIMIT;
  if (place + length <= all->size)
    memcpy(needle, all->bytes + place, length);
  else
    memcpy(needle, take_data(in, length), length);
  uint64_t from = take_number(in, m->size);
  model_find(all, m, needle, length, from, take_number(in, m->size), (how & 128) != 0);
}

static void flushing(model *all, fuzz_input *in, model_map *m) {
  unsigned level = take_byte(in);
  uint64_t offset = take_number(in, m->size), length = take_number(in, m->size - offset);
  if (level > 32)
    level = TOME_FLUSH_START;
  spare_fuse(all);
  model_flush(all, m, offset, length, (int)(level & 3));
}

/* ---- views ---- */

static void viewing(model *all, fuzz_input *in, model_map *m) {
  unsigned how = take_byte(in);
  model_view *v = &all->views[how % VIEWS];
  if (v->view.map) {
    model_view_end(all, v);
    return;
  }
  uint64_t offset = take_number(in, m->size), length = take_number(in, m->size - offset);
  model_view_begin(all, v, m, offset, length, how >> 4 == 15 ? 8 : how >> 4 & 7);
}

static void using_view(model *all, fuzz_input *in, model_map *m) {
  unsigned how = take_byte(in);
  model_view *v = &all->views[how % VIEWS];
  (void)m;
  if (!v->view.map)
    return;
  uint64_t at = take_number(in, v->view.length), length = take_number(in, v->view.length - at);
  if (how & 64)
    model_view_store(all, v, at, take_data(in, length), length);
  else
    model_view_load(all, v, at, length);
}

/* ---- the program ---- */

typedef void operation(model *all, fuzz_input *in, model_map *m);

static void refreshing(model *all, fuzz_input *in, model_map *m) {
  (void)in;
  model_refresh(all, m);
}

static void checking(model *all, fuzz_input *in, model_map *m) {
  (void)in;
  model_check(all, m);
}

static void asking(model *all, fuzz_input *in, model_map *m) {
  (void)in;
  model_info(all, m);
}

static void evicting(model *all, fuzz_input *in, model_map *m) {
  uint64_t offset = take_number(in, m->size);
  model_evict(all, m, offset, take_number(in, m->size - offset));
}

static operation *const operations[32] = {
    opening,  reading, writing,    filling,    moving,   appending, resizing,   finding,
    flushing, viewing, using_view, refreshing, checking, asking,    evicting,   NULL,
    NULL,     NULL,    NULL,       reading,    writing,  writing,   using_view, using_view,
    viewing,  reading, appending,  finding,    finding,  checking,  gathering,  flushing,
};
typedef void elsewhere(model *all, fuzz_input *in);
static elsewhere *const by_others[4] = {cut_elsewhere, grow_elsewhere, write_elsewhere,
                                        punch_elsewhere};

static void take_fuse(model *all, fuzz_input *in) {
  unsigned how = take_byte(in);
  all->fuse = 1 + (int)(how & 31) % 20;
  all->fuse_kind = (int)(how >> 5) % 4;
}

static void one_operation(model *all, fuzz_input *in) {
  unsigned which = take_byte(in), kind = which & 31;
  model_map *m = &all->maps[which >> 5 & 1];
  all->struck = all->fuse = 0;
  if (kind >= 15 && kind <= 18) {
    by_others[kind - 15](all, in);
    return;
  }
  if (which & 128)
    take_fuse(all, in);
  m->size_before = m->size_wanted = m->size;
  if (m->map || kind == 0)
    operations[kind](all, in, m);
  all->fuse = 0;
  if (m->map && tome_size(m->map) != m->size)
    model_wrong(all, "the map has %llu bytes, not %llu", (unsigned long long)tome_size(m->map),
                (unsigned long long)m->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static model all = {.fd = -1};
  fuzz_input in = {data, data + size};
  unsigned how = take_byte(&in);
  model_begin(&all, take_place(&in) % (8 * PAGE_BYTES), (int)(how & 1));
  opening(&all, &in, &all.maps[0]);
  for (int i = 0; i < MOST_OPERATIONS && in.at < in.end; i++)
    one_operation(&all, &in);
  all.fuse = all.struck = 0;
  model_end(&all);
  return 0;
}
