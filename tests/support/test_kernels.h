/* Searches in the tests by the kernels of one instruction set, and memory whose neighbours nobody can read. */
#ifndef TEST_KERNELS_H
#define TEST_KERNELS_H

#include <stddef.h>

/** Use the kernels that TOME_TEST_KERNELS in the environment names; the fastest if it is not set. Where the processor has none of
 *  them this says so and ends the program, with the status by which ctest knows that it was skipped. */
void use_test_kernels(void);

/** `size` bytes, at least; what is right before and right behind them cannot be touched. */
typedef struct fenced {
  unsigned char *begin, *end;
} fenced;
fenced new_fenced(size_t size);
void free_fenced(fenced memory);

#endif
