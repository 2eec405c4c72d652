/* The table and the notes without which its figures would mean nothing. Speed-up is against the
 * first method. */
#include "bench_report.h"

#include <inttypes.h>
#include <stdio.h>

#include "bench_text.h"
#include "json_text.h"
#include "shown_name.h"
#include "size_text.h"

void bench_report_title(const struct bench_report *report) {
  char size[SIZE_TEXT_MAX];
  shown_name_print(stdout, report->plan->path);
  printf(": %s. Reads of %zu bytes at random offsets\n", size_format(size, report->plan->size),
         report->plan->length);
  fflush(stdout); /* or a process that measures, and complains, would print it once more */
}

/* 80 columns. */
static void print_row(const char *name, const struct bench_row *row,
                      const struct bench_row *whole) {
  char cold[BENCH_TEXT_MAX], spread[BENCH_TEXT_MAX], speed_up[BENCH_TEXT_MAX];
  char warm[BENCH_TEXT_MAX], memory[BENCH_TEXT_MAX], cache[BENCH_TEXT_MAX];
  printf("%-19s  %7s  %9s  %8s  %7s  %8s  %10s\n", name, bench_cold(cold, row),
         bench_spread(spread, row), bench_speed_up(speed_up, whole, row),
         bench_time(warm, row->warm.median), bench_size(memory, row->typical.peak_memory),
         bench_size(cache, row->typical.resident_after));
}

void bench_report_table(const struct bench_table *table) {
  char reads[BENCH_TEXT_MAX];
  snprintf(reads, sizeof reads, "%zu read%s", table->reads, table->reads == 1 ? "" : "s");
  printf("\n%-19s  %7s  %9s  %8s  %7s  %8s  %10s\n", reads, "cold", "min-max", "speed-up", "warm",
         "memory", "page cache");
  for (int i = 0; i < BENCH_METHODS; i++)
    print_row(bench_methods[i].name, &table->rows[i], &table->rows[BENCH_WHOLE]);
  fflush(stdout);
}

static void print_left_before(const struct bench_table *table) {
  char left[BENCH_TEXT_MAX];
  for (int i = 0; i < BENCH_METHODS; i++)
    if (table->rows[i].resident_before != 0)
      printf("             %s before: %s\n", bench_size(left, table->rows[i].resident_before),
             bench_methods[i].name);
}

static void print_start_note(const struct bench_report *report) {
  enum bench_start start = bench_start_of_all(report);
  if (start == BENCH_COLD)
    puts("             The file's pages were dropped from memory before each run");
  if (start == BENCH_NOT_SEEN && report->tables[0].rows[0].typical.never_dropped)
    puts("             PERHAPS NOT COLD: this system does not drop a file's pages from\n"
         "             memory for the asking, and does not tell which of them are there");
  else if (start == BENCH_NOT_SEEN)
    puts("             The system was asked to drop the file's pages from memory before each\n"
         "             run; whether they were dropped cannot be seen");
  if (start != BENCH_NOT_COLD)
    return;
  puts("             NOT COLD: pages of the file could not be dropped from memory; there\n"
       "             were");
  for (size_t i = 0; i < report->count; i++)
    print_left_before(&report->tables[i]);
  printf("             (another process has them mapped, or %s keeps its files there)\n",
         report->info.file_system);
}

static void print_stopped(const struct bench_table *table, uint64_t limit) {
  char time[BENCH_TEXT_MAX];
  for (int i = 0; i < BENCH_METHODS; i++)
    if (table->rows[i].typical.stopped)
      printf("             Stopped after %s: %s, %" PRIu64 " of %zu reads done\n",
             bench_time(time, limit), bench_methods[i].name, table->rows[i].typical.done,
             table->reads);
}

static void print_cold_note(const struct bench_report *report) {
  printf("cold         from opening the file to the last byte read: the median of up to %" PRIu64
         "\n             run%s, the fastest and the slowest. What takes long is not run again\n",
         report->runs, report->runs == 1 ? "" : "s");
  print_start_note(report);
  for (size_t i = 0; i < report->count; i++)
    print_stopped(&report->tables[i], report->plan->limit);
}

static void print_warm_note(const struct bench_report *report) {
  puts("warm         the same reads again in the same process: the median of many passes");
  const struct bench_row *whole = &report->tables[0].rows[BENCH_WHOLE];
  if (whole->warm.median == TOME_UNKNOWN && !whole->typical.stopped)
    puts("             The whole file would not fit in half of the memory that is free: it\n"
         "             was read through a small buffer, and not again");
}

void bench_report_notes(const struct bench_report *report) {
  char ahead[SIZE_TEXT_MAX], page[SIZE_TEXT_MAX];
  const tome_info *info = &report->info;
  putchar('\n');
  print_cold_note(report);
  print_warm_note(report);
  puts("speed-up     of the cold time, against reading the whole file\n"
       "memory       peak of the method's own process; of a mapping, what is mapped\n"
       "page cache   what of the file was in the system's memory after the cold pass");
  printf("disk         file system %s", info->file_system);
  if (info->readahead != TOME_UNKNOWN)
    printf(", reads ahead up to %s", size_format(ahead, info->readahead));
  printf(", pages of %s\n", size_format(page, info->page_size));
  puts("All methods read the same bytes (checksums compared).");
}

static json_t *json_seconds(uint64_t ns) {
  return ns == TOME_UNKNOWN ? json_null() : json_real((double)ns / 1e9);
}

static json_t *json_factor(uint64_t whole, uint64_t time) {
  return whole == TOME_UNKNOWN || time == TOME_UNKNOWN ? json_null()
                                                       : json_real(bench_factor(whole, time));
}

static json_t *json_start(enum bench_start start) {
  return start == BENCH_NOT_SEEN ? json_null() : json_boolean(start == BENCH_COLD);
}

/* What was stopped has no time, and nobody is faster or slower than it. */
static struct bench_times times_of(const struct bench_row *row) {
  const struct bench_times none = {TOME_UNKNOWN, TOME_UNKNOWN, TOME_UNKNOWN};
  return row->typical.stopped ? none : row->cold;
}

static void add_times(json_t *object, const char *name, const struct bench_times *times,
                      uint64_t whole) {
  char key[BENCH_TEXT_MAX];
  const struct {
    const char *suffix;
    json_t *value;
  } members[] = {{"seconds", json_seconds(times->median)},
                 {"seconds_min", json_seconds(times->least)},
                 {"seconds_max", json_seconds(times->most)},
                 {"speedup", json_factor(whole, times->median)}};
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    snprintf(key, sizeof key, "%s_%s", name, members[i].suffix);
    json_object_set_new(object, key, members[i].value);
  }
}

static json_t *json_row(int i, const struct bench_row *row, const struct bench_row *whole,
                        uint64_t limit) {
  char checksum[17];
  const struct bench_result *typical = &row->typical;
  struct bench_times cold = times_of(row), whole_cold = times_of(whole);
  snprintf(checksum, sizeof checksum, "%016" PRIx64, typical->checksum);
  json_t *object = json_object();
  json_object_set_new(object, "method", json_string(bench_methods[i].key));
  add_times(object, "cold", &cold, whole_cold.median);
  json_object_set_new(object, "cold_runs", json_figure(row->runs));
  json_object_set_new(object, "stopped_after",
                      json_seconds(typical->stopped ? limit : TOME_UNKNOWN));
  json_object_set_new(object, "reads_done", json_figure(typical->done));
  add_times(object, "warm", &row->warm, whole->warm.median);
  json_object_set_new(object, "warm_passes", json_figure(typical->warm_passes));
  json_object_set_new(object, "peak_memory", json_figure(typical->peak_memory));
  json_object_set_new(object, "page_cache", json_figure(typical->resident_after));
  json_object_set_new(object, "page_cache_before", json_figure(row->resident_before));
  json_object_set_new(object, "checksum", typical->stopped ? json_null() : json_string(checksum));
  return object;
}

static json_t *json_table(const struct bench_report *report, const struct bench_table *table) {
  json_t *object = json_object(), *rows = json_array();
  for (int i = 0; i < BENCH_METHODS; i++)
    json_array_append_new(
        rows, json_row(i, &table->rows[i], &table->rows[BENCH_WHOLE], report->plan->limit));
  json_object_set_new(object, "file", json_text(report->plan->path));
  json_object_set_new(object, "size", json_figure(report->plan->size));
  json_object_set_new(object, "reads", json_figure(table->reads));
  json_object_set_new(object, "length", json_figure(report->plan->length));
  json_object_set_new(object, "file_system", json_string(report->info.file_system));
  json_object_set_new(object, "readahead", json_figure(report->info.readahead));
  json_object_set_new(object, "page_size", json_figure(report->info.page_size));
  json_object_set_new(object, "cold", json_start(bench_start_of(table)));
  json_object_set_new(object, "methods", rows);
  return object;
}

int bench_report_json(const struct bench_report *report) {
  json_t *array = json_array();
  for (size_t i = 0; i < report->count; i++)
    json_array_append_new(array, json_table(report, &report->tables[i]));
  return json_print(array);
}
