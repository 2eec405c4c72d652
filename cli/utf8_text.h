/* Bytes as UTF-8. */
#ifndef TOME_CLI_UTF8_TEXT_H
#define TOME_CLI_UTF8_TEXT_H

#include <stddef.h>

/* How many bytes the well-formed character at `text` has, of which `left` bytes, at least 1, may be looked at; 0 if there is
 * none. */
size_t utf8_length(const unsigned char *text, size_t left);

/* Whether all of it is UTF-8. */
int utf8_is_text(const unsigned char *text, size_t length);

#endif
