/* What --json prints. */
#ifndef TOME_CLI_JSON_TEXT_H
#define TOME_CLI_JSON_TEXT_H

#include <stdint.h>

#include <jansson.h>

/* A string of bytes that need not be UTF-8, as file names need not: each byte that is not becomes
 * U+FFFD. */
json_t *json_text(const char *bytes);

/* A figure, or null where it is TOME_UNKNOWN. */
json_t *json_figure(uint64_t figure);

/* Print and release. Returns the exit status. */
int json_print(json_t *value);

#endif
