/* AVX-512 with F, BW and VL: a block is a register, and which of its bytes are equal is a mask. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef __m512i block;
typedef __mmask64 hits;

static inline block block_load(const unsigned char *at) {
  return _mm512_loadu_si512(at);
}

/* What the mask leaves out is not read. */
static inline block block_load_part(const unsigned char *at, size_t length) {
  return _mm512_maskz_loadu_epi8((UINT64_C(1) << length) - 1, at);
}

static inline block block_of(unsigned char byte) {
  return _mm512_set1_epi8((char)byte);
}

static inline block block_or(block a, block b) {
  return _mm512_or_si512(a, b);
}

static inline hits hits_equal(block a, block b) {
  return _mm512_cmpeq_epi8_mask(a, b);
}

static inline hits hits_and(hits a, hits b) {
  return a & b;
}

static inline int hits_any(hits h) {
  return h != 0;
}

static inline uint64_t hits_bits(hits h) {
  return h;
}

static inline size_t hits_count(hits h) {
  return (size_t)__builtin_popcountll(h);
}

#include "block_search.h"

const kernels tome__kernels_avx512 = KERNELS("avx512");
