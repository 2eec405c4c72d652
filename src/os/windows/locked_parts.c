#include "locked_parts.h"

#include "calls.h"

#include <string.h>

/* Room for one more. */
static int make_room(mapping *m) {
  if (m->locked_count < m->locked_room)
    return 0;
  size_t room = m->locked_count * 2 + 4;
  locked_part *parts = tome__table_new(room * sizeof *parts);
  if (!parts)
    return TOME_ENOMEM;
  if (m->locked_count > 0)
    memcpy(parts, m->locked, m->locked_count * sizeof *parts);
  tome__table_free(m->locked);
  m->locked = parts;
  m->locked_room = room;
  return 0;
}

static void put(mapping *m, size_t from, size_t end) {
  if (from < end)
    m->locked[m->locked_count++] = (locked_part){from, end};
}

/* At most one part has something left on both sides. */
int tome__parts_unlock(mapping *m, size_t from, size_t end) {
  if (m->locked_count == 0)
    return 0;
  if (make_room(m) < 0)
    return TOME_ENOMEM;
  for (size_t i = m->locked_count; i-- > 0;) {
    locked_part p = m->locked[i];
    if (p.end <= from || end <= p.from)
      continue;
    m->locked[i] = m->locked[--m->locked_count];
    put(m, p.from, p.from < from ? from : p.from);
    put(m, p.end > end ? end : p.end, p.end);
  }
  return 0;
}

int tome__parts_lock(mapping *m, size_t from, size_t end) {
  if (tome__parts_unlock(m, from, end) < 0 || make_room(m) < 0)
    return TOME_ENOMEM;
  put(m, from, end);
  return 0;
}

void tome__parts_lock_again(const mapping *m, const piece *p) {
  if (p->kind != PIECE_VIEW)
    return;
  for (size_t i = 0; i < m->locked_count; i++) {
    size_t from = m->locked[i].from > p->at ? m->locked[i].from : p->at;
    size_t stop = p->at + p->length;
    size_t end = m->locked[i].end < stop ? m->locked[i].end : stop;
    if (from < end)
      tome__os_calls.VirtualLock(m->base + from, end - from);
  }
}
