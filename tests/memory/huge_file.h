/* A file of more than 8 GiB, almost all of it hole, with text around 6 GiB: lines of 64 bytes, and needles across the borders of
 * windows. Where everything is follows from its offset alone. */
#ifndef HUGE_FILE_H
#define HUGE_FILE_H

#include "test_support.h"

#define KIBI(n) ((uint64_t)(n) << 10)
#define MEBI(n) ((uint64_t)(n) << 20)
#define GIBI(n) ((uint64_t)(n) << 30)

#define HUGE_SIZE (GIBI(9) + 12345)

/* The text. */
#define TEXT_BEGIN (GIBI(6) - MEBI(32))
#define TEXT_END (GIBI(6) + MEBI(48))
#define TEXT_LINE 64

/* A needle lies across each multiple of half a window, and one a little behind 6 GiB. */
#define HALF_WINDOW MEBI(8)
#define NEEDLE "NEEDLE_ON_BORDER"
#define NEEDLE_LENGTH 16
enum { MOST_NEEDLES = 16 };

/** Where the needles are, in order; returns how many. */
size_t huge_needles(uint64_t ret_offsets[MOST_NEEDLES]);
/** What belongs at an offset of the text. */
void huge_text(void *buffer, uint64_t offset, size_t length);
/** Make it in the test's directory. */
const char *make_huge_file(const char *name);
/** How many lines end in it. */
uint64_t huge_lines(void);

/** This process may have no more than so many bytes of address space; 0: as before. */
void limit_address_space(uint64_t bytes);
/** The most address space that this process ever had. */
uint64_t peak_address_space(void);

#endif
