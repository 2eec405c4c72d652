#include "kept_index.h"

#include <stdio.h>
#include <stdlib.h>

struct kept_index the;

tome_line_index_options kept(void) {
  tome_line_index_options options = TOME_LINE_INDEX_INIT;
  options.directory = the.cache;
  return options;
}

tome_line_index_info must_be_right(void) {
  static char path[600];
  tome_line_index_options options = kept();
  tome_line_index *index = NULL;
  tome *map = open_map(the.path, TOME_READ);
  must_succeed(tome_line_index_open(&index, map, &options));
  must_equal(tome_line_index_lines(index), the.model.count);
  for (size_t i = 0; i < the.model.count; i += 1 + the.model.count / 20) {
    tome_line line;
    uint64_t number;
    must_return(tome_line_index_line(index, i + 1, &line), 1);
    must_be_line(line, the.model.lines[i]);
    must_return(tome_line_index_number(index, line.next - 1, &number), 1);
    must_equal(number, i + 1);
  }
  tome_line_index_info info = {.struct_size = sizeof info};
  must_succeed(tome_line_index_info_get(index, &info));
  snprintf(path, sizeof path, "%s", info.path ? info.path : "");
  info.path = path;
  tome_line_index_close(index);
  must_succeed(tome_close(map));
  return info;
}

void make_text(size_t size, uint64_t about) {
  dice any = dice_from(size);
  free(the.bytes);
  the.bytes = malloc(size);
  the.size = size;
  for (size_t i = 0; i < size; i++)
    the.bytes[i] = roll(&any, about) ? 'x' : '\n';
  make_model(&the.model, the.bytes, 0, size, TOME_LINES_LF);
  snprintf(the.path, sizeof the.path, "%s", make_file("text", the.bytes, size));
  snprintf(the.cache, sizeof the.cache, "%s", in_dir("cache"));
  if (!file_exists(the.cache))
    make_folder(the.cache);
}

void make_indexed_text(size_t size, uint64_t about) {
  make_text(size, about);
  tome_line_index_info info = must_be_right();
  must_equal(info.kept, 0);
  must_equal(info.counted, size);
  snprintf(the.index, sizeof the.index, "%s", info.path);
}

void free_kept_index(void) {
  free(the.bytes);
  the.bytes = NULL;
  free_model(&the.model);
}
