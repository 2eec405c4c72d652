/* AVX2: a block is two registers. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct block {
  __m256i low, high;
} block;
typedef block hits; /* all bits of a byte that is one */

static inline block block_load(const unsigned char *at) {
  return (block){_mm256_loadu_si256((const __m256i *)at),
                 _mm256_loadu_si256((const __m256i *)(at + 32))};
}

static inline block block_load_part(const unsigned char *at, size_t length) {
  unsigned char copy[64] = {0};
  memcpy(copy, at, length);
  return block_load(copy);
}

static inline block block_of(unsigned char byte) {
  __m256i all = _mm256_set1_epi8((char)byte);
  return (block){all, all};
}

static inline block block_or(block a, block b) {
  return (block){_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
}

static inline hits hits_equal(block a, block b) {
  return (hits){_mm256_cmpeq_epi8(a.low, b.low), _mm256_cmpeq_epi8(a.high, b.high)};
}

static inline hits hits_and(hits a, hits b) {
  return (hits){_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
}

static inline int hits_any(hits h) {
  return _mm256_movemask_epi8(_mm256_or_si256(h.low, h.high)) != 0;
}

static inline uint64_t hits_bits(hits h) {
  return (uint32_t)_mm256_movemask_epi8(h.low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(h.high)
                                                     << 32;
}

static inline size_t hits_count(hits h) {
  return (size_t)__builtin_popcountll(hits_bits(h));
}

#include "block_search.h"

const kernels tome__kernels_avx2 = KERNELS("avx2");
