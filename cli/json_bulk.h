/* JSON written by hand into a bulk output: there may be millions of lines, and strings are all in them that needs care. */
#ifndef TOME_CLI_JSON_BULK_H
#define TOME_CLI_JSON_BULK_H

#include <stddef.h>

#include "bulk_output.h"

/* A string, in its quotes. A byte that is not part of UTF-8 becomes U+FFFD. Returns whether there was none. */
int json_bulk_string(struct bulk_output *out, const void *bytes, size_t length);

/* Digits of base64, without quotes. What is written in several parts is cut at multiples of three bytes. */
void json_bulk_base64(struct bulk_output *out, const void *bytes, size_t length);

#endif
