#include "info_json.h"

#include <stdlib.h>

#include "complain.h"
#include "json_text.h"
#include "verb.h"

#define MOST_BLOCKS 1024

void info_json_begin(struct info_json *json, FILE *out, int compact) {
  *json = (struct info_json){.out = out, .compact = compact};
  fputc('[', out);
}

static void set_memory(json_t *object, const tome_residency *memory) {
  json_object_set_new(object, "resident", json_figure(memory->resident));
  json_object_set_new(object, "dirty", json_figure(info_unwritten(memory)));
  json_object_set_new(object, "writeback", json_figure(memory->writeback));
}

static json_t *as_object(const struct info_file *file) {
  static const char *const kinds[] = {"file", "block", "memory"};
  const tome_info *info = &file->info;
  json_t *object = json_object();
  json_object_set_new(object, "file", json_text(file->name));
  json_object_set_new(object, "kind", json_string(kinds[info->kind]));
  json_object_set_new(object, "size", json_figure(info->size));
  json_object_set_new(object, "allocated", json_figure(info->allocated));
  json_object_set_new(object, "holes", json_figure(info->holes));
  json_object_set_new(object, "hole_bytes", json_figure(info->hole_bytes));
  json_object_set_new(object, "file_system", json_string(info->file_system));
  json_object_set_new(object, "readahead", json_figure(info->readahead));
  set_memory(object, &file->memory);
  json_object_set_new(object, "reserved", json_figure(info->reserved));
  json_object_set_new(object, "page_size", json_figure(info->page_size));
  return object;
}

static json_t *block_as_object(const struct info_file *file, const struct info_block *block) {
  json_t *object = json_object();
  json_object_set_new(object, "offset", json_figure(block->offset));
  json_object_set_new(object, "length", json_figure(block->length));
  set_memory(object, &block->memory);
  json_object_set_new(
      object, "hole_bytes",
      json_figure(file->info.holes == TOME_UNKNOWN ? TOME_UNKNOWN : block->memory.holes));
  return object;
}

static int set_blocks(json_t *object, const struct info_file *file) {
  struct info_blocks blocks;
  int status = info_blocks_round(file, MOST_BLOCKS, &blocks);
  json_t *array = json_array();
  for (size_t i = 0; i < blocks.count; i++)
    json_array_append_new(array, block_as_object(file, &blocks.list[i]));
  json_object_set_new(object, "block_size", json_figure(blocks.size));
  json_object_set_new(object, "blocks", array);
  info_blocks_end(&blocks);
  return status;
}

/* As jansson prints it, two columns further in; no string has an end of line in it. */
static void print(struct info_json *json, const char *text) {
  fputs(json->printed++ ? "," : "", json->out);
  if (!json->compact)
    fputs("\n  ", json->out);
  for (; *text; text++) {
    fputc(*text, json->out);
    if (*text == '\n')
      fputs("  ", json->out);
  }
}

int info_json_add(struct info_json *json, const struct info_file *file, int map) {
  json_t *object = as_object(file);
  int status = map ? set_blocks(object, file) : STATUS_OK;
  char *text = json_dumps(object, json->compact ? JSON_COMPACT : JSON_INDENT(2));
  json_decref(object);
  if (!text) {
    complain("--json", "out of memory");
    return STATUS_ERROR;
  }
  if (status == STATUS_OK)
    print(json, text);
  free(text);
  return status;
}

void info_json_end(struct info_json *json) {
  fputs(json->compact || json->printed == 0 ? "]\n" : "\n]\n", json->out);
}
