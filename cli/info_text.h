/* One file as text: its figures, and a strip or a map of it. */
#ifndef TOME_CLI_INFO_TEXT_H
#define TOME_CLI_INFO_TEXT_H

#include <stdio.h>

#include "info_file.h"
#include "screen.h"

/* "12.3%": exact at its ends, where nothing and everything are. `text` has room for
 * PERCENT_TEXT_MAX. */
#define PERCENT_TEXT_MAX 16
char *info_percent(char *text, uint64_t part, uint64_t whole);

/* Exact, and read by the verbs that take an offset: 0, 4K, 1088M. Returns how long it is. */
#define INFO_OFFSET_MAX 24
int info_offset_format(char *text, uint64_t offset);

/* Returns the exit status, having complained. */
int info_text_print(FILE *out, const struct screen *screen, const struct info_file *file, int map);

#endif
