/* A page is read where a line is looked for, the next when the line goes on behind it, and more at a time the longer it goes on.
 * Pages are asked for before they are read, so that the system does not read ahead. */
#include "sparing_lines.h"

#include "finder.h"
#include "key.h"
#include "map_state.h"
#include "os.h"
#include "range.h"

#include <string.h>

#define STEP ((size_t)4096)
#define LONG_STEP ((size_t)64 << 10)
#define ROOM (LINE_HEAD + LONG_STEP + STEP)

/* Stores into a private map are nowhere but in its pages. */
int tome__read_sparingly(tome *map, uint64_t offset, void *buffer, size_t length, size_t *ret_done,
                         tome_range *ret_lost) {
  *ret_lost = (tome_range){offset, length};
  *ret_done = 0;
  if (map->access & OS_PRIVATE) {
    int r = tome__load(map, offset, buffer, length, ret_lost);
    *ret_done = r < 0 ? 0 : length;
    return r;
  }
  tome__os_read_ahead(&map->file, map->origin + offset, length);
  int r = tome__os_read(&map->file, map->origin + offset, buffer, length, ret_done);
  if (r == 0 && *ret_done == length)
    return 0;
  *ret_lost = (tome_range){offset + *ret_done, length - *ret_done};
  return r < 0 && r != TOME_EIO ? r : TOME_ELOST;
}

int tome__lines_begin(sparing_lines *lines, tome *map, const char *operation) {
  *lines = (sparing_lines){.map = map,
                           .operation = operation,
                           .size = tome__size(map),
                           .buffer = tome__os_new(ROOM, 1),
                           .step = STEP};
  return lines->buffer ? 0 : tome__map_fail(map, operation, TOME_ENOMEM, 0, 0, 0);
}

void tome__lines_end(sparing_lines *lines) {
  tome__os_free(lines->buffer);
  lines->buffer = NULL;
}

static int holds(const sparing_lines *lines, uint64_t at) {
  return at >= lines->start && at < lines->start + lines->have;
}

/* Add what lies behind the buffer's bytes. Pre: there is something, and room for a step. */
static int add_step(sparing_lines *lines) {
  uint64_t from = lines->start + lines->have, left = lines->size - from;
  size_t length = lines->step - (size_t)(from % STEP); /* up to the end of a page */
  if (length > left)
    length = (size_t)left;
  size_t done;
  tome_range lost;
  int r = tome__read_sparingly(lines->map, from, lines->buffer + lines->have, length, &done, &lost);
  if (r < 0)
    return tome__fail_at(lines->map, lines->operation, r, lost);
  lines->have += length;
  if (lines->step < LONG_STEP)
    lines->step *= 2;
  return 0;
}

/* Have the byte at `at` in the buffer: what is there stays if it is, else its page is read; the next one is read on from. */
static int go_to(sparing_lines *lines, uint64_t at) {
  if (holds(lines, at))
    return 0;
  int goes_on = lines->have > 0 && at == lines->start + lines->have;
  if (!goes_on)
    lines->step = STEP;
  lines->have = 0;
  lines->start = goes_on ? at : at - at % STEP;
  return add_step(lines);
}

/* Make room for a step behind what is there from `at` on. */
static void drop_before(sparing_lines *lines, uint64_t at) {
  size_t dropped = (size_t)(at - lines->start);
  if (lines->have + LONG_STEP <= ROOM)
    return;
  lines->have -= dropped;
  memmove(lines->buffer, lines->buffer + dropped, lines->have);
  lines->start = at;
}

int tome__lines_head(sparing_lines *lines, uint64_t at, size_t reach, const unsigned char **ret,
                     size_t *ret_length) {
  int r = go_to(lines, at);
  for (size_t seen = 0; r == 0;) {
    const unsigned char *line = lines->buffer + (at - lines->start);
    size_t there = lines->have - (size_t)(at - lines->start);
    const unsigned char *end = tome__first_byte(line + seen, there - seen, '\n');
    size_t length = end ? (size_t)(end - line) : there;
    if (end || there >= reach || at + there == lines->size) {
      *ret = line;
      *ret_length = tome__without_return(line, length < reach ? length : reach);
      return 0;
    }
    seen = there;
    drop_before(lines, at);
    r = add_step(lines);
  }
  return r;
}

int tome__lines_next(sparing_lines *lines, uint64_t at, uint64_t stop, uint64_t *ret) {
  while (at < lines->size && at < stop) {
    int r = go_to(lines, at);
    if (r < 0)
      return r;
    const unsigned char *from = lines->buffer + (at - lines->start);
    size_t there = lines->have - (size_t)(at - lines->start);
    const unsigned char *end = tome__first_byte(from, there, '\n');
    if (end) {
      *ret = at + (uint64_t)(end - from) + 1;
      return 0;
    }
    at += there;
  }
  *ret = at < lines->size ? at : lines->size;
  return 0;
}
