/* Opening, closing, changing and asking the size, judged. */
#include "failing_calls.h"
#include "model_state.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define ALL_FLAGS UINT32_C(255)
#define NEEDS_WRITE (TOME_CREATE | TOME_TRUNCATE | TOME_GROW | TOME_SPARSE)

/* ---- opening ---- */

/* As the headers have it: TOME_EXCL of a file that is there comes after the arguments, the part after that. */
static int expected_open(const model *all, const model_open_options *how) {
  uint32_t flags = how->flags;
  if ((flags & ~ALL_FLAGS) || ((flags & NEEDS_WRITE) && !(flags & TOME_WRITE)) ||
      ((flags & TOME_COPY) && (flags & (TOME_WRITE | NEEDS_WRITE))) ||
      ((flags & TOME_EXCL) && !(flags & TOME_CREATE)) || (how->window && (flags & TOME_COPY)))
    return TOME_EINVAL;
  if (how->by_descriptor && (flags & (TOME_CREATE | TOME_EXCL)))
    return TOME_EINVAL;
  if (flags & TOME_EXCL)
    return TOME_EEXIST;
  uint64_t size = flags & TOME_TRUNCATE ? 0 : all->size;
  if (how->offset > size || (how->length != TOME_END && how->length > size - how->offset))
    return TOME_ERANGE;
  return 0;
}

static int open_map(const model *all, tome **ret, const model_open_options *how) {
  tome_options options = TOME_OPTIONS_INIT;
  options.offset = how->offset;
  options.length = how->length;
  options.reserve = how->reserve;
  options.window = how->window;
  return how->by_descriptor ? tome_open_fd(ret, all->fd, how->flags, &options)
                            : tome_open(ret, all->path, how->flags, &options);
}

void model_open(model *all, model_map *m, const model_open_options *how) {
  if ((how->flags & TOME_TRUNCATE) && !model_may_cut(all, NULL))
    return;
  model_say(all, "open flags, offset, length, window", how->flags, how->offset, how->length,
            how->window);
  int want = expected_open(all, how);
  tome *map = NULL;
  int r = MODEL_CALL(all, open_map(all, &map, how));
  if (!model_agrees(all, NULL, r, want) || r < 0)
    return;
  if (how->flags & TOME_TRUNCATE)
    model_cut(all, NULL, 0);
  memset(m, 0, offsetof(model_map, own));
  m->map = map;
  m->flags = how->flags;
  m->origin = how->offset;
  m->size = how->length != TOME_END ? how->length : all->size - how->offset;
  m->limit = how->flags & TOME_COPY ? m->size : how->length;
  m->odd_identity = m->patched = all->struck;
}

/* ---- closing ---- */

static int view_untold(const model *all, const model_map *m) {
  for (int i = 0; i < VIEWS; i++)
    if (all->views[i].view.map && all->views[i].of == m && all->views[i].lost_store &&
        !all->views[i].told)
      return 1;
  return 0;
}

/* Whether a loss must be told that nobody has heard of. */
static int has_untold(const model *all, const model_map *m) {
  if (!(m->flags & TOME_WRITE) || (m->flags & TOME_NOGUARD))
    return 0;
  for (uint64_t i = 0; i < all->most; i++)
    if (m->marks[i] & (LOST | NOTICED))
      return 1;
  return view_untold(all, m);
}

static int may_tell(const model *all, const model_map *m) {
  int may = m->alarm;
  for (int i = 0; i < VIEWS; i++)
    if (all->views[i].view.map && all->views[i].of == m)
      may |= all->views[i].cut_seen || all->views[i].met || m->patched;
  return may && (m->flags & TOME_WRITE) && !(m->flags & TOME_NOGUARD);
}

/* A close that tells of a failed write sticks to the file, as a failed flush does. */
static void note_failed_close(model *all, const model_map *m) {
  int code = all->fuse_kind == STRIKE_HARD ? TOME_EIO : TOME_ENOSPC;
  if (!all->struck || strcmp(calls_struck(), "close") != 0 || !(m->flags & TOME_WRITE) ||
      (all->fuse_kind != STRIKE_HARD && all->fuse_kind != STRIKE_FULL))
    return;
  all->flush_code = code;
}

void model_close(model *all, model_map *m) {
  model_say(all, "close", 0, 0, 0, 0);
  int untold = has_untold(all, m), may = may_tell(all, m);
  int r = MODEL_CALL(all, tome_close(m->map));
  m->map = NULL;
  note_failed_close(all, m);
  for (int i = 0; i < VIEWS; i++)
    if (all->views[i].of == m)
      all->views[i].view.map = NULL;
  if (all->struck)
    model_agrees(all, NULL, r, 0);
  else
    model_agrees(all, NULL, r, untold ? TOME_ELOST : r == TOME_ELOST && may ? r : 0);
}

/* ---- the size ---- */

static int view_beyond(const model *all, const model_map *m, uint64_t size) {
  for (int i = 0; i < VIEWS; i++) {
    const model_view *v = &all->views[i];
    if (v->view.map && v->of == m && v->view.length && v->view.offset + v->view.length > size)
      return 1;
  }
  return 0;
}

/* Pre: the size of the file was adopted. Where the file will end then, and the map; or the error. */
static int expected_resize(const model *all, const model_map *m, uint64_t size, uint64_t known,
                           uint64_t *ret_file_end, uint64_t *ret_map_end) {
  *ret_file_end = all->size;
  if (size > INT64_MAX - m->origin)
    return TOME_EFBIG;
  uint64_t end = *ret_map_end = m->origin + size;
  if (size < m->size && size < known) {
    if (view_beyond(all, m, size))
      return TOME_EBUSY;
    if (m->origin + m->size >= all->size)
      *ret_file_end = end;
  } else if (end > all->size) {
    *ret_file_end = end;
  } else if (size >= known) { /* what others added stays */
    *ret_map_end = all->size;
  }
  return 0;
}

static void judge_resize(model *all, model_map *m, uint64_t size, uint64_t known, int r) {
  uint64_t file_end, map_end = 0;
  int want = expected_resize(all, m, size, known, &file_end, &map_end);
  if (!model_agrees(all, m, r, want) || r < 0)
    return;
  if (file_end < all->size)
    model_cut(all, m, file_end);
  else
    model_grow(all, m, file_end);
  if (m->limit != TOME_END)
    m->limit = size;
  m->size = map_end - m->origin < m->limit ? map_end - m->origin : m->limit;
}

void model_resize(model *all, model_map *m, uint64_t size) {
  if (size < TOME_END / 4 && m->origin + size > LIMIT)
    return;
  if (!model_may_cut(all, m))
    return;
  model_say(all, "resize", size, 0, 0, 0);
  uint64_t known = m->size;
  int r = MODEL_CALL(all, tome_resize(m->map, size));
  if (!(m->flags & TOME_WRITE)) {
    model_agrees(all, m, r, TOME_EREADONLY);
    return;
  }
  model_adopt(all, m, 1);
  judge_resize(all, m, size, known, r);
}

static int expected_append(const model *all, const model_map *m) {
  if (m->limit != TOME_END && m->origin + m->size < all->size)
    return TOME_ERANGE;
  return all->size < m->origin ? TOME_ERANGE : 0;
}

void model_append(model *all, model_map *m, const void *data, uint64_t length) {
  uint64_t offset = 77, at = all->size;
  if (at + length > LIMIT)
    return;
  model_say(all, "append", length, 0, 0, 0);
  int r = MODEL_CALL(all, tome_append(m->map, data, length, &offset));
  if (!(m->flags & TOME_WRITE)) {
    model_agrees(all, m, r, TOME_EREADONLY);
    return;
  }
  if (length > 0)
    model_adopt(all, m, 1);
  int want = length > 0 ? expected_append(all, m) : 0;
  uint64_t place = length > 0 ? at - m->origin : m->size;
  if (!model_agrees(all, m, r, want) || r < 0)
    place = 77;
  if (offset != place)
    model_wrong(all, "appended at %" PRIu64 ", not at %" PRIu64, offset, place);
  if (r < 0 || length == 0)
    return;
  model_grow_by(all, m, at, data, length);
  m->size = place + length;
  if (m->limit != TOME_END)
    m->limit = m->size;
}

void model_refresh(model *all, model_map *m) {
  model_say(all, "refresh", 0, 0, 0, 0);
  int r = MODEL_CALL(all, tome_refresh(m->map));
  model_adopt(all, m, 1);
  model_agrees(all, m, r, 0);
}

/* ---- asking ---- */

void model_info(model *all, model_map *m) {
  tome_info info = {.struct_size = sizeof info};
  model_say(all, "info", 0, 0, 0, 0);
  int r = MODEL_CALL(all, tome_info_get(m->map, &info));
  if (!model_agrees(all, m, r, 0) || r < 0)
    return;
  if (info.size != m->size || info.kind != TOME_KIND_FILE || info.page_size != PAGE_BYTES)
    model_wrong(all, "the map has %" PRIu64 " bytes", info.size);
  if (!all->struck && (info.file_size != all->size ||
                       (info.hole_bytes != TOME_UNKNOWN && info.hole_bytes > all->size)))
    model_wrong(all, "the file has %" PRIu64 " bytes", info.file_size);
  m->reserved = info.reserved;
}

/* ---- flushing and checking ---- */

static int untold_in(const model *all, const model_map *m, uint64_t from, uint64_t to) {
  for (uint64_t i = from; i < to && i < all->most; i++)
    if (m->marks[i] & (LOST | NOTICED))
      return 1;
  for (int i = 0; i < VIEWS; i++) {
    const model_view *v = &all->views[i];
    if (v->view.map && v->of == m && v->lost_store && !v->told &&
        m->origin + v->view.offset >= from && v->end <= to)
      return 1;
  }
  return 0;
}

static void tell(const model *all, model_map *m, uint64_t from, uint64_t to) {
  for (uint64_t i = from; i < to && i < all->most; i++)
    m->marks[i] &= (unsigned char)~(LOST | NOTICED | PERHAPS);
}

static int is_of_flush(const char *call) {
  static const char *const calls[] = {"fdatasync", "fsync", "msync", "sync_file_range", "syncfs"};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (call && strcmp(call, calls[i]) == 0)
      return 1;
  return 0;
}

/* Which failure of writing back sticks to the map; 0: none does. `got` decides where that is not known. */
static int sticking(const model *all, const model_map *m, int got) {
  int sticks = m->flush_code ? m->flush_code : m->odd_identity ? 0 : all->flush_code;
  return !sticks && m->odd_identity && got == all->flush_code ? got : sticks;
}

/* Pre: the range is inside the map, and the map has a file to flush to. */
static void judge_flush(model *all, model_map *m, uint64_t from, uint64_t to, int r) {
  int sticks = sticking(all, m, r);
  if (sticks) {
    model_agrees(all, m, r, sticks);
    m->flush_code = r;
    return;
  }
  model_notice(all, m);
  int untold = untold_in(all, m, from, to), may = may_tell(all, m);
  int agreed = model_agrees(all, m, r, untold ? TOME_ELOST : r == TOME_ELOST && may ? r : 0);
  if (!agreed && r != TOME_ELOST && is_of_flush(calls_struck()))
    m->flush_code = all->flush_code = r;
  if (agreed && r == TOME_ELOST)
    tell(all, m, from, to);
}

void model_flush(model *all, model_map *m, uint64_t offset, uint64_t length, int level) {
  int to_end = length == TOME_END;
  model_say(all, "flush offset, length, level", offset, length, (uint64_t)level, 0);
  int r = MODEL_CALL(all, tome_flush(m->map, offset, length, level));
  if (level < TOME_FLUSH_START || level > TOME_FLUSH_DURABLE)
    model_agrees(all, m, r, TOME_EINVAL);
  else if (!model_resolve(all, m, offset, &length))
    model_agrees(all, m, r, TOME_ERANGE);
  else if (!(m->flags & TOME_WRITE))
    model_agrees(all, m, r, 0);
  else
    judge_flush(all, m, m->origin + offset, to_end ? LIMIT : m->origin + offset + length, r);
}

/* Evicting writes back what is dirty, whoever may store through the map. One that may not finds out only now which file it is
 * of. */
void model_evict(model *all, model_map *m, uint64_t offset, uint64_t length) {
  model_say(all, "evict offset, length", offset, length, 0, 0);
  int r = MODEL_CALL(all, tome_evict(m->map, offset, length));
  if (!model_resolve(all, m, offset, &length)) {
    model_agrees(all, m, r, TOME_ERANGE);
    return;
  }
  m->odd_identity |= all->struck && !(m->flags & TOME_WRITE);
  int sticks = length ? sticking(all, m, r) : 0;
  int agreed = model_agrees(all, m, r, sticks);
  if (agreed && sticks)
    m->flush_code = r;
  else if (!agreed && is_of_flush(calls_struck()))
    m->flush_code = all->flush_code = r;
}

/* What views met is told too, also of a map that is only read. */
static int views_met(const model *all, const model_map *m, int *ret_may) {
  int must = 0;
  for (int i = 0; i < VIEWS; i++)
    if (all->views[i].view.map && all->views[i].of == m) {
      must |= all->views[i].met && !all->views[i].told;
      *ret_may |= all->views[i].met || all->views[i].cut_seen || m->patched;
    }
  return must;
}

/* tome_check() tells of a live view once: what is stored through it afterwards is for the others to tell. */
static int in_told_view(const model *all, const model_map *m, uint64_t at) {
  for (int i = 0; i < VIEWS; i++) {
    const model_view *v = &all->views[i];
    if (v->view.map && v->of == m && v->told && (v->intent & TOME_VIEW_WRITE) &&
        at >= m->origin + v->view.offset && at < v->end)
      return 1;
  }
  return 0;
}

static int check_must_tell(const model *all, const model_map *m) {
  for (uint64_t i = 0; i < all->most; i++)
    if ((m->marks[i] & (LOST | NOTICED)) && !in_told_view(all, m, i))
      return 1;
  return view_untold(all, m);
}

static void told_all(model *all, model_map *m) {
  int open = 0;
  tell(all, m, 0, LIMIT);
  for (int i = 0; i < VIEWS; i++)
    if (all->views[i].view.map && all->views[i].of == m) {
      all->views[i].told = 1;
      open |= (all->views[i].intent & TOME_VIEW_WRITE) != 0;
    }
  m->alarm = open;
}

static void check_told_range(const model *all, const model_map *m, tome_range told) {
  for (uint64_t i = 0; i < all->most; i++)
    if ((m->marks[i] & (LOST | NOTICED)) &&
        !(i >= m->origin + told.offset && i < m->origin + told.offset + told.length) &&
        !in_told_view(all, m, i))
      model_wrong(all, "byte %" PRIu64 " of the file is lost too, not only %" PRIu64 " at %" PRIu64,
                  i, told.length, told.offset);
}

void model_check(model *all, model_map *m) {
  tome_range lost = {0, 0};
  model_say(all, "check", 0, 0, 0, 0);
  int may = may_tell(all, m);
  if (!(m->flags & TOME_NOGUARD) && (m->flags & TOME_WRITE))
    model_notice(all, m);
  int must = views_met(all, m, &may) || ((m->flags & TOME_WRITE) && check_must_tell(all, m));
  may |= has_untold(all, m);
  if (m->flags & TOME_NOGUARD)
    may = must = 0;
  int r = MODEL_CALL(all, tome_check(m->map, &lost));
  if (!model_agrees(all, m, r, must ? TOME_ELOST : r == TOME_ELOST && may ? r : 0))
    return;
  if (r == 0)
    return;
  if (lost.length == 0)
    model_wrong(all, "nothing is lost");
  check_told_range(all, m, lost);
  told_all(all, m);
  m->alarm |= all->struck; /* not all of it, perhaps */
  if (!all->struck && tome_check(m->map, &lost) != 0)
    model_wrong(all, "told twice");
}
