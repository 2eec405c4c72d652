/* Looking things up in an index of lines.
 *
 * The end of line N lies in the last block that begins with fewer than N ends, in a stretch that its counts tell, and is found by
 * reading that. The stretch must hold as many ends as the index says: if not, one of them is not what it was, and the
 * index is built anew. A line lies between two ends, so that long ones need not be read. */
#include "failure.h"
#include "finder.h"
#include "line_index_state.h"
#include "os.h"
#include "range.h"

#include <stdio.h>
#include <string.h>
#include <tome/error.h>

/* What a lookup may return beside 1, 0 and codes: what the index says is not so. */
#define STALE 2

static const tome_line_index_options default_options = TOME_LINE_INDEX_INIT;

static uint64_t lines(const tome_line_index *index) {
  return index->header.ends + index->header.unended;
}

/* ---- opening and closing ---- */

static const char *wrong_options(const tome_line_index_options *options) {
  if (options->struct_size != sizeof *options)
    return "tome_line_index_options: begin with TOME_LINE_INDEX_INIT";
  if (options->flags & ~TOME_LINE_INDEX_IF_KEPT)
    return "unknown flag";
  return options->ends > TOME_LINES_NUL ? "unknown ends of lines" : NULL;
}

/* Of a private copy and of a device nobody can tell what was changed. */
static int can_be_kept(const tome *map) {
  return map->kind == TOME_KIND_FILE && !(map->access & OS_PRIVATE);
}

/* A name that the file has only with one index, and that goes to another file when this one is gone. */
static int make_path(tome_line_index *index, const char *directory) {
  os_identity file;
  int r = tome__os_identity(&index->map->file, &file);
  if (r < 0)
    return r;
  size_t room = strlen(directory) + 80;
  index->path = tome__os_new(room, 1);
  if (!index->path)
    return TOME_ENOMEM;
  snprintf(index->path, room, "%s%s%llx-%llx-%llx.%s", directory, tome__os_divider(directory),
           (unsigned long long)file.words[0], (unsigned long long)file.words[1],
           (unsigned long long)index->map->origin,
           index->ends == TOME_LINES_NUL ? "nul-lines" : "lines");
  return 0;
}

static int begin(tome_line_index *index, const tome_line_index_options *options) {
  int r = tome_refresh(index->map);
  if (r == 0 && options->directory && can_be_kept(index->map))
    r = make_path(index, options->directory);
  return r < 0 ? r : tome__index_have(index, (options->flags & TOME_LINE_INDEX_IF_KEPT) != 0);
}

int tome_line_index_open(tome_line_index **ret, tome *map, const tome_line_index_options *options) {
  options = options ? options : &default_options;
  const char *wrong = wrong_options(options);
  if (wrong)
    return tome__fail(map->path,
                      (failure){.operation = __func__, .code = TOME_EINVAL, .detail = wrong});
  tome_line_index *index = tome__os_new(1, sizeof *index);
  if (!index)
    return tome__map_fail(map, __func__, TOME_ENOMEM, 0, 0, 0);
  index->map = map;
  index->ends = options->ends;
  index->threads = options->threads;
  index->progress = options->progress;
  index->context = options->context;
  index->kept = options->directory && can_be_kept(map) ? 0 : TOME_ENOTSUP;
  tome__os_mutex_init(&index->lock);
  int r = begin(index, options);
  if (r < 0) {
    tome__line_fail(map, __func__, r, index->lost);
    tome_line_index_close(index);
    return r;
  }
  *ret = index;
  return 0;
}

void tome_line_index_close(tome_line_index *index) {
  if (!index)
    return;
  tome__index_release(index);
  tome__os_mutex_destroy(&index->lock);
  tome__os_free(index->stretch);
  tome__os_free(index->path);
  tome__os_free(index);
}

/* ---- lookups ---- */

/* Block `number`: 0 or STALE. */
static int take_block(tome_line_index *index, uint64_t number, index_block *ret) {
  uint64_t at = (1 + number) * INDEX_BLOCK;
  const unsigned char *bytes = index->image ? index->image + at : index->block;
  size_t length = INDEX_BLOCK;
  if (!index->image && tome__os_read(&index->file, at, index->block, INDEX_BLOCK, &length) < 0)
    return STALE;
  return length == INDEX_BLOCK && tome__index_block_read(bytes, number, ret) ? 0 : STALE;
}

/* The bytes of a stretch in which there must be `count` ends: 0, STALE or a code. */
static int take_stretch(tome_line_index *index, uint64_t number, uint32_t count,
                        size_t *ret_length) {
  uint64_t offset = number * LINE_STRETCH, rest = index->header.covered - offset;
  size_t length = rest < LINE_STRETCH ? (size_t)rest : LINE_STRETCH;
  *ret_length = length;
  if (index->in_stretch == number + 1)
    return 0;
  if (!index->stretch)
    index->stretch = tome__os_new(LINE_STRETCH, 1);
  if (!index->stretch)
    return TOME_ENOMEM;
  index->in_stretch = 0;
  index->lost = (tome_range){offset, length};
  int r = tome__pass(index->map, offset, index->stretch, length, &index->lost);
  if (r < 0)
    return r;
  index->in_stretch = number + 1;
  return tome__count_byte(index->stretch, length, index->header.end) == count ? 0 : STALE;
}

/* The last block that begins with fewer than `number` ends. */
static int search_block(tome_line_index *index, uint64_t number, uint64_t *ret_at,
                        index_block *ret) {
  uint64_t from = 0, to = tome__index_blocks(index->header.covered);
  while (to - from > 1) {
    uint64_t middle = from + (to - from) / 2;
    if (take_block(index, middle, ret) != 0)
      return STALE;
    if (ret->base < number)
      from = middle;
    else
      to = middle;
  }
  *ret_at = from;
  return take_block(index, from, ret);
}

/* Where end `number` is, from 1. Pre: there are so many. 0, STALE or a code. */
static int end_at(tome_line_index *index, uint64_t number, uint64_t *ret_at) {
  uint64_t at;
  index_block block;
  int r = search_block(index, number, &at, &block);
  if (r != 0)
    return r;
  if (block.base >= number || number - block.base > block.sum)
    return STALE;
  uint64_t rest = number - block.base;
  size_t i = 0;
  for (; tome__index_count(&block, i) < rest; i++)
    rest -= tome__index_count(&block, i);
  uint64_t stretch = at * INDEX_COUNTS + i;
  size_t length;
  if (stretch >= tome__index_stretches(index->header.covered))
    return STALE;
  r = take_stretch(index, stretch, tome__index_count(&block, i), &length);
  if (r == 0)
    *ret_at = stretch * LINE_STRETCH +
              tome__line_end_nth(index->stretch, length, index->header.end, rest);
  return r;
}

static int find_line(tome_line_index *index, uint64_t number, tome_line *ret) {
  uint64_t begin = 0, next = index->header.covered;
  int ended = number <= index->header.ends, r = 0;
  if (number > lines(index))
    return 0;
  if (number > 1)
    r = end_at(index, number - 1, &begin);
  begin += number > 1;
  if (r == 0 && ended)
    r = end_at(index, number, &next);
  next += (uint64_t)ended;
  if (r == 0 && begin >= next)
    return STALE;
  if (r == 0)
    r = tome__line_make(index->map, index->ends, begin, next, ended, ret, &index->lost);
  return r == 0 ? 1 : r;
}

static int find_number(tome_line_index *index, uint64_t offset, uint64_t *ret) {
  uint64_t stretch = offset / LINE_STRETCH, number = 1;
  size_t within = (size_t)(stretch % INDEX_COUNTS), length;
  index_block block;
  int r = take_block(index, stretch / INDEX_COUNTS, &block);
  if (r != 0)
    return r;
  for (size_t i = 0; i < within; i++)
    number += tome__index_count(&block, i);
  r = take_stretch(index, stretch, tome__index_count(&block, within), &length);
  if (r != 0)
    return r;
  *ret = block.base + number +
         tome__count_byte(index->stretch, (size_t)(offset % LINE_STRETCH), index->header.end);
  return 1;
}

/* Either lookup. */
static int find(tome_line_index *index, uint64_t what, tome_line *ret_line, uint64_t *ret_number) {
  index->in_stretch = 0;
  if (ret_line)
    return find_line(index, what, ret_line);
  index->lost = (tome_range){what, 0};
  if (what >= index->header.covered)
    return what > index->header.covered ? TOME_ERANGE : 0;
  return find_number(index, what, ret_number);
}

/* Twice, if need be, with an index that has just been built. */
static int find_surely(tome_line_index *index, const char *operation, uint64_t what,
                       tome_line *ret_line, uint64_t *ret_number) {
  int r = 0;
  tome__os_mutex_lock(&index->lock);
  for (int tries = 0; tries < 3; tries++) {
    r = tries ? tome_refresh(index->map) : 0;
    if (r == 0 && tries)
      r = tome__index_build(index);
    if (r == 0)
      r = find(index, what, ret_line, ret_number);
    if (r != STALE)
      break;
  }
  tome_range lost = index->lost;
  tome__os_mutex_unlock(&index->lock);
  if (r == STALE)
    return tome__fail(index->map->path,
                      (failure){.operation = operation,
                                .code = TOME_EBUSY,
                                .detail = "the file is being changed while it is read"});
  return r < 0 ? tome__line_fail(index->map, operation, r, lost) : r;
}

int tome_line_index_line(tome_line_index *index, uint64_t number, tome_line *ret_line) {
  if (number == 0)
    return tome__fail(index->map->path, (failure){.operation = __func__,
                                                  .code = TOME_EINVAL,
                                                  .detail = "lines are numbered from 1"});
  return find_surely(index, __func__, number, ret_line, NULL);
}

int tome_line_index_number(tome_line_index *index, uint64_t offset, uint64_t *ret_number) {
  return find_surely(index, __func__, offset, NULL, ret_number);
}

/* ---- what there is to know ---- */

uint64_t tome_line_index_lines(tome_line_index *index) {
  tome__os_mutex_lock(&index->lock);
  uint64_t count = lines(index);
  tome__os_mutex_unlock(&index->lock);
  return count;
}

int tome_line_index_info_get(tome_line_index *index, tome_line_index_info *ret_info) {
  size_t known = ret_info->struct_size;
  if (known < offsetof(tome_line_index_info, covered) || known > sizeof *ret_info)
    return tome__fail(index->map->path,
                      (failure){.operation = __func__,
                                .code = TOME_EINVAL,
                                .detail = "set struct_size to sizeof(tome_line_index_info)"});
  tome__os_mutex_lock(&index->lock);
  tome_line_index_info info = {.struct_size = known,
                               .lines = lines(index),
                               .covered = index->header.covered,
                               .counted = index->counted,
                               .size = tome__index_size(index->header.covered),
                               .kept = index->kept,
                               .system = index->system,
                               .path = index->path};
  tome__os_mutex_unlock(&index->lock);
  memcpy(ret_info, &info, known);
  return 0;
}
