/* tome grep --json: an object for each line. */
#ifndef TOME_CLI_GREP_JSON_H
#define TOME_CLI_GREP_JSON_H

#include "grep_line.h"

/* Returns as grep_line_print(). */
int grep_json_print(const struct grep_printer *printer, const struct grep_line *line,
                    int has_matches);

#endif
