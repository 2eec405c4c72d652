/* Names come last, so that no line has to wait for the longest of them. */
#include "info_table.h"

#include <inttypes.h>

#include "info_draw.h"
#include "info_text.h"
#include "size_text.h"

#define FIGURES_WIDTH 34 /* what stands before a strip */

static uint64_t sum(uint64_t a, uint64_t b) {
  return a > UINT64_MAX - 1 - b ? UINT64_MAX - 1 : a + b;
}

void info_totals_add(struct info_totals *totals, const struct info_file *file) {
  uint64_t unwritten = info_unwritten(&file->memory);
  totals->files++;
  totals->page_size = file->info.page_size;
  totals->size = sum(totals->size, file->info.size);
  if (file->memory.resident == TOME_UNKNOWN) {
    totals->unknown++;
  } else {
    totals->pages = sum(totals->pages, file->memory.pages);
    totals->resident = sum(totals->resident, file->memory.resident);
  }
  if (unwritten != TOME_UNKNOWN)
    totals->unwritten = sum(totals->unwritten, unwritten);
}

static int strip_width(const struct screen *screen) {
  int width = (screen->columns - FIGURES_WIDTH) / 3;
  if (width < 8)
    return 8;
  return width < 64 ? width : 64;
}

void info_table_head(FILE *out, const struct screen *screen) {
  fprintf(out, "%10s  %10s  %6s   %-*s  file\n", "size", "in memory", "%", strip_width(screen),
          "where");
}

static void print_figures(FILE *out, uint64_t size, uint64_t resident, uint64_t pages) {
  char text[SIZE_TEXT_MAX], percent[PERCENT_TEXT_MAX];
  fprintf(out, "%10s", size_format(text, size));
  fprintf(out, "  %10s", resident == TOME_UNKNOWN ? "unknown" : size_format(text, resident));
  fprintf(out, "  %6s   ", info_percent(percent, resident, pages));
}

int info_table_row(FILE *out, const struct screen *screen, const struct info_file *file) {
  int width = strip_width(screen);
  struct info_blocks blocks;
  int status = info_blocks_even(file, (size_t)width, &blocks);
  print_figures(out, file->info.size, file->memory.resident, file->memory.pages);
  info_draw_blocks(out, screen, blocks.list, blocks.count);
  fprintf(out, "%*s  ", width - (int)blocks.count, "");
  info_draw_name(out, screen, file->name);
  fputc('\n', out);
  info_blocks_end(&blocks);
  return status;
}

void info_totals_print(FILE *out, const struct info_totals *totals) {
  char text[SIZE_TEXT_MAX];
  uint64_t page = totals->page_size ? totals->page_size : 1;
  fprintf(out, "total: %" PRIu64 " file%s, %" PRIu64 " of %" PRIu64 " pages", totals->files,
          totals->files == 1 ? "" : "s", totals->resident / page, totals->pages / page);
  if (totals->unwritten)
    fprintf(out, ", %s dirty", size_format(text, totals->unwritten));
  if (totals->unknown)
    fprintf(out, "; %" PRIu64 " unknown", totals->unknown);
}

void info_table_foot(FILE *out, const struct screen *screen, const struct info_totals *totals) {
  int none_known = totals->unknown != 0 && totals->unknown == totals->files;
  print_figures(out, totals->size, none_known ? TOME_UNKNOWN : totals->resident, totals->pages);
  info_totals_print(out, totals);
  fputs("\n\n", out);
  info_draw_legend(out, screen, totals->unknown != 0);
  fputc('\n', out);
}
