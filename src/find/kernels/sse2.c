/* SSE2: a block is four registers. */
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct block {
  __m128i a, b, c, d;
} block;
typedef block hits; /* all bits of a byte that is one */

static inline __m128i load(const unsigned char *at) {
  return _mm_loadu_si128((const __m128i *)at);
}

static inline block block_load(const unsigned char *at) {
  return (block){load(at), load(at + 16), load(at + 32), load(at + 48)};
}

static inline block block_load_part(const unsigned char *at, size_t length) {
  unsigned char copy[64] = {0};
  memcpy(copy, at, length);
  return block_load(copy);
}

static inline block block_of(unsigned char byte) {
  __m128i all = _mm_set1_epi8((char)byte);
  return (block){all, all, all, all};
}

static inline block block_or(block x, block y) {
  return (block){_mm_or_si128(x.a, y.a), _mm_or_si128(x.b, y.b), _mm_or_si128(x.c, y.c),
                 _mm_or_si128(x.d, y.d)};
}

static inline hits hits_equal(block x, block y) {
  return (hits){_mm_cmpeq_epi8(x.a, y.a), _mm_cmpeq_epi8(x.b, y.b), _mm_cmpeq_epi8(x.c, y.c),
                _mm_cmpeq_epi8(x.d, y.d)};
}

static inline hits hits_and(hits x, hits y) {
  return (hits){_mm_and_si128(x.a, y.a), _mm_and_si128(x.b, y.b), _mm_and_si128(x.c, y.c),
                _mm_and_si128(x.d, y.d)};
}

static inline int hits_any(hits h) {
  return _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(h.a, h.b), _mm_or_si128(h.c, h.d))) != 0;
}

static inline uint64_t bits(__m128i of) {
  return (unsigned)_mm_movemask_epi8(of);
}

static inline uint64_t hits_bits(hits h) {
  return bits(h.a) | bits(h.b) << 16 | bits(h.c) << 32 | bits(h.d) << 48;
}

/* A hit is -1 in its byte. Processors of this age count no bits: four hits at most are added up in each byte, and then the bytes. */
static inline size_t hits_count(hits h) {
  __m128i sums = _mm_add_epi8(_mm_add_epi8(h.a, h.b), _mm_add_epi8(h.c, h.d));
  sums = _mm_sad_epu8(_mm_sub_epi8(_mm_setzero_si128(), sums), _mm_setzero_si128());
  return (size_t)_mm_cvtsi128_si32(sums) + (size_t)_mm_extract_epi16(sums, 4);
}

#include "block_search.h"

const kernels tome__kernels_sse2 = KERNELS("sse2");
