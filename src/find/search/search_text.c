/* Bytes of the text, brought into memory.
 *
 * Those of a file that are in memory already are looked at where they are mapped; whether they were there is asked afterwards. All
 * others are read into room of our own: no page table is built for what is on its way through memory, and none of it is lost
 * later. Only a stretch so long that room for it would be too much to ask, as for a line of gigabytes, is looked at in place all
 * the same. */
#include "search_text.h"

#include "in_place.h"
#include "lost_pages.h"
#include "os.h"

#include <string.h>
#include <tome/error.h>

/* A longer stretch is looked at in place. */
#define MOST_ROOM ((uint64_t)16 << 20)

static void unpin(const query *q, excerpt *e) {
  if (e->pinned)
    tome__window_unpin(q->map, e->pinned);
  e->pinned = NULL;
  e->in_place = 0;
}

void tome__excerpt_begin(const query *q, excerpt *e, uint64_t begin, int in_place) {
  unpin(q, e);
  e->in_place = in_place;
  if (in_place)
    e->before = tome__guard_before(q->map);
  static const unsigned char nothing;
  e->data = q->map ? e->room : q->memory + begin;
  e->data = e->data ? e->data : &nothing;
  e->begin = e->end = begin;
  e->code = 0;
}

static int fail(excerpt *e, int code) {
  e->system = code == TOME_ELOST ? 0 : tome__os_last_error();
  return e->code = code;
}

/* At least twice as much as there was, so that growing by little is not copying much. */
static int make_room(excerpt *e, uint64_t length) {
  uint64_t size = e->room_size > length / 2 ? 2 * (uint64_t)e->room_size : length;
  if (length <= e->room_size)
    return 0;
  unsigned char *room = tome__os_new(1, (size_t)size);
  if (!room)
    return TOME_ENOMEM;
  if (e->end > e->begin)
    memcpy(room, e->data, (size_t)(e->end - e->begin));
  tome__os_free(e->room);
  e->data = e->room = room;
  e->room_size = (size_t)size;
  return 0;
}

static int read_on(const query *q, excerpt *e, uint64_t end) {
  if (make_room(e, end - e->begin) < 0)
    return fail(e, TOME_ENOMEM);
  unsigned char *to = e->room + (e->end - e->begin);
  int r = tome__pass(q->map, e->end, to, (size_t)(end - e->end), &e->lost);
  e->end = r == TOME_ELOST ? e->lost.offset : r < 0 ? e->end : end;
  return r < 0 ? fail(e, r) : 0;
}

static int look_on(const query *q, excerpt *e, uint64_t end) {
  size_t length, available;
  unsigned char *data;
  window *pinned;
  uint64_t before = tome__guard_before(q->map);
  if (end - e->begin > SIZE_MAX)
    return fail(e, TOME_ENOMEM);
  length = (size_t)(end - e->begin);
  int r = tome__window_pin(q->map, e->begin, length, &data, &available, &pinned);
  if (r < 0)
    return fail(e, r);
  if (!e->in_place)
    e->before = before;
  unpin(q, e);
  e->in_place = 1;
  e->pinned = pinned;
  e->data = data;
  e->end = end;
  return 0;
}

int tome__excerpt_reach(const query *q, excerpt *e, uint64_t end) {
  if (end <= e->end || e->code)
    return e->code;
  e->lost = (tome_range){e->end, end - e->end};
  if (q->map)
    return e->in_place || end - e->begin > MOST_ROOM ? look_on(q, e, end) : read_on(q, e, end);
  e->end = end;
  return 0;
}

int tome__excerpt_holds(const query *q, excerpt *e) {
  if (!e->in_place)
    return 1;
  tome_range all = {e->begin, e->end - e->begin};
  if (all.length == 0 ||
      tome__was_there(q->map, e->before, all, tome__excerpt_at(e, e->end), &e->lost))
    return 1;
  e->end = e->lost.offset;
  fail(e, TOME_ELOST);
  return 0;
}

void tome__excerpt_end(const query *q, excerpt *e, size_t keep) {
  unpin(q, e);
  if (e->room_size <= keep)
    return;
  tome__os_free(e->room);
  e->room = NULL;
  e->room_size = 0;
}
