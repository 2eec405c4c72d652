/* Bytes written as hexadecimal digits. */
#ifndef TOME_CLI_HEX_TEXT_H
#define TOME_CLI_HEX_TEXT_H

#include <stddef.h>

/* Pairs of digits, with or without white space between the pairs. Return NULL, and the bytes in
 * malloced memory; or what is wrong with the text, to be put behind it. */
const char *hex_parse(const char *text, unsigned char **ret, size_t *ret_length);

#endif
