/* The operations that write, for sessions whose power is cut. What each one changes is worked out on a plain array first. */
#include "power_session.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RANGES = 5 };

typedef struct stretch {
  uint64_t offset, length;
} stretch;

/* ---- what they are made of ---- */

/* Long ones are rare: where a long copy stores byte by byte, each byte is a step. */
static uint64_t some_length(subject *it, uint64_t most) {
  const uint64_t limits[] = {16, 600, 600, 1800};
  uint64_t limit = roll(&it->any, 16) == 0 ? 3 * PAGE : limits[roll(&it->any, 4)];
  limit = limit < most ? limit : most;
  return limit == 0 ? 0 : 1 + roll(&it->any, limit);
}

static uint64_t inside(const subject *it) {
  return it->size - it->origin;
}

/* A stretch of the map; of length 0 only if the map is empty. */
static stretch some_stretch(subject *it) {
  uint64_t length = some_length(it, inside(it));
  return (stretch){it->origin + roll(&it->any, inside(it) - length + 1), length};
}

static void new_bytes(subject *it, stretch where) {
  fill_pattern(it->bytes + where.offset, roll(&it->any, 1u << 20), where.length);
}

/* The array has been changed already. */
static void will_change(const subject *it, stretch where, int any_length) {
  announce((event){.offset = where.offset,
                   .length = where.length,
                   .bytes = it->bytes + where.offset,
                   .size = it->size,
                   .flag = any_length});
}

static void make_durable(subject *it, stretch where) {
  if (roll(&it->any, 2)) {
    must_succeed(tome_flush(it->map, where.offset - it->origin, where.length, TOME_FLUSH_DURABLE));
    acknowledge(where.offset, where.length);
  } else {
    must_succeed(tome_flush(it->map, 0, TOME_END, TOME_FLUSH_DURABLE));
    acknowledge(0, UINT64_MAX);
  }
}

static void write_announced(subject *it, stretch where) {
  must_succeed(
      tome_write(it->map, where.offset - it->origin, it->bytes + where.offset, where.length));
}

/* Stores that are left unsynced, so that there is something to lose around what follows. */
static size_t dirty_ranges(subject *it, stretch *ret_ranges) {
  size_t count = 1 + roll(&it->any, MOST_RANGES), made = 0;
  uint64_t slot = inside(it) / count;
  for (size_t i = 0; i < count && slot > 0; i++) {
    uint64_t length = some_length(it, slot < 1500 ? slot : 1500);
    uint64_t offset = it->origin + i * slot + roll(&it->any, slot - length + 1);
    stretch where = {offset, length};
    new_bytes(it, where);
    will_change(it, where, 0);
    write_announced(it, where);
    ret_ranges[made++] = where;
  }
  return made;
}

static void resize(subject *it, uint64_t size) {
  if (size > it->size)
    memset(it->bytes + it->size, 0, size - it->size);
  it->size = size;
  will_change(it, (stretch){0, 0}, 0);
  must_succeed(tome_resize(it->map, size - it->origin));
}

static void make_room(subject *it, uint64_t bytes) {
  if (FILE_LIMIT - it->size >= bytes)
    return;
  resize(it, it->origin + roll(&it->any, 2 * PAGE));
  make_durable(it, (stretch){it->origin, 0});
}

/* An operation that needs bytes inside has some. */
static void have_bytes(subject *it) {
  if (inside(it) >= PAGE)
    return;
  uint64_t size = it->origin + PAGE + roll(&it->any, 5 * PAGE);
  resize(it, size);
  make_durable(it, (stretch){it->origin, size - it->origin});
}

/* ---- the operations ---- */

static void append_some(subject *it) {
  uint64_t at, length = some_length(it, 3 * PAGE);
  stretch where = {it->size, length};
  new_bytes(it, where);
  it->size += length;
  will_change(it, where, 1);
  must_succeed(tome_append(it->map, it->bytes + where.offset, length, &at));
  must_equal(at, where.offset - it->origin);
}

static void appending(subject *it) {
  make_room(it, 9 * PAGE);
  uint64_t start = it->size;
  for (uint64_t times = 1 + roll(&it->any, 3); times > 0; times--)
    append_some(it);
  make_durable(it, (stretch){start, it->size - start});
}

static void writing_inside(subject *it) {
  have_bytes(it);
  stretch where = some_stretch(it);
  new_bytes(it, where);
  will_change(it, where, 0);
  write_announced(it, where);
  make_durable(it, where);
}

static void write_past_end(subject *it, uint64_t offset, uint64_t length) {
  stretch where = {offset, length};
  new_bytes(it, where);
  it->size = offset + length;
  will_change(it, where, 0);
  write_announced(it, where);
  make_durable(it, where);
}

static void writing_over_the_end(subject *it) {
  make_room(it, 3 * PAGE);
  uint64_t back = some_length(it, inside(it));
  uint64_t length = back + 1 + roll(&it->any, 3 * PAGE - 1);
  write_past_end(it, it->size - back, length);
}

/* The gap comes with the bytes behind it, or is written first. */
static void writing_behind_a_gap(subject *it) {
  make_room(it, 6 * PAGE);
  uint64_t offset = it->size + 1 + some_length(it, 3 * PAGE - 1);
  memset(it->bytes + it->size, 0, offset - it->size);
  if (it->gap_shows) {
    it->size = offset;
    will_change(it, (stretch){0, 0}, 1);
  }
  write_past_end(it, offset, some_length(it, 3 * PAGE));
}

static void filling(subject *it) {
  have_bytes(it);
  stretch where = some_stretch(it);
  int to_end = roll(&it->any, 8) == 0, byte = (int)roll(&it->any, 256);
  if (to_end)
    where.length = it->size - where.offset;
  memset(it->bytes + where.offset, byte, where.length);
  will_change(it, where, 0);
  must_succeed(
      tome_fill(it->map, where.offset - it->origin, to_end ? TOME_END : where.length, byte + 256));
  make_durable(it, where);
}

/* Ranges that overlap mostly, either way round. */
static void moving(subject *it) {
  have_bytes(it);
  stretch from = some_stretch(it);
  uint64_t by = roll(&it->any, from.length + 20), to = from.offset;
  if (roll(&it->any, 2))
    to = to + by + from.length <= it->size ? to + by : to;
  else
    to = to >= it->origin + by ? to - by : to;
  memmove(it->bytes + to, it->bytes + from.offset, from.length);
  will_change(it, (stretch){to, from.length}, 0);
  must_succeed(tome_move(it->map, to - it->origin, from.offset - it->origin, from.length));
  make_durable(it, (stretch){to, from.length});
}

static void growing(subject *it) {
  stretch ranges[MOST_RANGES];
  make_room(it, 6 * PAGE);
  have_bytes(it);
  make_room(it, 6 * PAGE);
  dirty_ranges(it, ranges);
  resize(it, it->size + 1 + roll(&it->any, 5 * PAGE));
  make_durable(it, (stretch){it->origin, inside(it)});
}

static void shrinking(subject *it) {
  stretch ranges[MOST_RANGES];
  have_bytes(it);
  dirty_ranges(it, ranges);
  resize(it, it->origin + roll(&it->any, inside(it)));
  make_durable(it, (stretch){it->origin, inside(it)});
}

static void store_by_instructions(unsigned char *to, const unsigned char *from, size_t length,
                                  uint64_t kind) {
  size_t step = kind == 0 ? 1 : sizeof(uint64_t), done = 0;
  if (kind == 2) {
    memcpy(to, from, length);
    return;
  }
#if defined(__x86_64__)
  if (kind == 3) {
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
    return;
  }
#endif
  for (; done + step <= length; done += step)
    memcpy(to + done, from + done, step);
  for (; done < length; done++)
    *(volatile unsigned char *)(to + done) = from[done];
}

/* What is flushed may still be in an open view. */
static void viewing(subject *it) {
  have_bytes(it);
  stretch where = some_stretch(it);
  tome_view view = begin_view(it->map, where.offset - it->origin, where.length, TOME_VIEW_WRITE);
  new_bytes(it, where);
  will_change(it, where, 0);
  store_by_instructions(view.data, it->bytes + where.offset, where.length, roll(&it->any, 4));
  int open = roll(&it->any, 2) == 0;
  if (!open)
    must_succeed(tome_view_end(&view));
  make_durable(it, where);
  if (open)
    must_succeed(tome_view_end(&view));
}

static void truncating(subject *it) {
  must_succeed(tome_close(it->map));
  it->size = 0;
  will_change(it, (stretch){0, 0}, 0);
  attach(it, TOME_TRUNCATE);
  write_past_end(it, 0, some_length(it, 3 * PAGE));
}

static void creating(subject *it) {
  if (roll(&it->any, 2))
    appending(it);
  else
    write_past_end(it, it->size, some_length(it, 3 * PAGE));
}

/* The header promises at least the range, whatever else is dirty; and a range that is durable may be written again. */
static void flushing_range_by_range(subject *it) {
  stretch ranges[MOST_RANGES];
  have_bytes(it);
  size_t count = dirty_ranges(it, ranges);
  for (size_t i = 0; i < count; i++) {
    must_succeed(
        tome_flush(it->map, ranges[i].offset - it->origin, ranges[i].length, TOME_FLUSH_DURABLE));
    acknowledge(ranges[i].offset, ranges[i].length);
    if (roll(&it->any, 2))
      continue;
    new_bytes(it, ranges[i]);
    will_change(it, ranges[i], 0);
    write_announced(it, ranges[i]);
  }
  must_succeed(tome_flush(it->map, 0, TOME_END, TOME_FLUSH_DURABLE));
  acknowledge(0, UINT64_MAX);
}

static void doing_anything(subject *it) {
  static operation *const all[] = {appending,
                                   writing_inside,
                                   writing_over_the_end,
                                   writing_behind_a_gap,
                                   filling,
                                   moving,
                                   growing,
                                   shrinking,
                                   viewing,
                                   flushing_range_by_range};
  all[roll(&it->any, sizeof all / sizeof all[0])](it);
}

const writing writings[] = {{"append", appending, 0, 0},
                            {"write inside", writing_inside, 0, 0},
                            {"write over the end", writing_over_the_end, 0, 0},
                            {"write behind a gap", writing_behind_a_gap, 0, 0},
                            {"write behind a sparse gap", writing_behind_a_gap, TOME_SPARSE, 0},
                            {"write behind a written gap", writing_behind_a_gap, 0, 1},
                            {"fill", filling, 0, 0},
                            {"move", moving, 0, 0},
                            {"resize up", growing, 0, 0},
                            {"resize up, sparse", growing, TOME_SPARSE, 0},
                            {"resize up, written", growing, 0, 1},
                            {"resize down", shrinking, 0, 0},
                            {"view", viewing, 0, 0},
                            {"truncate at open", truncating, TOME_TRUNCATE, 0},
                            {"create", creating, TOME_CREATE, 0},
                            {"flush range by range", flushing_range_by_range, 0, 0},
                            {"anything in turn", doing_anything, 0, 0},
                            {NULL, NULL, 0, 0}};

const writing *find_writing(const char *name) {
  const writing *w = writings;
  while (w->name != NULL && strcmp(w->name, name) != 0)
    w++;
  must(w->name != NULL);
  return w;
}
