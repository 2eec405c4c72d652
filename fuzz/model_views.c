/* Views, judged: a load or store that went wrong must be told by the view's end. */
#include "model_state.h"

#include <inttypes.h>
#include <string.h>

/* ---- beginning ---- */

static int expected_begin(model *all, model_map *m, uint64_t offset, uint64_t length,
                          uint32_t intent) {
  uint32_t kinds = TOME_VIEW_RANDOM | TOME_VIEW_SEQUENTIAL;
  if ((intent & ~(TOME_VIEW_WRITE | kinds)) || (intent & kinds) == kinds)
    return TOME_EINVAL;
  if ((intent & TOME_VIEW_WRITE) && !(m->flags & (TOME_WRITE | TOME_COPY)))
    return TOME_EREADONLY;
  return model_check_range(all, m, offset, length) ? 0 : TOME_ERANGE;
}

/* Aligned as in the file; and within the reservation, all views are in one piece. */
static void check_address(const model *all, model_map *m, const tome_view *view) {
  unsigned char *data = view->data;
  if (view->length == 0)
    return;
  if ((uintptr_t)data % PAGE_BYTES != (m->origin + view->offset) % PAGE_BYTES)
    model_wrong(all, "the address %p has not the alignment of the offset", (void *)data);
  if (view->offset + view->length > m->reserved)
    return;
  if (m->base && data != m->base + view->offset)
    model_wrong(all, "the bytes have moved to %p", (void *)data);
  m->base = data - view->offset;
}

void model_view_begin(model *all, model_view *v, model_map *m, uint64_t offset, uint64_t length,
                      uint32_t intent) {
  model_say(all, "view begin offset, length, intent", offset, length, intent, 0);
  tome_view view;
  int r = MODEL_CALL(all, tome_view_begin(m->map, offset, length, intent, &view));
  int want = expected_begin(all, m, offset, length, intent);
  if (!model_agrees(all, m, r, want) || r < 0)
    return;
  if (view.length != length || view.offset != offset || view.map != m->map)
    model_wrong(all, "the view is of %zu bytes", view.length);
  *v = (model_view){.view = view, .of = m, .intent = intent};
  v->end = m->origin + offset + length;
  v->cut_seen = length > 0 && v->end > all->size;
  check_address(all, m, &view);
  if (!(intent & TOME_VIEW_WRITE) || !(m->flags & TOME_WRITE) || length == 0)
    return;
  m->alarm |= v->cut_seen;
  if (m->stored_end < v->end)
    m->stored_end = v->end;
}

/* ---- loads and stores ---- */

/* Touching pages that are not there patches them, and leaves zeros. */
static void meet(const model *all, model_view *v, uint64_t at, uint64_t length) {
  if (length == 0 || at + length <= page_up(all->size))
    return;
  v->met = v->of->patched = 1;
  v->cut_seen = 1;
}

static int went_wrong(const model *all, const model_map *m, uint64_t at, unsigned char got,
                      unsigned char want) {
  if (at < all->size)
    return got != want && !(m->marks[at] & LOOSE);
  if (m->flags & TOME_COPY)
    return 0;
  if (at < page_up(all->size))
    return !model_may_be_ghost(all, at, got) && !m->patched;
  return got != 0 && !m->patch_stored;
}

void model_view_load(model *all, model_view *v, uint64_t at, uint64_t length) {
  static unsigned char got[LIMIT], want[LIMIT];
  model_map *m = v->of;
  uint64_t in_file = m->origin + v->view.offset + at;
  if (!model_inside(v->view.length, at, length))
    return;
  model_say(all, "view load at, length", in_file, length, 0, 0);
  memcpy(got, (unsigned char *)v->view.data + at, length);
  model_expect(all, m, v->view.offset + at, length, want);
  meet(all, v, in_file, length);
  for (uint64_t i = 0; i < length; i++)
    if (went_wrong(all, m, in_file + i, got[i], want[i])) {
      if (!m->patched)
        model_wrong(all, "byte %" PRIu64 " of the file is %d, not %d", in_file + i, got[i],
                    want[i]);
      v->saw_wrong = 1;
    }
}

/* Some of the bytes may have gone into a patch. */
static void store_in_doubt(model *all, model_view *v, uint64_t at, const void *data,
                           uint64_t length) {
  static unsigned char before[LIMIT];
  uint64_t known = at < all->size ? all->size - at : 0;
  known = known < length ? known : length;
  memcpy(before, all->bytes + at, known);
  model_look_after_store(all, v->of, at, data, 0, length);
  v->of->patch_stored = 1;
  for (uint64_t i = 0; i < known; i++)
    if (all->bytes[at + i] != ((const unsigned char *)data)[i])
      v->saw_wrong = v->lost_store = 1;
}

void model_view_store(model *all, model_view *v, uint64_t at, const void *data, uint64_t length) {
  model_map *m = v->of;
  uint64_t in_file = m->origin + v->view.offset + at;
  if (!model_inside(v->view.length, at, length) || !(v->intent & TOME_VIEW_WRITE) || length == 0)
    return;
  model_say(all, "view store at, length", in_file, length, 0, 0);
  memcpy((unsigned char *)v->view.data + at, data, length);
  meet(all, v, in_file, length);
  if (m->flags & TOME_COPY) {
    model_store(all, m, in_file, data, 0, length);
    return;
  }
  if (in_file + length > page_up(all->size))
    v->lost_store = 1;
  if (m->patched)
    store_in_doubt(all, v, in_file, data, length);
  else
    model_store(all, m, in_file, data, 0, length);
}

/* ---- the end ---- */

static int must_tell(const model *all, const model_view *v) {
  const model_map *m = v->of;
  if (v->met || v->saw_wrong)
    return 1;
  return v->view.length > 0 && v->end > all->size && !all->ghosts && !(m->flags & TOME_COPY);
}

void model_view_end(model *all, model_view *v) {
  model_map *m = v->of;
  uint64_t offset = v->view.offset, length = v->view.length;
  model_say(all, "view end offset, length", offset, length, 0, 0);
  int guarded = !(m->flags & TOME_NOGUARD), stores = (v->intent & TOME_VIEW_WRITE) != 0;
  int must = guarded && must_tell(all, v);
  int may = guarded && length > 0 && (must || v->cut_seen || m->patched);
  int r = MODEL_CALL(all, tome_view_end(&v->view));
  int agreed = model_agrees(all, m, r, must ? TOME_ELOST : r == TOME_ELOST && may ? r : 0);
  if (v->view.map || v->view.data || v->view.length)
    model_wrong(all, "the view has not ended");
  if (length > 0 && v->end > page_up(all->size))
    m->patched = 1; /* looking at the last byte may have met a page that is not there */
  if (stores && (m->flags & TOME_WRITE) && m->stored_end < v->end)
    m->stored_end = v->end;
  if (stores && (v->cut_seen || v->end > all->size))
    m->alarm = 1;
  if (!agreed || r == 0)
    return;
  model_check_error(all, offset, length);
  for (uint64_t i = v->end - length; i < v->end; i++) /* told now, and perhaps once more */
    if (m->marks[i] & (LOST | NOTICED))
      m->marks[i] = (unsigned char)((m->marks[i] & ~(LOST | NOTICED)) | PERHAPS);
}
