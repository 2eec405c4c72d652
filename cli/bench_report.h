/* What tome bench prints. */
#ifndef TOME_CLI_BENCH_REPORT_H
#define TOME_CLI_BENCH_REPORT_H

#include "bench_table.h"

/* For people: a title; each table, as soon as it is known; and notes. */
void bench_report_title(const struct bench_report *report);
void bench_report_table(const struct bench_table *table);
void bench_report_notes(const struct bench_report *report);

/* For programs. Returns the exit status. */
int bench_report_json(const struct bench_report *report);

#endif
