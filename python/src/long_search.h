/* A long range searched for one byte string: by all processors, without the interpreter lock, and Ctrl-C works. */
#ifndef TOME_PYTHON_LONG_SEARCH_H
#define TOME_PYTHON_LONG_SEARCH_H

#include "mapped.h"

/* Shorter ranges are searched before threads are started and a signal would come. */
#define LONG_RANGE ((uint64_t)8 << 20)

/** Where a byte string is first: *ret_offset. 1 found, 0 not found, -1 raised. Pre: open; the needle is not empty. */
int long_find(mapped *self, tome_needle needle, tome_range where, uint64_t *ret_offset);

/** How often it is there, none overlapping another. 0, or -1 and raised. Pre: open; the needle is not empty. */
int long_count(mapped *self, tome_needle needle, tome_range where, uint64_t *ret_count);

#endif
