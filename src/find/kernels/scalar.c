/* Any processor: eight bytes at a time, in ordinary registers. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EACH_BYTE(of) ((uint64_t)(of)*UINT64_C(0x0101010101010101))

typedef struct block {
  uint64_t words[8];
} block;
typedef block hits; /* the highest bit of a byte that is one */

/* The first byte is the lowest. */
static inline uint64_t in_order(uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return __builtin_bswap64(word);
#else
  return word;
#endif
}

static inline block block_load(const unsigned char *at) {
  block b;
  memcpy(&b, at, sizeof b);
  for (int i = 0; i < 8; i++)
    b.words[i] = in_order(b.words[i]);
  return b;
}

static inline block block_load_part(const unsigned char *at, size_t length) {
  unsigned char copy[64] = {0};
  memcpy(copy, at, length);
  return block_load(copy);
}

static inline block block_of(unsigned char byte) {
  block b;
  for (int i = 0; i < 8; i++)
    b.words[i] = EACH_BYTE(byte);
  return b;
}

static inline block block_or(block a, block b) {
  for (int i = 0; i < 8; i++)
    a.words[i] |= b.words[i];
  return a;
}

/* A byte of the difference that is not zero carries into its highest bit, or has it; none carries into the next. */
static inline hits hits_equal(block a, block b) {
  for (int i = 0; i < 8; i++) {
    uint64_t differs = a.words[i] ^ b.words[i];
    differs |= (differs & EACH_BYTE(0x7F)) + EACH_BYTE(0x7F);
    a.words[i] = ~differs & EACH_BYTE(0x80);
  }
  return a;
}

static inline hits hits_and(hits a, hits b) {
  for (int i = 0; i < 8; i++)
    a.words[i] &= b.words[i];
  return a;
}

static inline int hits_any(hits h) {
  uint64_t any = 0;
  for (int i = 0; i < 8; i++)
    any |= h.words[i];
  return any != 0;
}

/* The product gathers the bits of eight bytes in the highest one. */
static inline uint64_t hits_bits(hits h) {
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++)
    bits |= ((h.words[i] >> 7) * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
  return bits;
}

/* At most eight in a byte, and 64 in all. */
static inline size_t hits_count(hits h) {
  uint64_t sums = 0;
  for (int i = 0; i < 8; i++)
    sums += h.words[i] >> 7;
  return (size_t)(sums * EACH_BYTE(1) >> 56);
}

#include "block_search.h"

const kernels tome__kernels_scalar = KERNELS("scalar");
