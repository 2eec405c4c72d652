/* Figures as a comparison shows them. */
#ifndef TOME_CLI_BENCH_TEXT_H
#define TOME_CLI_BENCH_TEXT_H

#include <stdint.h>

#include "bench_table.h"

#define BENCH_TEXT_MAX 32

/* Each writes into `text`, which has room for BENCH_TEXT_MAX, and returns it. What was not measured is "-". */
char *bench_time(char *text, uint64_t ns);
char *bench_size(char *text, uint64_t size);

/* The cold time, with > before it if the method was stopped. */
char *bench_cold(char *text, const struct bench_row *row);

/* The fastest and the slowest run, in the unit of bench_cold(). */
char *bench_spread(char *text, const struct bench_row *row);

/* How many times faster than `whole`; > or < if one of the two was stopped. */
char *bench_speed_up(char *text, const struct bench_row *whole, const struct bench_row *row);

/* The same as a number. */
double bench_factor(uint64_t whole, uint64_t time);

/* Whether the methods had a cold start in all runs. */
enum bench_start { BENCH_COLD, BENCH_NOT_COLD, BENCH_NOT_SEEN };
enum bench_start bench_start_of(const struct bench_table *table);
enum bench_start bench_start_of_all(const struct bench_report *report);

#endif
