/* Lines of the file, against a loop over its bytes. */
#include "sweep_lines.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOME_LINE = 100 };

/* Line SOME_LINE, and how many there are. */
static tome_line expected(uint64_t *ret_count) {
  tome_line line = {0, 0, 0};
  uint64_t count = 0, begin = 0;
  for (uint64_t i = 0; i < FILE_SIZE; i++)
    if (pattern(i) == '\n' || i == FILE_SIZE - 1) {
      if (++count == SOME_LINE)
        line = (tome_line){begin, i - begin, i + 1};
      begin = i + 1;
    }
  *ret_count = count;
  return line;
}

static int is_expected(const tome_line *line) {
  uint64_t count;
  tome_line want = expected(&count);
  return memcmp(line, &want, sizeof want) == 0;
}

int walk_lines(scene *s) {
  uint64_t count, counted = 0;
  tome_line want = expected(&count), line = {0}, nth = {0}, last = {0};
  int r = tome_line_at(s->map, want.offset, TOME_LINES_LF, &line);
  if (r == 1)
    r = tome_line_next(s->map, TOME_LINES_LF, &line);
  if (r == 1)
    r = tome_line_previous(s->map, TOME_LINES_LF, &line);
  if (r == 1)
    r = tome_lines_count(s->map, NULL, &counted);
  if (r == 1)
    r = tome_lines_nth(s->map, SOME_LINE, NULL, &nth);
  if (r == 1)
    r = tome_lines_nth_last(s->map, count + 1 - SOME_LINE, NULL, &last);
  if (r < 0)
    return r;
  return r == 1 && counted == count && is_expected(&line) && is_expected(&nth) && is_expected(&last)
             ? 0
             : 1;
}

/* ---- the index ---- */

static char cache[256];

static void remove_cache(void) {
  char path[512];
  DIR *entries = opendir(cache);
  for (struct dirent *entry; entries && (entry = readdir(entries)) != NULL;) {
    snprintf(path, sizeof path, "%s/%s", cache, entry->d_name);
    if (entry->d_name[0] != '.')
      unlink(path);
  }
  if (entries)
    closedir(entries);
  rmdir(cache);
}

static void make_cache(const scene *s) {
  if (*cache)
    return;
  snprintf(cache, sizeof cache, "%s.cache", s->path);
  mkdir(cache, 0700);
  atexit(remove_cache);
}

static int look_up(scene *s) {
  uint64_t number = 0, count;
  tome_line want = expected(&count), line = {0};
  tome_line_index *index = NULL;
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  options.directory = cache;
  int r = tome_line_index_open(&index, s->map, &options);
  if (r == 0)
    r = tome_line_index_line(index, SOME_LINE, &line);
  if (r == 1)
    r = tome_line_index_number(index, want.offset, &number);
  int right =
      r == 1 && number == SOME_LINE && is_expected(&line) && tome_line_index_lines(index) == count;
  tome_line_index_close(index);
  return r < 0 ? r : !right;
}

int index_lines(scene *s) {
  make_cache(s);
  int r = look_up(s);
  return r == 0 ? look_up(s) : r;
}
