/* The last occurrence of a byte string in memory. */
#ifndef TOME_REVERSE_SEARCH_H
#define TOME_REVERSE_SEARCH_H

#include <stddef.h>

/** The last occurrence of `needle` in `data`, or NULL. Linear in `length`, without memory of its own.
 *  Pre: needle_length > 0. */
const unsigned char *tome__reverse_search(const unsigned char *data, size_t length,
                                          const unsigned char *needle, size_t needle_length);

#endif
