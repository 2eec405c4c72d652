/* Many files as a table, a line each, and what they come to together. */
#ifndef TOME_CLI_INFO_TABLE_H
#define TOME_CLI_INFO_TABLE_H

#include <stdio.h>

#include "info_file.h"
#include "screen.h"

struct info_totals {
  uint64_t files, unknown; /* how many; of how many the system does not tell what is in memory */
  uint64_t size;           /* bytes, as all that follows */
  uint64_t pages, resident, unwritten; /* of those that are known */
  uint64_t page_size;
};

void info_totals_add(struct info_totals *totals, const struct info_file *file);

void info_table_head(FILE *out, const struct screen *screen);
/* Returns the exit status, having complained. */
int info_table_row(FILE *out, const struct screen *screen, const struct info_file *file);
void info_table_foot(FILE *out, const struct screen *screen, const struct info_totals *totals);

/* "total: 3 files, 5 of 12 pages in memory" and so on, without the end of the line. */
void info_totals_print(FILE *out, const struct info_totals *totals);

#endif
