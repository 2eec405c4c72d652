/* Three digits are all that is worth telling. */
#include "bench_text.h"

#include <stdio.h>

#include "size_text.h"

struct unit {
  double value;
  const char *name;
};

static const struct unit *unit_of(uint64_t ns) {
  static const struct unit units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
  const struct unit *unit = units;
  while (unit->value > 1 && (double)ns < unit->value)
    unit++;
  return unit;
}

static int digits_behind(double value) {
  return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

static char *not_measured(char *text) {
  snprintf(text, BENCH_TEXT_MAX, "-");
  return text;
}

char *bench_time(char *text, uint64_t ns) {
  if (ns == TOME_UNKNOWN)
    return not_measured(text);
  const struct unit *unit = unit_of(ns);
  double value = (double)ns / unit->value;
  snprintf(text, BENCH_TEXT_MAX, "%.*f %s", digits_behind(value), value, unit->name);
  return text;
}

char *bench_size(char *text, uint64_t size) {
  if (size == TOME_UNKNOWN)
    return not_measured(text);
  static const char letters[] = "KMGTPE";
  double value = (double)size;
  int power = 0;
  for (; value >= 1023.5 && power < 6; power++)
    value /= 1024;
  if (power == 0)
    snprintf(text, BENCH_TEXT_MAX, "%d B", (int)size);
  else
    snprintf(text, BENCH_TEXT_MAX, "%.*f %ciB", value < 99.95 ? 1 : 0, value, letters[power - 1]);
  return text;
}

char *bench_cold(char *text, const struct bench_row *row) {
  char time[BENCH_TEXT_MAX];
  snprintf(text, BENCH_TEXT_MAX, "%s%.*s", row->typical.stopped ? ">" : "", BENCH_TEXT_MAX - 2,
           bench_time(time, row->cold.median));
  return text;
}

char *bench_spread(char *text, const struct bench_row *row) {
  if (row->runs == 1) {
    snprintf(text, BENCH_TEXT_MAX, "one run");
    return text;
  }
  double unit = unit_of(row->cold.median)->value;
  double least = (double)row->cold.least / unit, most = (double)row->cold.most / unit;
  snprintf(text, BENCH_TEXT_MAX, "%.*f-%.*f", digits_behind(least), least, digits_behind(most),
           most);
  return text;
}

double bench_factor(uint64_t whole, uint64_t time) {
  return (double)whole / (double)(time ? time : 1);
}

char *bench_speed_up(char *text, const struct bench_row *whole, const struct bench_row *row) {
  double factor = bench_factor(whole->cold.median, row->cold.median);
  const char *bound = row->typical.stopped ? "<" : whole->typical.stopped ? ">" : "";
  if (row != whole && row->typical.stopped && whole->typical.stopped)
    return not_measured(text);
  snprintf(text, BENCH_TEXT_MAX, "%s%.*fx", row == whole ? "" : bound,
           factor < 0.995  ? 2
           : factor < 9.95 ? 1
                           : 0,
           factor);
  return text;
}

enum bench_start bench_start_of(const struct bench_table *table) {
  enum bench_start start = BENCH_COLD;
  for (int i = 0; i < BENCH_METHODS; i++) {
    uint64_t left = table->rows[i].resident_before;
    if (left != 0 && left != TOME_UNKNOWN)
      return BENCH_NOT_COLD;
    if (left == TOME_UNKNOWN)
      start = BENCH_NOT_SEEN;
  }
  return start;
}

enum bench_start bench_start_of_all(const struct bench_report *report) {
  enum bench_start start = BENCH_COLD;
  for (size_t i = 0; i < report->count && start != BENCH_NOT_COLD; i++) {
    enum bench_start one = bench_start_of(&report->tables[i]);
    start = one == BENCH_COLD ? start : one;
  }
  return start;
}
