/* Searching memory in blocks of 64 bytes: the body of all kernels. A file includes it for one instruction set, and defines before:
 *
 *     block            64 bytes
 *     hits             which of the 64 are something
 *     block_load       at any address
 *     block_load_part  the first `length` < 64 bytes, nothing behind them is read; the others are zeros
 *     block_of         64 times a byte
 *     block_or, hits_equal, hits_and
 *     hits_any         whether there are any
 *     hits_bits        as bits, the lowest for the first byte
 *     hits_count       how many
 *
 * An occurrence may begin wherever the rarest two bytes of the needle are in their places. 64 beginnings are looked at
 * at once; where there are any left, other bytes are asked; then the needle's first 64 are compared; and for what is longer, there
 * is a trial (two_way.h), which bounds the whole. */
#include "kernels.h"
#include "two_way.h"

#include <stdint.h>

/* What is constant in a call, direction and case, must be so in the loop too. */
#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = 64 };

/* Where more than one beginning in so many fails, other bytes of the needle are asked before a try: so many at most. */
enum { MOST_FAILED = 256, MOST_LEARNED = 4 };

/* What the processor fetches by itself ends at the end of a page; and backwards it is slower to begin. A little more than the
 * memory takes to answer. */
enum { FETCH_AHEAD = 2048 };

INLINE void fetch_ahead(const unsigned char *at, int backward) {
  uintptr_t ahead = (uintptr_t)at + (backward ? -(uintptr_t)FETCH_AHEAD : FETCH_AHEAD);
  __builtin_prefetch((const void *)ahead); /* a hint: it reads nothing, at no address */
}

/* The next block in that direction, *at its beginning or end; there are at least 64 bytes. */
INLINE const unsigned char *next_block(const unsigned char **at, int backward) {
  const unsigned char *begin = backward ? *at - BLOCK : *at;
  *at = backward ? begin : begin + BLOCK;
  fetch_ahead(begin, backward);
  return begin;
}

INLINE const unsigned char *nearest(const unsigned char *block_at, uint64_t bits, int backward) {
  return block_at + (backward ? 63 - __builtin_clzll(bits) : __builtin_ctzll(bits));
}

INLINE uint64_t without_nearest(uint64_t bits, int backward) {
  return backward ? bits ^ UINT64_C(1) << (63 - __builtin_clzll(bits)) : bits & (bits - 1);
}

/* ---- one byte ---- */

INLINE uint64_t bits_of_part(const unsigned char *at, size_t length, unsigned char byte) {
  return hits_bits(hits_equal(block_load_part(at, length), block_of(byte))) &
         ((UINT64_C(1) << length) - 1);
}

INLINE const unsigned char *find_byte(const unsigned char *data, size_t length, unsigned char byte,
                                      int backward) {
  const block wanted = block_of(byte);
  const unsigned char *at = backward && length > 0 ? data + length : data;
  for (; length >= BLOCK; length -= BLOCK) {
    const unsigned char *begin = next_block(&at, backward);
    hits found = hits_equal(block_load(begin), wanted);
    if (hits_any(found))
      return nearest(begin, hits_bits(found), backward);
  }
  if (length == 0)
    return NULL;
  at = backward ? data : at;
  uint64_t bits = bits_of_part(at, length, byte);
  return bits ? nearest(at, bits, backward) : NULL;
}

static const unsigned char *first_byte(const unsigned char *data, size_t length,
                                       unsigned char byte) {
  return find_byte(data, length, byte, 0);
}

static const unsigned char *last_byte(const unsigned char *data, size_t length,
                                      unsigned char byte) {
  return find_byte(data, length, byte, 1);
}

static size_t count_byte(const unsigned char *data, size_t length, unsigned char byte) {
  const block wanted = block_of(byte);
  size_t count = 0;
  for (; length >= BLOCK; length -= BLOCK)
    count += hits_count(hits_equal(block_load(next_block(&data, 0)), wanted));
  return length ? count + (size_t)__builtin_popcountll(bits_of_part(data, length, byte)) : count;
}

/* ---- a needle ---- */

/* A byte of the needle that is looked for, wherever the needle may begin. */
typedef struct probe {
  block byte, fold;
  size_t at;
} probe;

INLINE probe probe_of(const finder *f, size_t at, int fold) {
  return (probe){.byte = block_of(f->needle[at]),
                 .fold = block_of(fold ? tome__finder_fold(f, at) : 0),
                 .at = at};
}

INLINE hits agrees(const probe *p, block bytes, int fold) {
  return hits_equal(fold ? block_or(bytes, p->fold) : bytes, p->byte);
}

INLINE hits agrees_at(const probe *p, const unsigned char *begin, int fold) {
  return agrees(p, block_load(begin + p->at), fold);
}

/* Which of the needle's first 64 bytes, or all of it, are not there. */
INLINE uint64_t head_differs(const finder *f, const unsigned char *at, const unsigned char *end,
                             int fold) {
  size_t there = (size_t)(end - at);
  block bytes = there >= BLOCK ? block_load(at) : block_load_part(at, there);
  if (fold)
    bytes = block_or(bytes, block_load(f->head_fold));
  return ~hits_bits(hits_equal(bytes, block_load(f->head))) & f->head_bits;
}

/* Each beginning in turn. */
INLINE const unsigned char *try_each(trial *t, const unsigned char *begin, uint64_t bits, int fold,
                                     int backward) {
  const finder *f = t->f;
  for (; bits; bits = without_nearest(bits, backward)) {
    const unsigned char *at = nearest(begin, bits, backward);
    uint64_t differs = head_differs(f, at, t->data + t->length, fold);
    if (differs)
      t->differs = (size_t)__builtin_ctzll(differs);
    else if (f->length <= BLOCK)
      return at;
    else if (tome__trial(t, at))
      return t->found;
    t->failed++;
  }
  return NULL;
}

/* Where the needle was seen to differ. */
typedef struct learned {
  probe probes[MOST_LEARNED];
  size_t count;
} learned;

/* Where many fail, the next ones are likely to differ where the last one did. */
INLINE void learn(learned *l, const trial *t, size_t beginnings, int fold) {
  if (t->failed > (t->length - beginnings) / MOST_FAILED)
    l->probes[l->count++ % MOST_LEARNED] = probe_of(t->f, t->differs, fold);
}

INLINE hits without_differing(const learned *l, hits all, const unsigned char *begin, int fold) {
  for (size_t i = l->count < MOST_LEARNED ? l->count : MOST_LEARNED; i-- > 0;)
    all = hits_and(all, agrees_at(&l->probes[i], begin, fold));
  return all;
}

INLINE hits agrees_in_part(const probe *p, const unsigned char *begin, size_t length, int fold) {
  return agrees(p, block_load_part(begin + p->at, length), fold);
}

INLINE const unsigned char *find(const finder *f, const unsigned char *data, size_t length,
                                 int fold, int backward) {
  const probe rarest = probe_of(f, f->rare[0], fold);
  const probe second = probe_of(f, f->rare[1], fold), third = probe_of(f, f->rare[2], fold);
  const int common = f->common;
  trial t = tome__trial_begin(f, data, length, backward);
  learned more;
  more.count = 0;
  size_t beginnings = length - f->length + 1;
  const unsigned char *found, *at = backward ? data + beginnings : data;
  for (; beginnings >= BLOCK; beginnings -= BLOCK) {
    const unsigned char *begin = next_block(&at, backward);
    hits all = hits_and(agrees_at(&rarest, begin, fold), agrees_at(&second, begin, fold));
    if (!(common | hits_any(all))) /* one branch, which common needles never take */
      continue;
    all = without_differing(&more, hits_and(all, agrees_at(&third, begin, fold)), begin, fold);
    if (!hits_any(all))
      continue;
    if ((found = try_each(&t, begin, hits_bits(all), fold, backward)) != NULL)
      return found;
    learn(&more, &t, beginnings, fold);
  }
  if (beginnings == 0)
    return NULL;
  at = backward ? data : at;
  hits all = hits_and(agrees_in_part(&rarest, at, beginnings, fold),
                      agrees_in_part(&second, at, beginnings, fold));
  uint64_t bits = hits_bits(all) & ((UINT64_C(1) << beginnings) - 1);
  return try_each(&t, at, bits, fold, backward);
}

static const unsigned char *first(const finder *f, const unsigned char *data, size_t length) {
  return f->fold ? find(f, data, length, 1, 0) : find(f, data, length, 0, 0);
}

static const unsigned char *last(const finder *f, const unsigned char *data, size_t length) {
  return f->fold ? find(f, data, length, 1, 1) : find(f, data, length, 0, 1);
}

#define KERNELS(instruction_set)                                                                   \
  {                                                                                                \
    .name = instruction_set, .first = first, .last = last, .first_byte = first_byte,               \
    .last_byte = last_byte, .count_byte = count_byte                                               \
  }
