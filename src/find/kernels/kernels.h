/* The loops that every byte of memory goes through, once for each instruction set. */
#ifndef TOME_KERNELS_H
#define TOME_KERNELS_H

#include "finder.h"

/** What each instruction set does in its own way; as the functions of finder.h, which say what is wanted.
 *  Pre of first and last: length >= the needle's. */
typedef struct kernels {
  const char *name;
  const unsigned char *(*first)(const finder *f, const unsigned char *data, size_t length);
  const unsigned char *(*last)(const finder *f, const unsigned char *data, size_t length);
  const unsigned char *(*first_byte)(const unsigned char *data, size_t length, unsigned char byte);
  const unsigned char *(*last_byte)(const unsigned char *data, size_t length, unsigned char byte);
  size_t (*count_byte)(const unsigned char *data, size_t length, unsigned char byte);
} kernels;

/* Which of them are there depends on the processor that is built for. */
extern const kernels tome__kernels_scalar, tome__kernels_sse2, tome__kernels_avx2,
    tome__kernels_avx512, tome__kernels_neon;

/** The fastest that this processor and system have; picked at the first call. Any thread. */
const kernels *tome__kernels(void);

/** The name of those in use. */
const char *tome__kernels_name(void);

/** For tests: use these from now on, or with NULL the fastest again. Returns 0, and changes nothing, if there are none of the name
 *  here. Not while other threads search, if all that they find is to come from these. */
int tome__kernels_force(const char *name);

#endif
