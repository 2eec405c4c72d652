/* The background is whatever page the picture is put on, a light or a dark one. All colours are of a middling
 * lightness that stands out from both; a media query would be wrong where the page is not what the system prefers.
 *
 * The body is drawn first, since what stands above it, the totals, is known last. Blocks that look alike are one
 * path; a stroke with round joins rounds their corners. */
#include "info_svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "info_text.h"
#include "size_text.h"
#include "svg_file.h"
#include "svg_text.h"
#include "verb.h"

#define WIDTH 880
#define MARGIN 24
#define HEAD 68   /* above the body */
#define LEGEND 64 /* below it */
#define TITLE_LENGTH 80

/* One file: rows of blocks. */
#define GRID_LEFT 88
#define GRID_COLUMNS 64
#define GRID_ROWS 24
#define PITCH_X 12
#define PITCH_Y 14
#define BLOCK_X 10
#define BLOCK_Y 12

/* Several: a bar each. */
#define BAR_LEFT 284
#define BAR_BLOCKS 80
#define BAR_PITCH 4
#define BAR_HEIGHT 12
#define LINE_HEIGHT 24
#define MOST_LINES 400
#define NAME_LENGTH 36 /* characters; wide ones are clipped */
#define NAME_WIDTH (BAR_LEFT - MARGIN - 12)
#define PERCENT_END 672

static const char style[] =
    "<style>\n"
    ".tome text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "font-size:13px;fill:#76808c;font-variant-numeric:tabular-nums}\n"
    ".tome .title{font-size:18px;font-weight:600}\n"
    ".tome .small{font-size:11px}\n"
    ".tome .value{font-weight:600}\n"
    ".tome .end{text-anchor:end}\n"
    ".tome path{stroke-linejoin:round;stroke-width:2}\n"
    ".tome .memory{fill:#3b82f6;stroke:#3b82f6}\n"
    ".tome .dirty{fill:#e0701b;stroke:#e0701b}\n"
    ".tome .absent{fill:#8b949e;stroke:#8b949e;opacity:.3}\n"
    ".tome .hole{fill:none;stroke:#8b949e;stroke-width:1;opacity:.5}\n"
    ".tome .unknown{fill:none;stroke:#8b949e;stroke-width:1;stroke-dasharray:2 2}\n"
    ".tome .flat{stroke:none}\n"
    "</style>\n";

static const char *const classes[INFO_STATES] = {
    [INFO_HOLE] = "hole",    [INFO_ABSENT] = "absent", [INFO_PART] = "memory flat",
    [INFO_WHOLE] = "memory", [INFO_DIRTY] = "dirty",   [INFO_UNKNOWN] = "unknown"};

int info_svg_begin(struct info_svg *svg, const char *name, int alone) {
  *svg = (struct info_svg){.name = name, .alone = alone};
  svg->body = text_stream_begin(&svg->stream);
  if (svg->body)
    return STATUS_OK;
  complain_system(name);
  return STATUS_ERROR;
}

/* A block at (x, y), w wide and h high; an outline lies inside of it. */
static void draw_block(FILE *out, enum info_state state, int x, int y, int w, int h) {
  if (state == INFO_HOLE || state == INFO_UNKNOWN)
    fprintf(out, "M%d.5 %d.5h%dv%dh-%dz", x, y, w - 1, h - 1, w - 1);
  else
    fprintf(out, "M%d %dh%dv%dh-%dz", x + 1, y + 1, w - 2, h - 2, w - 2);
}

/* The lower part of one. */
static void draw_gauge(FILE *out, const struct info_block *block, int x, int y, int w, int h) {
  int level = info_block_level(block, h);
  fprintf(out, "M%d %dh%dv%dh-%dz", x, y + h - level, w, level, w);
}

/* Behind a gauge lies a block that is not in memory. */
static int has_look(enum info_state state, enum info_state look) {
  return state == look || (state == INFO_PART && look == INFO_ABSENT);
}

/* All blocks that look so. */
static void draw_grid_path(FILE *out, const struct info_blocks *blocks, enum info_state look) {
  int begun = 0;
  for (size_t i = 0; i < blocks->count; i++) {
    const struct info_block *block = &blocks->list[i];
    int x = GRID_LEFT + (int)(i % GRID_COLUMNS) * PITCH_X;
    int y = HEAD + (int)(i / GRID_COLUMNS) * PITCH_Y;
    if (!has_look(info_block_state(block), look))
      continue;
    if (!begun++)
      fprintf(out, "<path class=\"%s\" d=\"", classes[look]);
    if (look == INFO_PART)
      draw_gauge(out, block, x, y, BLOCK_X, BLOCK_Y);
    else
      draw_block(out, look, x, y, BLOCK_X, BLOCK_Y);
  }
  if (begun)
    fputs("\"/>\n", out);
}

static void draw_labels(struct info_svg *svg, const struct info_blocks *blocks) {
  char text[INFO_OFFSET_MAX], size[SIZE_TEXT_MAX], row[SIZE_TEXT_MAX];
  for (size_t i = 0; i < blocks->count; i += GRID_COLUMNS) {
    info_offset_format(text, blocks->list[i].offset);
    fprintf(svg->body, "<text class=\"small end\" x=\"%d\" y=\"%d\">%s</text>\n", GRID_LEFT - 10,
            HEAD + (int)(i / GRID_COLUMNS) * PITCH_Y + 10, text);
  }
  svg->height = (int)((blocks->count + GRID_COLUMNS - 1) / GRID_COLUMNS) * PITCH_Y;
  fprintf(svg->body, "<text class=\"small\" x=\"%d\" y=\"%d\">one block is %s, a row %s</text>\n",
          GRID_LEFT, HEAD + svg->height + 14, size_format(size, blocks->size),
          size_format(row, blocks->size * GRID_COLUMNS));
  svg->height += 18;
}

static void add_up(struct info_svg *svg, const struct info_blocks *blocks) {
  for (size_t i = 0; i < blocks->count; i++) {
    svg->partial += info_block_state(&blocks->list[i]) == INFO_PART;
    svg->absent += info_block_absent(&blocks->list[i]);
  }
}

static int add_grid(struct info_svg *svg, const struct info_file *file) {
  struct info_blocks blocks;
  int status = info_blocks_round(file, (size_t)GRID_COLUMNS * GRID_ROWS, &blocks);
  svg->title = strdup(file->name);
  if (blocks.count == 0)
    return status;
  draw_grid_path(svg->body, &blocks, INFO_ABSENT);
  for (int look = 0; look < INFO_STATES; look++)
    if (look != INFO_ABSENT)
      draw_grid_path(svg->body, &blocks, (enum info_state)look);
  draw_labels(svg, &blocks);
  add_up(svg, &blocks);
  info_blocks_end(&blocks);
  return status;
}

/* As far as the next blocks look the same, they are one; gauges are not. */
static size_t run_length(const struct info_blocks *blocks, size_t from) {
  enum info_state state = info_block_state(&blocks->list[from]);
  size_t end = from + 1;
  while (state != INFO_PART && end < blocks->count && info_block_state(&blocks->list[end]) == state)
    end++;
  return end - from;
}

/* Holes are a thread that holds the rest together. */
static void draw_run(FILE *out, enum info_state state, int x, int y, int w) {
  if (state == INFO_HOLE)
    fprintf(out, "<path class=\"absent flat\" d=\"M%d %dh%dv2h-%dz\"/>", x, y + BAR_HEIGHT / 2 - 1,
            w, w);
  else if (state == INFO_UNKNOWN)
    fprintf(out, "<path class=\"unknown\" d=\"M%d.5 %d.5h%dv%dh-%dz\"/>", x, y, w - 1,
            BAR_HEIGHT - 1, w - 1);
  else
    fprintf(out, "<path class=\"%s flat\" d=\"M%d %dh%dv%dh-%dz\"/>",
            state == INFO_PART ? "absent" : classes[state], x, y, w, BAR_HEIGHT, w);
}

static void draw_bar(FILE *out, const struct info_blocks *blocks, int y) {
  for (size_t i = 0, n; i < blocks->count; i += n) {
    const struct info_block *block = &blocks->list[i];
    enum info_state state = info_block_state(block);
    n = run_length(blocks, i);
    int x = BAR_LEFT + (int)i * BAR_PITCH, w = (int)n * BAR_PITCH;
    draw_run(out, state, x, y, w);
    if (state != INFO_PART)
      continue;
    fputs("<path class=\"memory flat\" d=\"", out);
    draw_gauge(out, block, x, y, w, BAR_HEIGHT);
    fputs("\"/>", out);
  }
  fputc('\n', out);
}

static void draw_line(struct info_svg *svg, const struct info_file *file, int y) {
  char size[SIZE_TEXT_MAX], resident[SIZE_TEXT_MAX], percent[PERCENT_TEXT_MAX];
  FILE *out = svg->body;
  uint64_t known = file->memory.resident;
  fputs("<g><title>", out);
  svg_text_print(out, file->name, 0);
  fprintf(out, "</title><text clip-path=\"url(#tome-names)\" x=\"%d\" y=\"%d\">", MARGIN, y + 11);
  svg_text_print(out, file->name, NAME_LENGTH);
  fprintf(out, "</text><text class=\"end value\" x=\"%d\" y=\"%d\">", PERCENT_END, y + 11);
  svg_text_print(out, info_percent(percent, known, file->memory.pages), 0);
  fprintf(out, "</text><text class=\"end\" x=\"%d\" y=\"%d\">%s of %s</text></g>\n", WIDTH - MARGIN,
          y + 11, known == TOME_UNKNOWN ? "unknown" : size_format(resident, known),
          size_format(size, file->memory.pages));
}

static int add_line(struct info_svg *svg, const struct info_file *file) {
  struct info_blocks blocks;
  int y = HEAD + svg->height;
  if (svg->totals.files > MOST_LINES)
    return STATUS_OK;
  int status = info_blocks_even(file, BAR_BLOCKS, &blocks);
  draw_bar(svg->body, &blocks, y);
  draw_line(svg, file, y);
  add_up(svg, &blocks);
  svg->height += LINE_HEIGHT;
  info_blocks_end(&blocks);
  return status;
}

int info_svg_add(struct info_svg *svg, const struct info_file *file) {
  info_totals_add(&svg->totals, file);
  if (file->info.hole_bytes != TOME_UNKNOWN)
    svg->holes += file->info.hole_bytes;
  return svg->alone ? add_grid(svg, file) : add_line(svg, file);
}

static void draw_head(FILE *out, const struct info_svg *svg) {
  const struct info_totals *totals = &svg->totals;
  char size[SIZE_TEXT_MAX], resident[SIZE_TEXT_MAX], percent[PERCENT_TEXT_MAX];
  fprintf(out, "<text class=\"title\" x=\"%d\" y=\"28\">", MARGIN);
  if (svg->title)
    svg_text_print(out, svg->title, TITLE_LENGTH);
  else
    fprintf(out, "%" PRIu64 " file%s", totals->files, totals->files == 1 ? "" : "s");
  fprintf(out, "</text>\n<text x=\"%d\" y=\"50\">%s", MARGIN, size_format(size, totals->size));
  if (totals->unknown == 0 && totals->size > 0) {
    fprintf(out, ", %s of it in memory: ", size_format(resident, totals->resident));
    svg_text_print(out, info_percent(percent, totals->resident, totals->pages), 0);
  }
  fputs("</text>\n", out);
}

static void draw_sample(FILE *out, const struct info_svg *svg, int x, int y,
                        enum info_state state) {
  if (state == INFO_HOLE && !svg->alone) {
    draw_run(out, state, x, y, BLOCK_X);
    return;
  }
  fprintf(out, "<path class=\"%s\" d=\"", classes[state == INFO_PART ? INFO_ABSENT : state]);
  draw_block(out, state, x, y, BLOCK_X, BLOCK_Y);
  fputs("\"/>", out);
  if (state == INFO_PART)
    fprintf(out, "<path class=\"memory flat\" d=\"M%d %dh%dv5h-%dz\"/>", x, y + BLOCK_Y - 5,
            BLOCK_X, BLOCK_X);
}

static void draw_meaning(FILE *out, const struct info_svg *svg, int index, enum info_state state,
                         const char *meaning, const char *value) {
  int x = MARGIN + index * 166, y = HEAD + svg->height + 16;
  draw_sample(out, svg, x, y, state);
  fprintf(out, "<text x=\"%d\" y=\"%d\">%s</text>", x + 18, y + 11, meaning);
  fprintf(out, "<text class=\"value\" x=\"%d\" y=\"%d\">%s</text>\n", x + 18, y + 29, value);
}

static void draw_legend(FILE *out, const struct info_svg *svg) {
  const struct info_totals *totals = &svg->totals;
  char value[SIZE_TEXT_MAX + 32];
  int known = totals->unknown == 0, none_known = !known && totals->unknown == totals->files;
  draw_meaning(out, svg, 0, INFO_WHOLE, "in memory",
               none_known ? "unknown" : size_format(value, totals->resident));
  snprintf(value, sizeof value, "%" PRIu64 " block%s", svg->partial, svg->partial == 1 ? "" : "s");
  draw_meaning(out, svg, 1, INFO_PART, "in memory in part", value);
  size_format(value, svg->absent);
  draw_meaning(out, svg, 2, known ? INFO_ABSENT : INFO_UNKNOWN,
               known ? "not in memory" : "unknown, or not", value);
  draw_meaning(out, svg, 3, INFO_HOLE, "holes", size_format(value, svg->holes));
  draw_meaning(out, svg, 4, INFO_DIRTY, "not on the disk yet",
               none_known ? "unknown" : size_format(value, totals->unwritten));
}

static void draw_rest(FILE *out, struct info_svg *svg) {
  if (svg->alone || svg->totals.files <= MOST_LINES)
    return;
  fprintf(out, "<text x=\"%d\" y=\"%d\">and %" PRIu64 " more</text>\n", BAR_LEFT,
          HEAD + svg->height + 11, svg->totals.files - MOST_LINES);
  svg->height += LINE_HEIGHT;
}

static void draw(FILE *out, const void *context) {
  const struct info_svg *svg = context;
  int height = HEAD + svg->height + LEGEND;
  fprintf(out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tome\" width=\"%d\" height=\"%d\" "
          "viewBox=\"0 0 %d %d\" role=\"img\">\n<title>What is in memory</title>\n%s",
          WIDTH, height, WIDTH, height, style);
  fprintf(out, "<clipPath id=\"tome-names\"><path d=\"M%d 1h%dv99999h-%dz\"/></clipPath>\n", MARGIN,
          NAME_WIDTH, NAME_WIDTH);
  draw_head(out, svg);
  fwrite(svg->stream.text, 1, svg->stream.length, out);
  draw_legend(out, svg);
  fputs("</svg>\n", out);
}

int info_svg_end(struct info_svg *svg, int wanted) {
  int status = STATUS_OK;
  draw_rest(svg->body, svg);
  if (text_stream_end(&svg->stream) != 0) {
    complain_system(svg->name);
    status = STATUS_ERROR;
  } else if (wanted) {
    status = svg_file_write(svg->name, draw, svg);
  }
  free(svg->stream.text);
  free(svg->title);
  return status;
}
