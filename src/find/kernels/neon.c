/* NEON, as every 64-bit ARM has it: a block is four registers. */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8x16x4_t block;
typedef block hits; /* all bits of a byte that is one */

static inline block block_load(const unsigned char *at) {
  return vld1q_u8_x4(at);
}

static inline block block_load_part(const unsigned char *at, size_t length) {
  unsigned char copy[64] = {0};
  memcpy(copy, at, length);
  return block_load(copy);
}

static inline block block_of(unsigned char byte) {
  uint8x16_t all = vdupq_n_u8(byte);
  return (block){{all, all, all, all}};
}

static inline block block_or(block a, block b) {
  return (block){{vorrq_u8(a.val[0], b.val[0]), vorrq_u8(a.val[1], b.val[1]),
                  vorrq_u8(a.val[2], b.val[2]), vorrq_u8(a.val[3], b.val[3])}};
}

static inline hits hits_equal(block a, block b) {
  return (hits){{vceqq_u8(a.val[0], b.val[0]), vceqq_u8(a.val[1], b.val[1]),
                 vceqq_u8(a.val[2], b.val[2]), vceqq_u8(a.val[3], b.val[3])}};
}

static inline hits hits_and(hits a, hits b) {
  return (hits){{vandq_u8(a.val[0], b.val[0]), vandq_u8(a.val[1], b.val[1]),
                 vandq_u8(a.val[2], b.val[2]), vandq_u8(a.val[3], b.val[3])}};
}

static inline int hits_any(hits h) {
  return vmaxvq_u8(vorrq_u8(vorrq_u8(h.val[0], h.val[1]), vorrq_u8(h.val[2], h.val[3]))) != 0;
}

/* Each byte keeps the bit of its place among eight; sums of neighbours put the eight together. */
static inline uint64_t hits_bits(hits h) {
  const uint8x16_t places = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint8x16_t low = vpaddq_u8(vandq_u8(h.val[0], places), vandq_u8(h.val[1], places));
  uint8x16_t high = vpaddq_u8(vandq_u8(h.val[2], places), vandq_u8(h.val[3], places));
  uint8x16_t all = vpaddq_u8(low, high);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

/* A hit is -1 in its byte. */
static inline size_t hits_count(hits h) {
  uint8x16_t sums = vaddq_u8(vaddq_u8(h.val[0], h.val[1]), vaddq_u8(h.val[2], h.val[3]));
  return (size_t)-vaddvq_s8(vreinterpretq_s8_u8(sums));
}

#include "block_search.h"

const kernels tome__kernels_neon = KERNELS("neon");
