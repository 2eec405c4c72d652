/* The table and the notes without which its figures would mean nothing. Speed-up is against the
 * first method. */
#include "bench_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "json_text.h"
#include "shown_name.h"
#include "size_text.h"
#include "verb.h"

#define TIME_TEXT_MAX 24

enum start { START_COLD, START_NOT_COLD, START_NOT_SEEN };

static char *format_time(char *text, uint64_t ns) {
  static const struct {
    double unit;
    const char *name;
  } units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
  size_t i = 0;
  while (i < 3 && (double)ns < units[i].unit)
    i++;
  double value = (double)ns / units[i].unit;
  int digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  snprintf(text, TIME_TEXT_MAX, "%.*f %s", digits, value, units[i].name);
  return text;
}

static double speed_up(uint64_t whole, uint64_t time) {
  return (double)whole / (double)(time ? time : 1);
}

static char *format_speed_up(char *text, uint64_t whole, uint64_t time) {
  double factor = speed_up(whole, time);
  snprintf(text, TIME_TEXT_MAX, "%.*fx", factor < 1 ? 2 : factor < 10 ? 1 : 0, factor);
  return text;
}

static void print_time(uint64_t whole, uint64_t time) {
  char text[TIME_TEXT_MAX];
  if (time == TOME_UNKNOWN || whole == TOME_UNKNOWN)
    printf("  %9s %8s", time == TOME_UNKNOWN ? "-" : format_time(text, time), "-");
  else {
    printf("  %9s", format_time(text, time));
    printf(" %8s", format_speed_up(text, whole, time));
  }
}

static char *format_figure(char *text, uint64_t figure) {
  if (figure != TOME_UNKNOWN)
    return size_format(text, figure);
  snprintf(text, SIZE_TEXT_MAX, "-");
  return text;
}

static void print_row(const struct bench_method *method, const struct bench_result *result,
                      const struct bench_result *whole) {
  char memory[SIZE_TEXT_MAX], cache[SIZE_TEXT_MAX];
  printf("%-20s", method->name);
  print_time(whole->cold, result->cold);
  print_time(whole->warm, result->warm);
  printf("  %11s  %10s\n", format_figure(memory, result->peak_memory),
         format_figure(cache, result->resident_after));
}

/* Pages left in one run settle it, whatever could not be seen in another. */
static enum start start_of(const struct bench_result *results) {
  enum start start = START_COLD;
  for (int i = 0; i < BENCH_METHODS; i++) {
    uint64_t left = results[i].resident_before;
    if (left != 0 && left != TOME_UNKNOWN)
      return START_NOT_COLD;
    if (left == TOME_UNKNOWN)
      start = START_NOT_SEEN;
  }
  return start;
}

static void print_cold_note(const tome_info *info, const struct bench_result *results) {
  char left[SIZE_TEXT_MAX];
  puts("cold         from opening the file to the last byte read; the median of up to 5 runs");
  enum start start = start_of(results);
  if (start == START_COLD)
    puts("             The file's pages were dropped from memory before each run");
  if (start == START_NOT_SEEN)
    puts("             The system was asked to drop the file's pages from memory before each\n"
         "             run; whether they were dropped cannot be seen");
  if (start != START_NOT_COLD)
    return;
  puts("             NOT COLD: pages of the file could not be dropped from memory; there were");
  for (int i = 0; i < BENCH_METHODS; i++)
    printf("             %s before: %s\n", format_figure(left, results[i].resident_before),
           bench_methods[i].name);
  printf("             (another process has them mapped, or %s keeps its files there)\n",
         info->file_system);
}

static void print_warm_note(const struct bench_result *results) {
  printf("warm         the same reads once more in the same process, file still open; the median\n"
         "             of up to %" PRIu64 " passes. ",
         results[BENCH_TOME].warm_passes);
  if (results[BENCH_WHOLE].warm == TOME_UNKNOWN)
    puts("The whole file would not fit in half of the memory\n"
         "             that is free: it was read through a small buffer, and not again");
  else
    puts("The whole file is read again too");
}

static void print_notes(const tome_info *info, const struct bench_result *results) {
  char ahead[SIZE_TEXT_MAX], page[SIZE_TEXT_MAX];
  putchar('\n');
  print_cold_note(info, results);
  print_warm_note(results);
  puts("speed-up     against reading the whole file");
  puts("peak memory  of the method's own process; pages of a mapping count while they are mapped");
  puts("page cache   what of the file was in the system's memory after the cold pass");
  printf("disk         file system %s", info->file_system);
  if (info->readahead != TOME_UNKNOWN)
    printf(", reads ahead up to %s", size_format(ahead, info->readahead));
  printf(", pages of %s\n", size_format(page, info->page_size));
  puts("All methods read the same bytes (checksums compared).");
}

int bench_report_table(const struct bench_plan *plan, const tome_info *info,
                       const struct bench_result *results) {
  char size[SIZE_TEXT_MAX];
  shown_name_print(stdout, plan->path);
  printf(": %s. %" PRIu64 " reads of %zu bytes at random offsets\n\n",
         size_format(size, plan->size), plan->count, plan->length);
  printf("%-20s  %9s %8s  %9s %8s  %11s  %10s\n", "", "cold", "speed-up", "warm", "speed-up",
         "peak memory", "page cache");
  for (int i = 0; i < BENCH_METHODS; i++)
    print_row(&bench_methods[i], &results[i], &results[BENCH_WHOLE]);
  print_notes(info, results);
  return STATUS_OK;
}

static json_t *json_seconds(uint64_t ns) {
  return ns == TOME_UNKNOWN ? json_null() : json_real((double)ns / 1e9);
}

static json_t *json_speed_up(uint64_t whole, uint64_t time) {
  return whole == TOME_UNKNOWN || time == TOME_UNKNOWN ? json_null()
                                                       : json_real(speed_up(whole, time));
}

static json_t *json_start(enum start start) {
  return start == START_NOT_SEEN ? json_null() : json_boolean(start == START_COLD);
}

static json_t *json_row(int i, const struct bench_result *result,
                        const struct bench_result *whole) {
  char checksum[17];
  snprintf(checksum, sizeof checksum, "%016" PRIx64, result->checksum);
  json_t *row = json_object();
  json_object_set_new(row, "method", json_string(bench_methods[i].key));
  json_object_set_new(row, "cold_seconds", json_seconds(result->cold));
  json_object_set_new(row, "cold_speedup", json_speed_up(whole->cold, result->cold));
  json_object_set_new(row, "cold_runs", json_figure(result->cold_runs));
  json_object_set_new(row, "warm_seconds", json_seconds(result->warm));
  json_object_set_new(row, "warm_speedup", json_speed_up(whole->warm, result->warm));
  json_object_set_new(row, "warm_passes", json_figure(result->warm_passes));
  json_object_set_new(row, "peak_memory", json_figure(result->peak_memory));
  json_object_set_new(row, "page_cache", json_figure(result->resident_after));
  json_object_set_new(row, "page_cache_before", json_figure(result->resident_before));
  json_object_set_new(row, "checksum", json_string(checksum));
  return row;
}

int bench_report_json(const struct bench_plan *plan, const tome_info *info,
                      const struct bench_result *results) {
  json_t *report = json_object(), *rows = json_array();
  for (int i = 0; i < BENCH_METHODS; i++)
    json_array_append_new(rows, json_row(i, &results[i], &results[BENCH_WHOLE]));
  json_object_set_new(report, "file", json_text(plan->path));
  json_object_set_new(report, "size", json_figure(plan->size));
  json_object_set_new(report, "reads", json_figure(plan->count));
  json_object_set_new(report, "length", json_figure(plan->length));
  json_object_set_new(report, "file_system", json_string(info->file_system));
  json_object_set_new(report, "readahead", json_figure(info->readahead));
  json_object_set_new(report, "page_size", json_figure(info->page_size));
  json_object_set_new(report, "cold", json_start(start_of(results)));
  json_object_set_new(report, "methods", rows);
  return json_print(report);
}
