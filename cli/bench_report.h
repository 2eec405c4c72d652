/* What tome bench prints. */
#ifndef TOME_CLI_BENCH_REPORT_H
#define TOME_CLI_BENCH_REPORT_H

#include "bench_run.h"

/* The results are in the order of bench_methods; `info` is the file's. Returns the exit status. */
int bench_report_table(const struct bench_plan *plan, const tome_info *info,
                       const struct bench_result *results);
int bench_report_json(const struct bench_plan *plan, const tome_info *info,
                      const struct bench_result *results);

#endif
