/* A group of bars for each number of reads, in three panels: time, page cache and memory. A bar's length is the logarithm of
 * its figure, which stands behind it; across the bars goes a line for each power of 10, or of 1024. The background stays that
 * of the page, so all colours are of a lightness that stands out from black and from white. */
#include "bench_picture.h"

#include <inttypes.h>
#include <string.h>

#include "bench_text.h"
#include "size_text.h"
#include "svg_text.h"

#define WIDTH 880
#define MARGIN 24
#define TOP 92 /* of the first group */
#define ROW 22
#define BAR 13
#define GROUP_TITLE 26 /* above a group, where there are several */
#define GROUP_GAP 12

#define PANELS 3

/* Where bars begin, and how long they may be. The figures need as much room again. */
struct panel {
  const char *title;
  int left, width;
  double base;      /* a line for each of its powers */
  double low, high; /* powers of `base`: where the axis begins and ends; the first is whole */
  uint64_t (*figure)(const struct bench_row *row);
  char *(*text)(char *text, const struct bench_row *row);
};

static const char style[] =
    "<style>\n"
    ".tome text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
    "font-size:13px;fill:#76808c;font-variant-numeric:tabular-nums}\n"
    ".tome .title{font-size:18px;font-weight:600}\n"
    ".tome .panel{font-weight:600}\n"
    ".tome .small{font-size:11px}\n"
    ".tome .mid{text-anchor:middle}\n"
    ".tome .line{stroke:#8b949e;stroke-opacity:.28}\n"
    ".tome .range{stroke:#76808c;stroke-width:1.5}\n"
    ".tome .within{stroke:#fff;stroke-opacity:.75}\n"
    ".tome .bar{fill:#8b949e}\n"
    ".tome .ours{fill:#3b82f6}\n"
    ".tome text.ours{font-weight:600}\n"
    "</style>\n";

static uint64_t cold_of(const struct bench_row *row) {
  return row->cold.median;
}

static uint64_t cache_of(const struct bench_row *row) {
  return row->typical.resident_after;
}

static uint64_t memory_of(const struct bench_row *row) {
  return row->typical.peak_memory;
}

static char *cache_text(char *text, const struct bench_row *row) {
  return bench_size(text, cache_of(row));
}

static char *memory_text(char *text, const struct bench_row *row) {
  return bench_size(text, memory_of(row));
}

/* The logarithm of a figure that is 1 at least: its whole part by dividing, and then a digit for each squaring, in binary. */
static double logarithm(double figure, double base) {
  double result = 0, digit = 1;
  while (figure >= base) {
    figure /= base;
    result++;
  }
  for (int i = 0; i < 14; i++) {
    figure *= figure;
    digit /= 2;
    if (figure >= base) {
      figure /= base;
      result += digit;
    }
  }
  return result;
}

static double power_of(const struct panel *panel, uint64_t figure) {
  return logarithm(figure ? (double)figure : 1, panel->base);
}

/* The axis goes from the power below the least figure, or a good deal below it, to the most. */
static void set_range(struct panel *panel, const struct bench_report *report) {
  double low = 64, high = 0;
  for (size_t i = 0; i < report->count * BENCH_METHODS; i++) {
    uint64_t figure = panel->figure(&report->tables[i / BENCH_METHODS].rows[i % BENCH_METHODS]);
    if (figure == TOME_UNKNOWN || figure == 0)
      continue;
    double power = power_of(panel, figure);
    low = power < low ? power : low;
    high = power > high ? power : high;
  }
  low = low > 0.15 && low <= high ? low - 0.15 : 0;
  panel->low = (int)low;
  panel->high = high > panel->low + 1 ? high : panel->low + 1;
}

static double x_of(const struct panel *panel, uint64_t figure) {
  double part = (power_of(panel, figure) - panel->low) / (panel->high - panel->low);
  return panel->left + panel->width * (part < 0 ? 0 : part > 1 ? 1 : part);
}

/* What stands at a line. */
static const char *line_text(const struct panel *panel, double power) {
  static const char *const times[] = {"1 ns",        "10 ns", "100 ns", "1 \u00b5s", "10 \u00b5s",
                                      "100 \u00b5s", "1 ms",  "10 ms",  "100 ms",    "1 s",
                                      "10 s",        "100 s", "1000 s"};
  static const char *const sizes[] = {"1 B", "1 KiB", "1 MiB", "1 GiB", "1 TiB", "1 PiB", "1 EiB"};
  size_t i = power < 0 ? 0 : (size_t)power;
  if (panel->base > 10)
    return i < sizeof sizes / sizeof sizes[0] ? sizes[i] : "";
  return i < sizeof times / sizeof times[0] ? times[i] : "";
}

/* The lines across all groups, and what they stand for; each second one where they are close. */
static void draw_axis(FILE *out, const struct panel *panel, int bottom) {
  double between = panel->width / (panel->high - panel->low);
  fprintf(out, "<text class=\"panel\" x=\"%d\" y=\"%d\">%s</text>\n", panel->left, TOP - 26,
          panel->title);
  for (int i = 0; panel->low + i <= panel->high; i++) {
    double x = panel->left + between * i;
    fprintf(out, "<path class=\"line\" d=\"M%.1f %dV%d\"/>", x, TOP, bottom);
    if (i % 2 == 0 || between > 58) /* the first label ends where the second may begin */
      fprintf(out, "<text class=\"small%s\" x=\"%.1f\" y=\"%d\">%s</text>", i == 0 ? "" : " mid", x,
              TOP - 8, line_text(panel, panel->low + i));
    fputc('\n', out);
  }
}

/* Texts of figures are in ASCII. */
static void print_figure(FILE *out, const char *text) {
  size_t length = strlen(text);
  if (text[0] == '>')
    fprintf(out, "&gt;%s", text + 1);
  else if (length > 2 && strcmp(text + length - 2, "us") == 0)
    fprintf(out, "%.*s\u00b5s", (int)length - 2, text);
  else
    fputs(text, out);
}

/* From the fastest run to the slowest; its part within the bar is lighter than that. Returns where it ends. */
static double draw_range(FILE *out, const struct panel *panel, const struct bench_row *row, int y) {
  double middle = x_of(panel, row->cold.median), most = x_of(panel, row->cold.most);
  fprintf(out, "<path class=\"range within\" d=\"M%.1f %d.5H%.1f\"/>", x_of(panel, row->cold.least),
          y, middle);
  fprintf(out, "<path class=\"range\" d=\"M%.1f %d.5H%.1f\"/>", middle, y, most);
  return most;
}

/* Bar and figure of one method. */
static void draw_bar(FILE *out, const struct panel *panel, const struct bench_row *row, int y,
                     const char *class) {
  char text[BENCH_TEXT_MAX];
  uint64_t figure = panel->figure(row);
  double end = figure == TOME_UNKNOWN ? panel->left : x_of(panel, figure);
  if (end > panel->left)
    fprintf(out, "<rect class=\"bar %s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>",
            class, panel->left, y, end - panel->left, BAR);
  if (panel->figure == cold_of && row->runs > 1)
    end = draw_range(out, panel, row, y + BAR / 2);
  fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%d\">", class, end + 6, y + BAR - 2);
  print_figure(out, panel->text(text, row));
  fputs("</text>\n", out);
}

static void draw_group(FILE *out, const struct panel *panels, const struct bench_table *table,
                       int y) {
  for (int i = 0; i < BENCH_METHODS; i++, y += ROW) {
    const char *class = i == BENCH_TOME || i == BENCH_GATHER ? "ours" : "plain";
    fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">%s</text>\n", class, MARGIN, y + BAR - 2,
            bench_methods[i].name);
    for (int panel = 0; panel < PANELS; panel++)
      draw_bar(out, &panels[panel], &table->rows[i], y, class);
  }
}

/* "one read" or "100 reads". */
static void print_reads(FILE *out, size_t reads) {
  if (reads == 1)
    fputs("one read", out);
  else
    fprintf(out, "%zu reads", reads);
}

static void print_title(FILE *out, const struct bench_report *report) {
  char length[SIZE_TEXT_MAX], size[SIZE_TEXT_MAX];
  if (report->count == 1)
    print_reads(out, report->tables[0].reads);
  else
    fputs("Reads", out);
  fprintf(out, " of %s, at random places in a file of %s",
          size_format(length, report->plan->length), size_format(size, report->plan->size));
}

static void print_subtitle(FILE *out, const struct bench_report *report) {
  char ahead[SIZE_TEXT_MAX];
  if (bench_start_of_all(report) == BENCH_COLD)
    fputs("Nothing of the file is in memory at first. ", out);
  else
    fputs("What was in memory at first is not sure. ", out);
  if (report->info.readahead != TOME_UNKNOWN)
    fprintf(out, "The disk reads ahead up to %s. ", size_format(ahead, report->info.readahead));
  if (report->runs > 1)
    fprintf(out, "Median of up to %" PRIu64 " runs, and their range. ", report->runs);
  fputs("Logarithmic scales.", out);
}

/* Of a path: a picture is looked at elsewhere. */
static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static void draw_head(FILE *out, const struct bench_report *report, int height) {
  fprintf(out,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tome\" width=\"%d\" height=\"%d\" "
          "viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
          WIDTH, height, WIDTH, height);
  svg_text_print(out, last_part(report->plan->path), 0);
  fputs(": ", out);
  print_title(out, report);
  fprintf(out, "</title>\n%s<text class=\"title\" x=\"%d\" y=\"24\">", style, MARGIN);
  print_title(out, report);
  fprintf(out, "</text>\n<text x=\"%d\" y=\"44\">", MARGIN);
  print_subtitle(out, report);
  fputs("</text>\n", out);
}

/* How high a group is, its title and what parts it from the next included. */
static int group_height(const struct bench_report *report) {
  return BENCH_METHODS * ROW + (report->count > 1 ? GROUP_TITLE + GROUP_GAP : 0);
}

void bench_picture_draw(FILE *out, const struct bench_report *report) {
  struct panel panels[PANELS] = {
      {"time", 166, 244, 10, 0, 0, cold_of, bench_cold},
      {"page cache left", 498, 100, 1024, 0, 0, cache_of, cache_text},
      {"peak memory, mapped too", 690, 100, 1024, 0, 0, memory_of, memory_text},
  };
  int bottom = TOP + (int)report->count * group_height(report);
  draw_head(out, report, bottom + 12);
  for (int i = 0; i < PANELS; i++) {
    set_range(&panels[i], report);
    draw_axis(out, &panels[i], bottom);
  }
  for (size_t i = 0; i < report->count; i++) {
    int y = TOP + (int)i * group_height(report) + 5;
    if (report->count > 1) {
      fprintf(out, "<text class=\"panel\" x=\"%d\" y=\"%d\">", MARGIN, y + GROUP_TITLE - 12);
      print_reads(out, report->tables[i].reads);
      fputs("</text>\n", out);
      y += GROUP_TITLE;
    }
    draw_group(out, panels, &report->tables[i], y);
  }
  fputs("</svg>\n", out);
}
