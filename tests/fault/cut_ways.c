/* Each loop is kept as it is written: through volatile pointers, by intrinsics, or in assembly. */
#include "cut_ways.h"

#include "test_support.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

static int always(void) {
  return 1;
}

static void copy_bytes(void *to, const void *from, size_t length) {
  volatile unsigned char *a = to;
  const volatile unsigned char *b = from;
  for (size_t i = 0; i < length; i++)
    a[i] = b[i];
}

/* Eight bytes at a time, of any alignment, as a struct that lies across a page is accessed. */
typedef struct word {
  uint64_t value;
} __attribute__((packed, may_alias)) word;

static void copy_words(void *to, const void *from, size_t length) {
  volatile word *a = to;
  const volatile word *b = from;
  size_t words = length / sizeof(word);
  for (size_t i = 0; i < words; i++)
    a[i].value = b[i].value;
  copy_bytes((char *)to + words * sizeof(word), (const char *)from + words * sizeof(word),
             length % sizeof(word));
}

static void copy_by_memcpy(void *to, const void *from, size_t length) {
  static void *(*volatile function)(void *, const void *, size_t) = memcpy;
  function(to, from, length);
}

/* ThreadSanitizer makes atomic operations itself, in a way that a lost page stops for good. */
static int atomic_is_here(void) {
#if defined(__SANITIZE_THREAD__)
  return 0;
#else
  return 1;
#endif
}

static void load_by_adding_nothing(void *to, const void *from, size_t length) {
  unsigned char *a = to;
  unsigned char *b = (unsigned char *)(uintptr_t)from;
  for (size_t i = 0; i < length; i++)
    a[i] = __atomic_fetch_add(b + i, 0, __ATOMIC_SEQ_CST);
}

static void store_by_exchange(void *to, const void *from, size_t length) {
  unsigned char *a = to;
  const unsigned char *b = from;
  for (size_t i = 0; i < length; i++)
    __atomic_exchange_n(a + i, b[i], __ATOMIC_SEQ_CST);
}

/* Compare-and-swap: a load and a store in one instruction, repeated until nobody came in between. */
static void store_by_compare(void *to, const void *from, size_t length) {
  unsigned char *a = to;
  const unsigned char *b = from;
  for (size_t i = 0; i < length; i++) {
    unsigned char old = 0;
    while (!__atomic_compare_exchange_n(a + i, &old, b[i], 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
      ;
  }
}

#if defined(__x86_64__)

static void copy_by_string_instruction(void *to, const void *from, size_t length) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

/* Vectors that begin anywhere; the last one ends with the range, across the others. */
static void copy_by_sse2(void *to, const void *from, size_t length) {
  if (length < 16) {
    copy_bytes(to, from, length);
    return;
  }
  for (size_t i = 0;; i = i + 32 <= length ? i + 16 : length - 16) {
    __m128i v = _mm_loadu_si128((const __m128i *)((const char *)from + i));
    _mm_storeu_si128((__m128i *)((char *)to + i), v);
    __asm__ volatile("" : : : "memory");
    if (i + 16 == length)
      return;
  }
}

__attribute__((target("avx2"))) static void copy_by_avx2(void *to, const void *from,
                                                         size_t length) {
  if (length < 32) {
    copy_by_sse2(to, from, length);
    return;
  }
  for (size_t i = 0;; i = i + 64 <= length ? i + 32 : length - 32) {
    __m256i v = _mm256_loadu_si256((const __m256i *)((const char *)from + i));
    _mm256_storeu_si256((__m256i *)((char *)to + i), v);
    __asm__ volatile("" : : : "memory");
    if (i + 32 == length)
      return;
  }
}

__attribute__((target("avx512f"))) static void copy_by_avx512(void *to, const void *from,
                                                              size_t length) {
  if (length < 64) {
    copy_by_sse2(to, from, length);
    return;
  }
  for (size_t i = 0;; i = i + 128 <= length ? i + 64 : length - 64) {
    __m512i v = _mm512_loadu_si512((const char *)from + i);
    _mm512_storeu_si512((char *)to + i, v);
    __asm__ volatile("" : : : "memory");
    if (i + 64 == length)
      return;
  }
}

static int avx2_is_here(void) {
  return __builtin_cpu_supports("avx2");
}

static int avx512_is_here(void) {
  return __builtin_cpu_supports("avx512f");
}

#endif

static const way ways[] = {
    {"bytes", copy_bytes, copy_bytes, 0, always},
    {"unaligned words", copy_words, copy_words, 0, always},
    {"memcpy", copy_by_memcpy, copy_by_memcpy, 0, always},
    {"atomic add and exchange", load_by_adding_nothing, store_by_exchange, 1, atomic_is_here},
    {"atomic add and compare", load_by_adding_nothing, store_by_compare, 1, atomic_is_here},
#if defined(__x86_64__)
    {"rep movsb", copy_by_string_instruction, copy_by_string_instruction, 0, always},
    {"SSE2", copy_by_sse2, copy_by_sse2, 0, always},
    {"AVX2", copy_by_avx2, copy_by_avx2, 0, avx2_is_here},
    {"AVX-512", copy_by_avx512, copy_by_avx512, 0, avx512_is_here},
#endif
};

enum { WAYS = sizeof ways / sizeof ways[0] };

static const way *here[WAYS];
static unsigned here_count;

static void find_ways(void) {
#if !defined(__x86_64__)
  print_message("SKIPPED: string and vector instructions: not an x86-64\n");
#endif
  for (unsigned i = 0; i < WAYS; i++)
    if (ways[i].is_here())
      here[here_count++] = &ways[i];
    else
      print_message("SKIPPED: %s: not here\n", ways[i].name);
}

unsigned count_ways(void) {
  if (here_count == 0)
    find_ways();
  return here_count;
}

const way *way_at(unsigned number) {
  must(number < count_ways());
  return here[number];
}
