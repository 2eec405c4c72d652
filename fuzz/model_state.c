/* The file as the model knows it, and what its changes mean for each map and view. */
#include "model_state.h"

#include "calls.h"
#include "failing_calls.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- saying ---- */

void model_say(model *all, const char *doing, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  static int trace = -1;
  if (trace < 0)
    trace = getenv("TOME_FUZZ_TRACE") != NULL;
  all->doing = doing;
  all->with[0] = a, all->with[1] = b, all->with[2] = c, all->with[3] = d;
  if (trace)
    fprintf(stderr, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " (file %" PRIu64 ")%s\n",
            doing, a, b, c, d, all->size, all->fuse ? " with a fuse" : "");
}

void model_wrong(const model *all, const char *format, ...) {
  va_list values;
  fprintf(stderr, "WRONG: ");
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fprintf(stderr, "\n  in: %s %llu %llu %llu %llu, the file has %llu bytes\n", all->doing,
          all->with[0], all->with[1], all->with[2], all->with[3], (unsigned long long)all->size);
  if (all->struck)
    fprintf(stderr, "  a system call was made to fail: %s\n", calls_struck());
  const tome_error *error = tome_error_last();
  fprintf(stderr, "  last error: %s %s at %llu, %llu bytes\n", error->operation,
          tome_error_name(error->code), (unsigned long long)error->offset,
          (unsigned long long)error->length);
  abort();
}

/* ---- calls that fail ---- */

/* A patch that cannot be laid is the end of the process, as the guard says: that one is not made to fail. */
static void *(*failing_mmap)(void *, size_t, int, int, int, off_t);

static void *mmap_but_for_patches(void *at, size_t n, int prot, int flags, int fd, off_t offset) {
  if ((flags & MAP_FIXED) && (flags & MAP_ANONYMOUS))
    return mmap(at, n, prot, flags, fd, offset);
  return failing_mmap(at, n, prot, flags, fd, offset);
}

void model_light(model *all) {
  if (!all->fuse)
    return;
  calls_arm(all->fuse, (strike)all->fuse_kind);
  failing_mmap = tome__os_calls.mmap;
  tome__os_calls.mmap = mmap_but_for_patches;
}

int model_called(model *all, int result) {
  all->struck = 0;
  if (all->fuse) {
    int saved = errno;
    calls_disarm();
    all->struck = calls_struck() != NULL;
    errno = saved;
  }
  all->fuse = 0;
  return result;
}

/* What the map was about to notice it may have noticed or not. */
static void make_vague(const model *all, model_map *m) {
  m->alarm = m->patched = 1;
  for (size_t i = 0; i < all->most; i++)
    if (m->marks[i] & (LOST | NOTICED))
      m->marks[i] = (unsigned char)((m->marks[i] & ~(LOST | NOTICED)) | PERHAPS);
}

static void accept_size(model *all, model_map *m) {
  uint64_t now = tome_size(m->map), in_file = model_end_in(all, m);
  in_file = in_file < m->limit ? in_file : m->limit;
  if (now != m->size && now != m->size_before && now != m->size_wanted && now != in_file)
    model_wrong(all, "the map has %" PRIu64 " bytes, not %" PRIu64, now, m->size);
  m->size = now;
}

int model_agrees(model *all, model_map *m, int got, int want) {
  if (got < 0 && tome_error_last()->code != got)
    model_wrong(all, "returned %d, but the error says %d", got, tome_error_last()->code);
  if (all->struck && m && m->map) {
    make_vague(all, m);
    if (got < 0)
      accept_size(all, m);
  }
  if (got == want)
    return 1;
  if (!all->struck || got >= 0 || got < TOME_ESYSTEM)
    model_wrong(all, "returned %s, not %s", got < 0 ? tome_error_name(got) : "success",
                want < 0 ? tome_error_name(want) : "success");
  return 0;
}

/* ---- the file ---- */

const unsigned char *model_data(unsigned seed, uint64_t length) {
  static unsigned char data[LIMIT];
  for (uint64_t i = 0; i < length && i < LIMIT; i++)
    data[i] = (unsigned char)((seed & 3) * i / 5 + seed);
  return data;
}

/* A failure of flushing sticks to a file for good. */
static void open_file(model *all) {
  if (all->fd >= 0 && all->flush_code) {
    close(all->fd);
    all->fd = -1;
  }
  if (all->fd < 0) {
    all->fd = memfd_create("tome-fuzz", MFD_CLOEXEC);
    snprintf(all->path, sizeof all->path, "/proc/self/fd/%d", all->fd);
  }
  if (all->fd < 0)
    model_wrong(all, "no file to work on");
}

static void fill_file(model *all, uint64_t size, int filled) {
  for (uint64_t i = 0; i < size; i++)
    all->bytes[i] = filled ? (unsigned char)(i * 7 / 3 % 251 + 1) : 0;
  all->size = all->most = size;
  if (ftruncate(all->fd, 0) != 0 || ftruncate(all->fd, (off_t)size) != 0 ||
      (filled && pwrite(all->fd, all->bytes, size, 0) != (ssize_t)size))
    model_wrong(all, "the file cannot be made");
}

void model_begin(model *all, uint64_t size, int filled) {
  model_say(all, "make the file", size, 0, 0, 0);
  open_file(all);
  fill_file(all, size, filled);
  if (all->ghosts)
    memset(all->is_ghost, 0, sizeof all->is_ghost);
  all->ghosts = all->flush_code = all->fuse = all->struck = 0;
  for (int i = 0; i < MAPS; i++)
    all->maps[i].map = NULL;
  for (int i = 0; i < VIEWS; i++)
    all->views[i].view.map = NULL;
}

void model_end(model *all) {
  for (int i = 0; i < MAPS; i++)
    if (all->maps[i].map)
      model_close(all, &all->maps[i]);
  model_compare(all);
}

static void look(const model *all, uint64_t at, void *buffer, uint64_t length) {
  ssize_t got = pread(all->fd, buffer, length, (off_t)at);
  if (got < 0 || (uint64_t)got != length)
    model_wrong(all, "the file has no bytes at %" PRIu64, at);
}

void model_compare(model *all) {
  static unsigned char now[LIMIT];
  struct stat status;
  if (fstat(all->fd, &status) != 0 || (uint64_t)status.st_size != all->size)
    model_wrong(all, "the file has %lld bytes", (long long)status.st_size);
  look(all, 0, now, all->size);
  for (uint64_t i = 0; i < all->size; i++)
    if (now[i] != all->bytes[i])
      model_wrong(all, "byte %" PRIu64 " of the file is %d, not %d", i, now[i], all->bytes[i]);
}

int model_may_cut(const model *all, const model_map *actor) {
  for (int i = 0; i < MAPS; i++)
    if (all->maps[i].map && &all->maps[i] != actor && (all->maps[i].flags & TOME_NOGUARD))
      return 0;
  return 1;
}

/* Someone else cut the file below this map. */
static void is_cut_below(model *all, model_map *m, uint64_t size) {
  if (m->stored_end > size)
    m->alarm = 1;
  for (uint64_t i = size; i < all->most; i++) {
    unsigned char mark = m->marks[i];
    if (mark & STORED)
      mark |= LOST;
    else if (mark & MAYBE)
      mark |= PERHAPS;
    m->marks[i] = (unsigned char)(mark & ~(STORED | MAYBE));
  }
  if (m->flags & TOME_COPY)
    for (uint64_t i = size / PAGE_BYTES * PAGE_BYTES; i < all->most; i++)
      m->marks[i] = LOOSE;
  for (int i = 0; i < VIEWS; i++)
    if (all->views[i].view.map && all->views[i].of == m && all->views[i].end > size)
      all->views[i].cut_seen = 1;
}

void model_cut(model *all, model_map *actor, uint64_t size) {
  for (int i = 0; i < MAPS; i++)
    if (all->maps[i].map && &all->maps[i] != actor)
      is_cut_below(all, &all->maps[i], size);
  if (actor)
    for (uint64_t i = size; i < all->most; i++)
      actor->marks[i] &= (unsigned char)~(STORED | MAYBE);
  all->size = size;
  if (all->ghosts)
    memset(all->is_ghost, 0, sizeof all->is_ghost);
  all->ghosts = 0;
}

/* Bytes of private maps that are not theirs may be the old ones or the new. */
static void loosen(model *all, uint64_t from, uint64_t to) {
  for (int i = 0; i < MAPS; i++)
    if (all->maps[i].map && (all->maps[i].flags & TOME_COPY))
      for (uint64_t at = from; at < to; at++)
        if (!(all->maps[i].marks[at] & OWN))
          all->maps[i].marks[at] |= LOOSE;
}

static void meet_ghosts(model *all, uint64_t from, uint64_t to) {
  for (uint64_t i = from; i < to; i++)
    if (all->is_ghost[i]) {
      look(all, i, &all->bytes[i], 1);
      if (!model_may_be_ghost(all, i, all->bytes[i]))
        model_wrong(all, "byte %" PRIu64 ", new in the file, is %d", i, all->bytes[i]);
      all->is_ghost[i] = 0;
    }
}

void model_grow(model *all, model_map *actor, uint64_t size) {
  uint64_t from = all->size;
  if (size <= from)
    return;
  all->most = all->most > size ? all->most : size;
  loosen(all, from, size);
  for (int i = 0; i < MAPS; i++)
    if (all->maps[i].map && &all->maps[i] != actor)
      for (uint64_t at = from; at < size; at++)
        if (all->maps[i].marks[at] & LOST)
          all->maps[i].marks[at] = (unsigned char)((all->maps[i].marks[at] & ~LOST) | PERHAPS);
  memset(all->bytes + from, 0, size - from);
  all->size = size;
  if (all->ghosts)
    meet_ghosts(all, from, size);
}

void model_change(model *all, model_map *actor, uint64_t at, const void *data, int byte,
                  uint64_t length) {
  loosen(all, at, at + length);
  if (data)
    memcpy(all->bytes + at, data, length);
  else
    memset(all->bytes + at, byte, length);
  if (all->ghosts)
    memset(all->is_ghost + at, 0, length);
  if (!actor)
    return;
  for (uint64_t i = at; i < at + length; i++)
    actor->marks[i] |= STORED;
  if (actor->stored_end < at + length)
    actor->stored_end = at + length;
}

void model_grow_by(model *all, model_map *actor, uint64_t at, const void *data, uint64_t length) {
  if (all->ghosts)
    memset(all->is_ghost + at, 0, length);
  model_grow(all, actor, at + length);
  model_change(all, actor, at, data, 0, length);
}

/* ---- stores of a map ---- */

static unsigned char byte_of(const void *data, int byte, uint64_t i) {
  return data ? ((const unsigned char *)data)[i] : (unsigned char)byte;
}

static void store_own(model *all, model_map *m, uint64_t at, const void *data, int byte,
                      uint64_t length) {
  for (uint64_t i = at; i < at + length; i++)
    if (i < all->size && !m->patched) {
      m->own[i] = byte_of(data, byte, i - at);
      m->marks[i] = OWN;
    } else {
      m->marks[i] = LOOSE;
    }
}

/* Not in the file: it must be told, unless this is private. */
static void store_ghosts(model *all, model_map *m, uint64_t from, uint64_t to,
                         const unsigned char *data, int byte) {
  uint64_t most = page_up(all->size);
  for (uint64_t i = from; i < to && i < most; i++) {
    all->ghosts = 1;
    all->is_ghost[i] = GHOST;
    all->ghost[i] = byte_of(data, byte, i - from);
    m->marks[i] |= LOST;
  }
  if (m->stored_end < to)
    m->stored_end = to;
  m->alarm = 1;
}

void model_store(model *all, model_map *m, uint64_t at, const void *data, int byte,
                 uint64_t length) {
  if (length == 0)
    return;
  if (m->flags & TOME_COPY) {
    store_own(all, m, at, data, byte, length);
    return;
  }
  uint64_t end = at + length, in_file = at > all->size ? at : end < all->size ? end : all->size;
  if (in_file > at)
    model_change(all, m, at, data, byte, in_file - at);
  if (in_file < end)
    store_ghosts(all, m, in_file, end, data ? (const unsigned char *)data + (in_file - at) : NULL,
                 byte);
}

void model_look_after_store(model *all, model_map *m, uint64_t at, const void *data, int byte,
                            uint64_t length) {
  if (m->flags & TOME_COPY) {
    memset(m->marks + at, LOOSE, length);
    return;
  }
  uint64_t end = at + length;
  loosen(all, at, end);
  m->alarm = 1;
  if (m->stored_end < end)
    m->stored_end = end;
  for (uint64_t i = at; i < end && i < all->size; i++) {
    unsigned char now, stored = byte_of(data, byte, i - at);
    look(all, i, &now, 1);
    if (now != all->bytes[i] && now != stored)
      model_wrong(all, "byte %" PRIu64 " is %d, neither the old %d nor the new %d", i, now,
                  all->bytes[i], stored);
    all->bytes[i] = now;
    m->marks[i] |= MAYBE;
  }
  uint64_t most = page_up(all->size);
  for (uint64_t i = at > all->size ? at : all->size; i < end && i < most; i++) {
    all->ghosts = 1;
    all->is_ghost[i] = all->is_ghost[i] ? ANY_GHOST : GHOST; /* the old one, or this */
    all->ghost[i] = byte_of(data, byte, i - at);
    m->marks[i] |= PERHAPS;
  }
}

/* ---- maps ---- */

int model_expect(const model *all, const model_map *m, uint64_t offset, uint64_t length,
                 unsigned char *ret_bytes) {
  uint64_t at = m->origin + offset;
  memcpy(ret_bytes, all->bytes + at, length);
  int determined = 1;
  if (m->flags & TOME_COPY)
    for (uint64_t i = 0; i < length; i++) {
      if (m->marks[at + i] & OWN)
        ret_bytes[i] = m->own[at + i];
      determined &= !(m->marks[at + i] & LOOSE);
    }
  return determined;
}

void model_match(const model *all, const model_map *m, uint64_t offset, const void *got,
                 uint64_t length) {
  static unsigned char want[LIMIT];
  const unsigned char *bytes = got;
  model_expect(all, m, offset, length, want);
  if (memcmp(bytes, want, length) == 0)
    return;
  for (uint64_t i = 0; i < length; i++) {
    uint64_t at = m->origin + offset + i;
    int ghost = at >= all->size && model_may_be_ghost(all, at, bytes[i]);
    if (bytes[i] != want[i] && !(m->marks[at] & LOOSE) && !ghost)
      model_wrong(all, "byte %" PRIu64 " of the map is %d, not %d", offset + i, bytes[i], want[i]);
  }
}

void model_notice(model *all, model_map *m) {
  for (uint64_t i = all->size; i < all->most; i++)
    if (m->marks[i] & LOST)
      m->marks[i] = (unsigned char)((m->marks[i] & ~LOST) | NOTICED);
}

void model_adopt(model *all, model_map *m, int shrink) {
  uint64_t size = model_end_in(all, m);
  size = size < m->limit ? size : m->limit;
  model_notice(all, m);
  if (shrink || size > m->size)
    m->size = size;
}

int model_resolve(model *all, model_map *m, uint64_t offset, uint64_t *length) {
  for (int asked = 0; asked < 2; asked++) {
    uint64_t wanted = *length == TOME_END && offset <= m->size ? m->size - offset : *length;
    if (model_inside(m->size, offset, wanted)) {
      *length = wanted;
      return 1;
    }
    if (!asked)
      model_adopt(all, m, 0);
  }
  return 0;
}

int model_check_range(model *all, model_map *m, uint64_t offset, uint64_t length) {
  if (model_inside(m->size, offset, length))
    return 1;
  return length != TOME_END && model_resolve(all, m, offset, &length);
}

void model_check_error(const model *all, uint64_t offset, uint64_t length) {
  const tome_error *error = tome_error_last();
  if (error->length == 0 || error->offset < offset ||
      !model_inside(length, error->offset - offset, error->length))
    model_wrong(all, "the error names bytes that were not asked for");
}
