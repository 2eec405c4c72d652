/* How fast each instruction set's kernels search memory: as shares of the rate at which the same memory is summed.
 *
 *     tome_bench_kernels [MEBIBYTES [ROUNDS [PART OF A ROW'S NAME]]]
 *
 * The memory holds made-up lines of a log; the adversarial rows fill it with what their needles are hardest in. Each round
 * takes the sum and everything in a row in turn, in time of the processor; the shortest of each count, so that others' load matters
 * little. */
#include "finder.h"
#include "kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MOST_ROUNDS = 99, KERNELS = 5, COLUMNS = KERNELS + 1 };

static const char *const kernel_names[KERNELS] = {"scalar", "sse2", "avx2", "avx512", "neon"};

static unsigned char *memory;
static size_t size;
static int rounds = 5;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the sum, with the widest registers there are ---- */

typedef uint64_t lane __attribute__((vector_size(64), aligned(1), may_alias));

#define SUM                                                                                        \
  {                                                                                                \
    lane sums[4] = {{0}};                                                                          \
    for (size_t i = 0; i + 256 <= size; i += 256)                                                  \
      for (int j = 0; j < 4; j++)                                                                  \
        sums[j] += *(const lane *)(memory + i + 64 * j);                                           \
    sums[0] += sums[1] + sums[2] + sums[3];                                                        \
    uint64_t sum = 0;                                                                              \
    for (int i = 0; i < 8; i++)                                                                    \
      sum += sums[0][i];                                                                           \
    return sum;                                                                                    \
  }

static uint64_t sum_plain(void) SUM
#if defined(__x86_64__)
    __attribute__((target("avx2"))) static uint64_t sum_avx2(void) SUM
    __attribute__((target("avx512f"))) static uint64_t sum_avx512(void) SUM
#endif

    static uint64_t sum_all(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return sum_avx512();
  if (__builtin_cpu_supports("avx2"))
    return sum_avx2();
#endif
  return sum_plain();
}

/* ---- what memory is filled with ---- */

static uint64_t dice = 88172645463325252U;

static unsigned roll(unsigned sides) {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
  return (unsigned)((dice >> 11) % sides);
}

static void fill_log(void) {
  static const char *const levels[] = {"INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"};
  static const char *const words[] = {
      "connection",     "request", "to",      "the",    "station",   "accepted", "from",
      "authentication", "session", "timeout", "after",  "retention", "of",       "database",
      "transaction",    "state",   "and",     "header", "action",    "total",    "rejected"};
  char line[400];
  for (size_t at = 0; at < size;) {
    int n = snprintf(line, sizeof line, "2024-03-%02uT%02u:%02u:%02u.%03uZ %s [worker-%u]",
                     1 + (unsigned)(at * 28 / size), roll(24), roll(60), roll(60), roll(1000),
                     levels[roll(6)], roll(16));
    for (unsigned i = 4 + roll(8); i > 0; i--)
      n += snprintf(line + n, sizeof line - (size_t)n, " %s", words[roll(21)]);
    n += snprintf(line + n, sizeof line - (size_t)n, " id=%u\n", roll(1000000));
    size_t length = (size_t)n < size - at ? (size_t)n : size - at;
    memcpy(memory + at, line, length);
    at += length;
  }
}

static void fill_a(void) {
  memset(memory, 'a', size);
}

static void fill_ab(void) {
  for (size_t i = 0; i < size; i++)
    memory[i] = "ab"[i % 2];
}

static void thue_morse(unsigned char *to, size_t length) {
  for (size_t i = 0; i < length; i++)
    to[i] = "ab"[__builtin_popcountll(i) % 2];
}

/* Each word is the one before it and the one before that. */
static void fibonacci(unsigned char *to, size_t length) {
  size_t before = 1, now_there = 2;
  memcpy(to, "ab", length < 2 ? length : 2);
  while (now_there < length) {
    size_t more = before < length - now_there ? before : length - now_there;
    memcpy(to + now_there, to, more);
    before = now_there;
    now_there += more;
  }
}

static void fill_thue_morse(void) {
  thue_morse(memory, size);
}

static void fill_fibonacci(void) {
  fibonacci(memory, size);
}

/* Runs of two and more a between single b, and none of just one. */
static void fill_gaps(void) {
  memset(memory, 'a', size);
  for (size_t at = 0; at < size; at += 3 + roll(62))
    memory[at] = 'b';
}

/* Two letters by chance: much is like the needle, and nothing for long. */
static void fill_coins(void) {
  for (size_t i = 0; i < size; i++)
    memory[i] = "ab"[roll(2)];
}

/* ---- needles ---- */

static unsigned char needle[100000];

static size_t repeat(const char *unit, size_t length) {
  for (size_t i = 0; i < length; i++)
    needle[i] = (unsigned char)unit[i % strlen(unit)];
  return length;
}

static size_t with(size_t at, unsigned char byte, size_t length) {
  needle[at] = byte;
  return length;
}

static size_t text(const char *is) {
  memcpy(needle, is, strlen(is));
  return strlen(is);
}

static size_t absent(size_t length) {
  return with(0, 'Q',
              repeat("Quick zephyrs vex daft bulls in the jumpy log of this machine!!!", length));
}

static size_t absent_1(void) {
  return with(0, '~', 1);
}
static size_t absent_2(void) {
  return absent(2);
}
static size_t absent_3(void) {
  return absent(3);
}
static size_t absent_5(void) {
  return absent(5);
}
static size_t absent_8(void) {
  return absent(8);
}
static size_t absent_16(void) {
  return absent(16);
}
static size_t absent_32(void) {
  return absent(32);
}
static size_t absent_64(void) {
  return absent(64);
}
static size_t common_2(void) {
  return text("tt");
}
static size_t common_3(void) {
  return text("ett");
}
static size_t common_4(void) {
  return text("atte");
}
static size_t common_6(void) {
  return text("teatio");
}
static size_t common_8(void) {
  return text("stations");
}
static size_t common_digits(void) {
  return text("2024-03-00T0");
}
static size_t frequent_100(void) {
  return text("Z ");
}
static size_t frequent_ta(void) {
  return text("ta");
}
static size_t frequent_the(void) {
  return text("the ");
}
static size_t frequent_tion(void) {
  return text("tion");
}
static size_t frequent_e(void) {
  return text("e");
}
static size_t newline(void) {
  return text("\n");
}
static size_t folded_5(void) {
  return text("quick");
}
static size_t folded_common(void) {
  return text("atte");
}
static size_t folded_16(void) {
  return text("quick zephyrs ve");
}
static size_t a_b_30(void) {
  return with(29, 'b', repeat("a", 30));
}
static size_t b_a_1000(void) {
  return with(0, 'b', repeat("a", 1000));
}
static size_t a_b_a_1001(void) {
  return with(500, 'b', repeat("a", 1001));
}
static size_t a_b_b_a_43(void) {
  return with(20, 'b', with(22, 'b', repeat("a", 43)));
}
static size_t ab_30(void) {
  return with(29, 'a', repeat("ab", 30));
}
static size_t ab_60_middle(void) {
  return with(31, 'a', repeat("ab", 60));
}
static size_t ab_1000(void) {
  return with(999, 'a', repeat("ab", 1000));
}
static size_t ab_1000_middle(void) {
  return with(501, 'a', repeat("ab", 1000));
}

static size_t morse(size_t length, size_t wrong) {
  thue_morse(needle, length);
  return with(wrong, needle[wrong] == 'a' ? 'b' : 'a', length);
}

static size_t golden(size_t length, size_t wrong) {
  fibonacci(needle, length);
  return with(wrong, needle[wrong] == 'a' ? 'b' : 'a', length);
}

static size_t morse_20(void) {
  return morse(20, 10);
}
static size_t morse_64(void) {
  return morse(64, 63);
}
static size_t morse_1000(void) {
  return morse(1000, 999);
}
static size_t morse_100000(void) {
  return morse(100000, 50000);
}
static size_t golden_21(void) {
  return golden(21, 11);
}
static size_t golden_64(void) {
  return golden(64, 62);
}
static size_t golden_1000(void) {
  return golden(1000, 998);
}
static size_t golden_100000(void) {
  return golden(100000, 50001);
}
static size_t coins_12(void) {
  return text("abaabbabbbaa");
}
static size_t coins_40(void) {
  return repeat("abaabbabbbaab", 40);
}

/* ---- the rows ---- */

enum { FORWARD, BACKWARD, FOLDED, ALL, COUNT };

static const struct row {
  const char *what;
  size_t (*needle)(void);
  int how;
  void (*fill)(void);
} rows[] = {
    {"absent, 1 byte", absent_1, FORWARD, fill_log},
    {"absent, 2 bytes", absent_2, FORWARD, fill_log},
    {"absent, 3 bytes", absent_3, FORWARD, fill_log},
    {"absent, 5 bytes", absent_5, FORWARD, fill_log},
    {"absent, 8 bytes", absent_8, FORWARD, fill_log},
    {"absent, 16 bytes", absent_16, FORWARD, fill_log},
    {"absent, 32 bytes", absent_32, FORWARD, fill_log},
    {"absent, 64 bytes", absent_64, FORWARD, fill_log},
    {"common letters, tt", common_2, FORWARD, fill_log},
    {"common letters, ett", common_3, FORWARD, fill_log},
    {"common letters, atte", common_4, FORWARD, fill_log},
    {"common letters, teatio", common_6, FORWARD, fill_log},
    {"common letters, stations", common_8, FORWARD, fill_log},
    {"common in logs, 2024-03-00T0", common_digits, FORWARD, fill_log},
    {"each, one in ~110 bytes", frequent_100, ALL, fill_log},
    {"each ta", frequent_ta, ALL, fill_log},
    {"each the_", frequent_the, ALL, fill_log},
    {"each tion", frequent_tion, ALL, fill_log},
    {"each e", frequent_e, ALL, fill_log},
    {"case ignored, 5 bytes", folded_5, FOLDED, fill_log},
    {"case ignored, 16 bytes", folded_16, FOLDED, fill_log},
    {"case ignored, atte", folded_common, FOLDED, fill_log},
    {"backward, 1 byte", absent_1, BACKWARD, fill_log},
    {"backward, 2 bytes", absent_2, BACKWARD, fill_log},
    {"backward, 5 bytes", absent_5, BACKWARD, fill_log},
    {"backward, 64 bytes", absent_64, BACKWARD, fill_log},
    {"count of newlines", newline, COUNT, fill_log},
    {"aaaa: a..ab, 30", a_b_30, FORWARD, fill_a},
    {"aaaa: ba..a, 1000", b_a_1000, FORWARD, fill_a},
    {"abab: ab..aa, 30", ab_30, FORWARD, fill_ab},
    {"abab: ab..aa..ab, 60", ab_60_middle, FORWARD, fill_ab},
    {"abab: ab..aa, 1000", ab_1000, FORWARD, fill_ab},
    {"abab: ab..aa..ab, 1000", ab_1000_middle, FORWARD, fill_ab},
    {"abab backward: ab..aa..ab, 1000", ab_1000_middle, BACKWARD, fill_ab},
    {"Thue-Morse, 20", morse_20, FORWARD, fill_thue_morse},
    {"Thue-Morse, 64", morse_64, FORWARD, fill_thue_morse},
    {"Thue-Morse, 1000", morse_1000, FORWARD, fill_thue_morse},
    {"Thue-Morse, 100000", morse_100000, FORWARD, fill_thue_morse},
    {"Thue-Morse backward, 1000", morse_1000, BACKWARD, fill_thue_morse},
    {"Fibonacci, 21", golden_21, FORWARD, fill_fibonacci},
    {"Fibonacci, 64", golden_64, FORWARD, fill_fibonacci},
    {"Fibonacci, 1000", golden_1000, FORWARD, fill_fibonacci},
    {"Fibonacci, case ignored, 1000", golden_1000, FOLDED, fill_fibonacci},
    {"Fibonacci, 100000", golden_100000, FORWARD, fill_fibonacci},
    {"aabaaab: a..ababa..a, 43", a_b_b_a_43, FORWARD, fill_gaps},
    {"aabaaab: a..aba..a, 1001", a_b_a_1001, FORWARD, fill_gaps},
    {"two letters by chance, 12", coins_12, ALL, fill_coins},
    {"two letters by chance, 40", coins_40, FORWARD, fill_coins},
};

/* Column 0 is the C library. */
typedef struct work {
  finder f;
  int how;
  int by_library;
} work;

static const unsigned char *library_first(const finder *f, const unsigned char *data,
                                          size_t length) {
  return f->length == 1 ? memchr(data, f->needle[0], length)
                        : memmem(data, length, f->needle, f->length);
}

static size_t find_each(const work *w) {
  size_t count = 0;
  const unsigned char *at = memory, *end = memory + size;
  while ((at = w->by_library ? library_first(&w->f, at, (size_t)(end - at))
                             : tome__finder_first(&w->f, at, (size_t)(end - at))) != NULL) {
    count++;
    at += w->f.length;
  }
  return count;
}

static size_t run(const work *w) {
  switch (w->how) {
  case ALL:
    return find_each(w);
  case COUNT:
    return tome__count_byte(memory, size, w->f.needle[0]);
  case BACKWARD:
    return tome__finder_last(&w->f, memory, size) != NULL;
  default:
    return (w->by_library ? library_first(&w->f, memory, size)
                          : tome__finder_first(&w->f, memory, size)) != NULL;
  }
}

/* ---- measuring ---- */

static double shortest(const double *times) {
  double least = times[0];
  for (int i = 1; i < rounds; i++)
    if (times[i] < least)
      least = times[i];
  return least;
}

static double time_of_sum(void) {
  double start = now();
  __asm__ volatile("" : : "r"(sum_all()) : "memory");
  return now() - start;
}

static double time_of(const work *w, size_t *ret_found) {
  double start = now();
  *ret_found = run(w);
  return now() - start;
}

static int is_left_out(const work *w, int column) {
  if (column > 0)
    return !tome__kernels_force(kernel_names[column - 1]);
  return w->how != FORWARD && w->how != ALL;
}

static void show_calls(double seconds, size_t found) {
  if (found > 0)
    printf(" %4.1f ns a match", seconds * 1e9 / (double)found);
}

static void show(const work *w, const double *sums, double times[][MOST_ROUNDS], size_t found) {
  double sum = shortest(sums);
  printf(" %6.2f", (double)size / sum / 1e9);
  for (int c = 0; c < COLUMNS; c++)
    if (is_left_out(w, c))
      printf("      -");
    else
      printf(" %6.3f", sum / shortest(times[c]));
  tome__kernels_force(NULL);
  for (int c = 1; c < COLUMNS; c++)
    if (strcmp(kernel_names[c - 1], tome__kernels_name()) == 0) {
      printf(" %6.2f GB/s", (double)size / shortest(times[c]) / 1e9);
      if (w->how == ALL)
        show_calls(shortest(times[c]), found);
    }
  printf("\n");
}

static void measure(const struct row *row) {
  static double times[COLUMNS][MOST_ROUNDS], sums[MOST_ROUNDS];
  work w = {.how = row->how};
  size_t found = 0;
  tome__finder_begin(&w.f, needle, row->needle(), row->how == FOLDED);
  for (int i = 0; i < rounds; i++) {
    sums[i] = time_of_sum();
    for (int c = 0; c < COLUMNS; c++) {
      w.by_library = c == 0;
      if (!is_left_out(&w, c))
        times[c][i] = time_of(&w, &found);
    }
  }
  printf("%-33s", row->what);
  show(&w, sums, times, found);
}

int main(int argc, char **argv) {
  size = (size_t)(argc > 1 ? strtoull(argv[1], NULL, 10) : 256) << 20;
  rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
  if (argc > 4 || size == 0 || rounds < 1 || rounds > MOST_ROUNDS) {
    fprintf(stderr, "usage: tome_bench_kernels [MEBIBYTES [ROUNDS [ROW]]]\n");
    return 2;
  }
  memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("tome_bench_kernels");
    return 2;
  }
  printf("%zu MiB in memory; ratios to the sum; the fastest kernels here are %s; %d rounds\n",
         size >> 20, tome__kernels_name(), rounds);
  printf("%-33s %6s %6s", "", "sum", "libc");
  for (int c = 0; c < KERNELS; c++)
    printf(" %6s", kernel_names[c]);
  printf("   the fastest\n");
  void (*filled)(void) = NULL;
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (argc > 3 && !strstr(rows[i].what, argv[3]))
      continue;
    if (rows[i].fill != filled)
      rows[i].fill();
    filled = rows[i].fill;
    measure(&rows[i]);
  }
  munmap(memory, size);
  return 0;
}
