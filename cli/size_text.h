/* Sizes and positions as people write them: 4096, 0x1000, 64K, 4GiB, 10MB, and -10 from the end. */
#ifndef TOME_CLI_SIZE_TEXT_H
#define TOME_CLI_SIZE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A place in a file of any size: `value` bytes from its start, or before its end. */
struct position {
  uint64_t value;
  int from_end;
};

/* Read `length` characters. Return NULL, or what is wrong with them, to be put behind the text
 * itself; *ret is untouched then. */
const char *size_parse(const char *text, size_t length, uint64_t *ret);
const char *count_parse(const char *text, size_t length, uint64_t *ret);
const char *position_parse(const char *text, size_t length, struct position *ret);

/* The offset in a file of `size` bytes; what lies outside is moved to the nearer end, as in
 * Python's slices. */
uint64_t position_clamp(struct position position, uint64_t size);

#define SIZE_TEXT_MAX 24

/* "512 B", "4.0 GiB". `text` has room for SIZE_TEXT_MAX; returns it. */
char *size_format(char *text, uint64_t size);

#endif
