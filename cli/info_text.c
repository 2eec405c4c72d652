/* The map has as many blocks as a screen has room for; rows of 64 or 128 of them begin at round
 * offsets. */
#include "info_text.h"

#include <inttypes.h>
#include <string.h>

#include "info_draw.h"
#include "size_text.h"

#define INDENT 2

static const char *kind_name(uint32_t kind) {
  switch (kind) {
  case TOME_KIND_FILE:
    return "regular file";
  case TOME_KIND_BLOCK:
    return "block device";
  default:
    return "shared memory";
  }
}

/* Exact, and rounded where that says more. */
static void print_figure(FILE *out, const char *name, uint64_t figure) {
  char rounded[SIZE_TEXT_MAX];
  if (figure == TOME_UNKNOWN)
    fprintf(out, "  %-13sunknown\n", name);
  else if (figure < 1024)
    fprintf(out, "  %-13s%" PRIu64 "\n", name, figure);
  else
    fprintf(out, "  %-13s%" PRIu64 " (%s)\n", name, figure, size_format(rounded, figure));
}

static void print_holes(FILE *out, const tome_info *info) {
  char rounded[SIZE_TEXT_MAX];
  if (info->holes == TOME_UNKNOWN || info->hole_bytes == TOME_UNKNOWN)
    fputs("  holes        unknown\n", out);
  else if (info->holes == 0)
    fputs("  holes        none\n", out);
  else
    fprintf(out, "  holes        %" PRIu64 ", of %" PRIu64 " bytes in all (%s)\n", info->holes,
            info->hole_bytes, size_format(rounded, info->hole_bytes));
}

static void print_figures(FILE *out, const struct screen *screen, const struct info_file *file) {
  const tome_info *info = &file->info;
  info_draw_name(out, screen, file->name);
  fprintf(out, "\n  kind         %s\n", kind_name(info->kind));
  print_figure(out, "size", info->size);
  print_figure(out, "allocated", info->allocated);
  print_holes(out, info);
  fprintf(out, "  file system  %s\n", info->file_system);
  print_figure(out, "read-ahead", info->readahead);
  print_figure(out, "in memory", file->memory.resident);
  print_figure(out, "dirty", info_unwritten(&file->memory));
  print_figure(out, "reserved", info->reserved);
}

char *info_percent(char *text, uint64_t part, uint64_t whole) {
  if (part == TOME_UNKNOWN || whole == 0) {
    snprintf(text, PERCENT_TEXT_MAX, "-");
    return text;
  }
  int tenths = (int)((double)part / (double)whole * 1000);
  if (part >= whole)
    tenths = 1000;
  else if (tenths > 999)
    tenths = 999;
  if (part > 0 && tenths == 0)
    snprintf(text, PERCENT_TEXT_MAX, "<0.1%%");
  else
    snprintf(text, PERCENT_TEXT_MAX, "%d.%d%%", tenths / 10, tenths % 10);
  return text;
}

static void print_legend(FILE *out, const struct screen *screen, const struct info_file *file) {
  info_draw_legend(out, screen, file->memory.resident == TOME_UNKNOWN);
  fputc('\n', out);
}

static void print_share(FILE *out, const struct info_file *file) {
  char percent[PERCENT_TEXT_MAX];
  if (file->memory.resident != TOME_UNKNOWN)
    fprintf(out, "%s in memory; ",
            info_percent(percent, file->memory.resident, file->memory.pages));
}

static int print_strip(FILE *out, const struct screen *screen, const struct info_file *file) {
  char size[SIZE_TEXT_MAX];
  struct info_blocks blocks;
  int status = info_blocks_even(file, (size_t)screen->columns - 2 * INDENT, &blocks);
  if (blocks.count == 0)
    return status;
  fprintf(out, "\n%*s", INDENT, "");
  info_draw_blocks(out, screen, blocks.list, blocks.count);
  fprintf(out, "\n%*s", INDENT, "");
  print_share(out, file);
  fprintf(out, "one character is %s%s\n",
          blocks.size > file->info.page_size ? "about " : "a page of ",
          size_format(size, blocks.size));
  print_legend(out, screen, file);
  info_blocks_end(&blocks);
  return status;
}

int info_offset_format(char *text, uint64_t offset) {
  static const char letters[] = "KMGTPE";
  int rank = 0;
  while (offset != 0 && offset % 1024 == 0 && rank < (int)sizeof letters - 1) {
    offset /= 1024;
    rank++;
  }
  return rank ? snprintf(text, INFO_OFFSET_MAX, "%" PRIu64 "%c", offset, letters[rank - 1])
              : snprintf(text, INFO_OFFSET_MAX, "%" PRIu64, offset);
}

/* The longest power of two that leaves room for the offset at the beginning of a row. */
static size_t row_length(const struct screen *screen, int label) {
  size_t room = (size_t)(screen->columns > label + 12 ? screen->columns - label - INDENT - 2 : 8);
  size_t length = 8;
  while (length * 2 <= room)
    length *= 2;
  return length;
}

static size_t map_rows(const struct screen *screen) {
  static const int beside = 16; /* lines that are no rows of the map */
  int rows = screen->rows - beside;
  if (rows < 4)
    return 4;
  return rows < 32 ? (size_t)rows : 32;
}

static int label_width(const struct info_blocks *blocks, size_t row) {
  char text[INFO_OFFSET_MAX];
  int width = 1;
  for (size_t i = 0; i < blocks->count; i += row) {
    int length = info_offset_format(text, blocks->list[i].offset);
    width = length > width ? length : width;
  }
  return width;
}

static void print_rows(FILE *out, const struct screen *screen, const struct info_blocks *blocks,
                       size_t row) {
  char offset[INFO_OFFSET_MAX];
  int width = label_width(blocks, row);
  for (size_t i = 0; i < blocks->count; i += row) {
    size_t left = blocks->count - i;
    info_offset_format(offset, blocks->list[i].offset);
    fprintf(out, "%*s%*s  ", INDENT, "", width, offset);
    info_draw_blocks(out, screen, blocks->list + i, left < row ? left : row);
    fputc('\n', out);
  }
}

static int print_map(FILE *out, const struct screen *screen, const struct info_file *file) {
  char size[SIZE_TEXT_MAX], all[SIZE_TEXT_MAX];
  struct info_blocks blocks;
  size_t row = row_length(screen, 5);
  int status = info_blocks_round(file, row * map_rows(screen), &blocks);
  if (blocks.count == 0)
    return status;
  fputc('\n', out);
  print_rows(out, screen, &blocks, row);
  fprintf(out, "\n%*s", INDENT, "");
  print_share(out, file);
  fprintf(out, "one block is %s, a row %s\n", size_format(size, blocks.size),
          size_format(all, blocks.size * row));
  print_legend(out, screen, file);
  info_blocks_end(&blocks);
  return status;
}

int info_text_print(FILE *out, const struct screen *screen, const struct info_file *file, int map) {
  print_figures(out, screen, file);
  return map ? print_map(out, screen, file) : print_strip(out, screen, file);
}
