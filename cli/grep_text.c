/* A block of the map is kept. Each byte of context is read about once: where hits are dense, blocks follow each other and
 * become larger; going back, they are read one before the other. */
#include "grep_text.h"

#include "system_text.h"

#include <stdlib.h>
#include <string.h>

#define SMALL ((size_t)4 << 10)
#define LARGE ((size_t)256 << 10)

int grep_text_reserve(struct grep_text *text, size_t room) {
  if (room <= text->room)
    return 0;
  unsigned char *bytes = realloc(text->bytes, room);
  if (!bytes)
    return TOME_ENOMEM;
  text->bytes = bytes;
  text->room = room;
  return 0;
}

void grep_text_end(struct grep_text *text) {
  free(text->bytes);
  text->bytes = NULL;
}

static uint64_t kept_end(const struct grep_text *text) {
  return text->start + text->length;
}

/* How much to read from `at` on, which is to be kept next. */
static size_t next_block(const struct grep_text *text, uint64_t at) {
  int goes_on = at >= text->start && at <= kept_end(text);
  if (!goes_on || text->length < SMALL)
    return SMALL;
  return text->length < LARGE / 2 ? text->length * 2 : LARGE;
}

static int load(struct grep_text *text, uint64_t at, uint64_t length) {
  uint64_t there = text->end - at;
  size_t wanted = (size_t)(length < there ? length : there);
  text->length = 0;
  int code = grep_text_reserve(text, wanted);
  if (code == 0)
    code = tome_read(text->map, at, text->bytes, wanted);
  if (code < 0)
    return code;
  text->start = at;
  text->length = wanted;
  return 0;
}

/* Keep what there is from `at` on, and read twice as much behind it. */
static int extend(struct grep_text *text, uint64_t at) {
  size_t skip = (size_t)(at - text->start), kept = text->length - skip;
  uint64_t there = text->end - kept_end(text);
  size_t more = next_block(text, kept_end(text));
  if (more < kept)
    more = kept;
  if (more > there)
    more = (size_t)there;
  if (more > SIZE_MAX - kept)
    return TOME_ENOMEM;
  int code = grep_text_reserve(text, kept + more);
  if (code < 0)
    return code;
  memmove(text->bytes, text->bytes + skip, kept);
  text->start = at;
  text->length = kept;
  code = tome_read(text->map, at + kept, text->bytes + kept, more);
  if (code == 0)
    text->length += more;
  return code;
}

static int is_kept(const struct grep_text *text, uint64_t at) {
  return at >= text->start && at < kept_end(text);
}

int grep_text_line(struct grep_text *text, uint64_t at, uint64_t end, const unsigned char **ret,
                   size_t *ret_length) {
  size_t seen = 0;
  int code = text->map && !is_kept(text, at) ? load(text, at, next_block(text, at)) : 0;
  for (; code == 0; code = extend(text, at)) {
    uint64_t there = (end < kept_end(text) ? end : kept_end(text)) - at;
    const unsigned char *line = text->bytes + (at - text->start);
    const unsigned char *stop = memchr(line + seen, '\n', (size_t)there - seen);
    if (stop || at + there == end) {
      *ret = line;
      *ret_length = stop ? (size_t)(stop - line) : (size_t)there;
      return 0;
    }
    seen = (size_t)there;
  }
  return code;
}

/* Make the byte before `at` one that is kept, with as many before it, back to `from`, as a block holds. */
static int load_back(struct grep_text *text, uint64_t from, uint64_t at, size_t block) {
  uint64_t begin = at - from > block ? at - block : from;
  size_t next = next_block(text, begin);
  return load(text, begin, at - begin > next ? at - begin : next);
}

/* Look for the end of a line in [from, behind), as far back as is kept. NULL with *ret_begin = from: there is none. */
static int look_back(struct grep_text *text, uint64_t from, uint64_t behind, size_t *block,
                     uint64_t *ret_begin, const unsigned char **ret_end) {
  *ret_end = NULL;
  *ret_begin = from;
  if (behind == from)
    return 0;
  if (text->map && !is_kept(text, behind - 1)) {
    int code = load_back(text, from, behind, *block);
    if (code < 0)
      return code;
    *block = *block < LARGE ? *block * 2 : LARGE;
  }
  if (text->start > from)
    *ret_begin = text->start;
  const unsigned char *first = text->bytes + (*ret_begin - text->start);
  *ret_end = bytes_last(first, '\n', (size_t)(behind - *ret_begin));
  return 0;
}

int grep_text_back(struct grep_text *text, uint64_t from, uint64_t at, uint64_t most,
                   uint64_t *ret_offset, uint64_t *ret_lines) {
  if (!text->map && from < text->start)
    from = text->start;
  uint64_t lines = 0, line = at;
  uint64_t behind = at - (at > from); /* what lies before a line is the end of another */
  size_t block = SMALL;
  while (lines < most && line > from) {
    uint64_t begin;
    const unsigned char *end;
    int code = look_back(text, from, behind, &block, &begin, &end);
    if (code < 0)
      return code;
    behind = end ? text->start + (uint64_t)(end - text->bytes) : begin;
    if (end || begin == from) {
      line = end ? behind + 1 : from;
      lines++;
    }
  }
  *ret_offset = line;
  *ret_lines = lines;
  return 0;
}
