/* Where there is no index, looking for a line goes on from the one that was found last, if it lies
 * behind that. */
#include "line_source.h"

#include <stdlib.h>
#include <string.h>

#include "cache_directory.h"
#include "complain.h"
#include "input_file.h"
#include "progress.h"
#include "system_text.h"

static int show_progress(void *context, uint64_t done, uint64_t total) {
  (void)context;
  (void)total;
  progress_update(done);
  return 0;
}

static int failed(const struct line_source *source) {
  complain_tome(source->name, NULL);
  return -1;
}

/* What takes long goes on between these two. */
static void begin(const struct line_source *source) {
  progress_begin(source->name, tome_size(source->map));
}

static int open_index(struct line_source *source, const char *directory, uint32_t flags) {
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  options.directory = directory;
  options.ends = source->counting.ends;
  options.flags = flags;
  options.progress = show_progress;
  begin(source);
  int result = tome_line_index_open(&source->index, source->map, &options);
  progress_end();
  return result;
}

/* Whatever is wrong with it, there is a way without. */
static void use_kept_index(struct line_source *source) {
  char *directory = cache_directory();
  if (directory)
    (void)open_index(source, directory, TOME_LINE_INDEX_IF_KEPT);
  free(directory);
}

static int open_file(struct line_source *source, const char *file, uint32_t ends) {
  tome_lines_options counting = TOME_LINES_INIT;
  counting.ends = ends;
  counting.progress = show_progress;
  *source =
      (struct line_source){.map = input_open(file), .name = input_name(file), .counting = counting};
  return source->map ? 0 : -1;
}

int line_source_open(struct line_source *source, const char *file, uint32_t ends) {
  if (open_file(source, file, ends) < 0)
    return -1;
  use_kept_index(source);
  return 0;
}

void line_source_close(struct line_source *source) {
  tome_line_index_close(source->index);
  tome_close(source->map);
}

/* ---- the index ---- */

static int must_be_kept(const struct line_source *source, const char *directory) {
  tome_line_index_info info = {.struct_size = sizeof info};
  if (tome_line_index_info_get(source->index, &info) < 0)
    return failed(source);
  if (info.kept == 0)
    return 0;
  if (info.path && info.kept == TOME_EBUSY)
    complain(source->name, "another process is keeping its index just now; try again");
  else if (info.path)
    complain(source->name,
             "its index cannot be kept in %s: %s; set XDG_CACHE_HOME to a directory "
             "that can be written",
             directory, info.system ? system_error_text(info.system) : tome_strerror(info.kept));
  else
    complain(source->name, "only the index of a regular file is kept");
  return -1;
}

int line_source_index(struct line_source *source) {
  char *directory = cache_directory();
  int result = -1;
  tome_line_index_close(source->index);
  source->index = NULL;
  if (!directory)
    complain(source->name, "where should its index be kept? set %s", cache_directory_variables);
  else if (cache_directory_make(directory) < 0)
    complain_system(directory);
  else if (open_index(source, directory, 0) < 0)
    failed(source);
  else
    result = must_be_kept(source, directory);
  free(directory);
  return result;
}

/* ---- lines ---- */

int line_source_count(struct line_source *source, uint64_t *ret_count) {
  if (source->index) {
    *ret_count = tome_line_index_lines(source->index);
    return 0;
  }
  source->counting.from = 0;
  begin(source);
  int result = tome_lines_count(source->map, &source->counting, ret_count);
  progress_end();
  return result < 0 ? failed(source) : 0;
}

static int count_to_line(struct line_source *source, uint64_t number, tome_line *ret_line) {
  int on = source->number > 0 && number >= source->number;
  source->counting.from = on ? source->line.offset : 0;
  uint64_t left = on ? number - source->number + 1 : number;
  int result = tome_lines_nth(source->map, left, &source->counting, ret_line);
  if (result == 1) {
    source->number = number;
    source->line = *ret_line;
  }
  return result;
}

/* From the end, in an index: the one that is so many before the last. */
static int look_up(struct line_source *source, struct position number, tome_line *ret_line) {
  uint64_t lines = tome_line_index_lines(source->index);
  if (number.from_end && number.value > lines)
    return 0;
  return tome_line_index_line(source->index,
                              number.from_end ? lines - number.value + 1 : number.value, ret_line);
}

int line_source_line(struct line_source *source, struct position number, tome_line *ret_line) {
  int result;
  begin(source);
  if (source->index) {
    result = look_up(source, number, ret_line);
  } else if (number.from_end) {
    source->counting.from = 0;
    result = tome_lines_nth_last(source->map, number.value, &source->counting, ret_line);
  } else {
    result = count_to_line(source, number.value, ret_line);
  }
  progress_end();
  return result < 0 ? failed(source) : result;
}
