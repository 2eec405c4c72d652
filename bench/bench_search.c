/* Searching in memory: Tome against glibc, and against the rate at which the machine sums the same memory.
 *
 *     tome_bench_search FILE [ROUNDS]
 *
 * All in one process and one thread, over the first GiB of the file, which is in memory and touched before, and over memory
 * filled so as to be awkward. Each case times every way of doing the same in turn, round after round, and first checks that they
 * find the same. It prints a line for each way, for search_commands.py to make a table of: what is searched, which needle, its
 * length, the needle in hexadecimal (- if long), the way, bytes, matches, and the best and the median seconds of processor. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <tome/tome.h>
#include <unistd.h>

#define MEBI ((size_t)1 << 20)
#define MOST ((size_t)1 << 30)
#define AWKWARD (128 * MEBI)

enum { MOST_ROUNDS = 99, SHOWN = 64, WAYS = 6 };

/* What is searched, and what for: the ways of every comparison work on these. */
static const char *place; /* its name */
static const unsigned char *bare;
static tome *map;
static size_t size;
static const unsigned char *needle;
static size_t length;
static int rounds = 5;

static _Noreturn void die(const char *what) {
  fprintf(stderr, "tome_bench_search: %s: %s\n", what,
          errno ? strerror(errno) : tome_strerror(tome_error_last()->code));
  exit(2);
}

/* Of this thread's processor: all is in memory, and other work on the machine does not count. */
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the ways; each returns how many it found ---- */

static volatile uint64_t sink;

/* As wide as the processor's registers, and four sums at once to hide the latency of an addition: the rate is that of the
 * memory. */
typedef uint64_t lanes __attribute__((vector_size(64), aligned(1), may_alias));

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static uint64_t
by_sum(void) {
  lanes sums[4] = {{0}};
  const lanes *at = (const lanes *)bare;
  for (size_t left = size / sizeof sums; left > 0; left--, at += 4)
    for (int i = 0; i < 4; i++)
      sums[i] += at[i];
  sums[0] += sums[1] + sums[2] + sums[3];
  sink = sums[0][0] + sums[0][1] + sums[0][2] + sums[0][3] + sums[0][4] + sums[0][5] + sums[0][6] +
         sums[0][7];
  return 0;
}

static const unsigned char *glibc_first(const unsigned char *at, size_t left) {
  return length == 1 ? memchr(at, needle[0], left) : memmem(at, left, needle, length);
}

static uint64_t by_glibc(void) {
  uint64_t count = 0;
  const unsigned char *at = bare, *end = bare + size;
  while ((at = glibc_first(at, (size_t)(end - at)))) {
    count++;
    at += length;
  }
  return count;
}

/* As far as the first match. */
static uint64_t by_glibc_first(void) {
  return glibc_first(bare, size) != NULL;
}

static uint64_t found(int result, const char *what) {
  errno = 0;
  if (result < 0)
    die(what);
  return (uint64_t)result;
}

static uint64_t by_find(void) {
  return found(tome_find(map, needle, length, 0, size, NULL), "tome_find");
}

static uint64_t by_rfind(void) {
  return found(tome_rfind(map, needle, length, 0, size, NULL), "tome_rfind");
}

static uint64_t by_count(void) {
  uint64_t count;
  (void)found(tome_count(map, needle, length, 0, size, &count), "tome_count");
  return count;
}

struct way {
  const char *name;
  uint64_t (*go)(void);
  int first_only; /* the whole memory is looked at only if there is no match */
};

static const struct way ways[] = {{"sum", by_sum, 0},          {"tome_find", by_find, 1},
                                  {"tome_rfind", by_rfind, 1}, {"tome_count", by_count, 0},
                                  {"glibc", by_glibc, 0},      {"glibc first", by_glibc_first, 1}};

/* ---- measuring ---- */

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print_needle(void) {
  if (length > SHOWN)
    putchar('-');
  for (size_t i = 0; length <= SHOWN && i < length; i++)
    printf("%02x", needle[i]);
}

/* Time the ways that look at all of the memory, and print them. */
static void compare(const char *name) {
  static double seconds[WAYS][MOST_ROUNDS];
  uint64_t expected = by_glibc();
  for (int round = -1; round < rounds; round++)
    for (size_t i = 0; i < WAYS; i++) {
      if (ways[i].first_only && expected > 0)
        continue;
      double begin = now();
      uint64_t count = ways[i].go();
      if (round >= 0)
        seconds[i][round] = now() - begin;
      if (i > 0 && count != expected) {
        fprintf(stderr, "tome_bench_search: %s, %s: %s found %" PRIu64 ", not %" PRIu64 "\n", place,
                name, ways[i].name, count, expected);
        exit(1);
      }
    }
  for (size_t i = 0; i < WAYS; i++) {
    if (ways[i].first_only && expected > 0)
      continue;
    qsort(seconds[i], (size_t)rounds, sizeof seconds[i][0], ascending);
    printf("%s\t%s\t%zu\t", place, name, length);
    print_needle();
    printf("\t%s\t%zu\t%" PRIu64 "\t%.6f\t%.6f\n", ways[i].name, size, expected, seconds[i][0],
           seconds[i][rounds / 2]);
  }
  fflush(stdout);
}

static void search_for(const char *name, const void *data, size_t bytes) {
  needle = data;
  length = bytes;
  if (bytes <= size)
    compare(name);
}

/* ---- needles of a file ---- */

static const size_t lengths[] = {1, 2, 3, 5, 8, 16, 32, 64};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

/* Bytes that a text seldom holds. */
static void absent_needles(void) {
  static const char text[] = "~Zxjq Quix~jolts vex BK_phlegm^fjord+wQz#cwm@buzz{Jynx}%Kv|hq~Xz";
  for (int i = 0; i < LENGTHS; i++)
    search_for("absent", text, lengths[i]);
}

/* A piece of the file, backwards: its bytes are the file's own, as often as there. */
static void ordinary_needles(void) {
  unsigned char copy[SHOWN];
  for (int i = 0; i < LENGTHS; i++) {
    length = lengths[i];
    for (size_t at = size / 2; at < size / 2 + 4096 && at + length <= size; at++) {
      for (size_t k = 0; k < length; k++)
        copy[k] = bare[at + length - 1 - k];
      needle = copy;
      if (glibc_first(bare, size))
        continue;
      search_for("absent, of the file's own bytes", copy, length);
      break;
    }
  }
}

static void rare_needles(void) {
  static const char text[] = "ERROR storage-07 write of block failed: input/output error, retrying";
  for (int i = 3; i < LENGTHS; i++)
    search_for("rare", text, lengths[i]);
}

/* The commonest bytes, or letters, of the first MiB, the commonest first. */
static void commonest(unsigned char *ret, size_t count, int letters) {
  size_t times[256] = {0};
  for (size_t i = 0; i < size && i < MEBI; i++)
    if (!letters || (bare[i] >= 'a' && bare[i] <= 'z'))
      times[bare[i]]++;
  for (size_t i = 0; i < count; i++) {
    size_t best = letters ? 'a' : 0;
    for (size_t byte = 0; byte < 256; byte++)
      if (times[byte] > times[best])
        best = byte;
    ret[i] = (unsigned char)best;
    times[best] = 0;
  }
}

static void common_needles(void) {
  static const size_t order[] = {0, 1, 0, 2, 1, 3, 0, 1, 2, 0, 0, 3, 1, 1, 0, 2};
  static const size_t some[] = {2, 3, 5, 8, 16};
  unsigned char bytes[4], copy[sizeof order / sizeof order[0]];
  for (int letters = 0; letters < 2; letters++) {
    commonest(bytes, sizeof bytes, letters);
    for (size_t i = 0; i < sizeof copy; i++)
      copy[i] = bytes[order[i]];
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
      search_for(letters ? "commonest letters" : "commonest bytes", copy, some[i]);
  }
}

static void search_file(const char *path) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) < 0)
    die(path);
  size = (uint64_t)status.st_size < MOST ? (size_t)status.st_size : MOST;
  bare = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (bare == MAP_FAILED || tome_open(&map, path, TOME_READ, NULL) < 0)
    die(path);
  close(fd);
  place = "log";
  (void)by_sum();
  absent_needles();
  ordinary_needles();
  rare_needles();
  common_needles();
  tome_close(map);
  munmap((void *)(uintptr_t)bare, size);
}

/* ---- awkward memory ---- */

static unsigned char *memory; /* AWKWARD bytes, of `map` */
static unsigned char awkward_needle[MEBI];

static void fill_one_byte(void) {
  memset(memory, 'a', AWKWARD);
}

/* A period of 48 bytes, of few different ones. */
static void fill_periodic(void) {
  for (size_t i = 0; i < AWKWARD; i++)
    memory[i] = (unsigned char)("abaacaba"[i % 48 * 5 / 7 % 8]);
}

/* 0 -> 01, 1 -> 0, again and again: nowhere periodic, and everything in it comes back at once. */
static void fill_fibonacci(void) {
  size_t filled = 2, before = 1;
  memory[0] = 'a';
  memory[1] = 'b';
  while (filled < AWKWARD) {
    size_t more = before < AWKWARD - filled ? before : AWKWARD - filled;
    memcpy(memory + filled, memory, more);
    before = filled;
    filled += more;
  }
}

/* Two bytes at random: whatever byte of a needle is picked, every second place is a candidate. */
static void fill_random(void) {
  uint64_t state = UINT64_C(0x9E3779B97F4A7C15);
  for (size_t i = 0; i < AWKWARD; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memory[i] = state >> 40 & 1 ? 'a' : 'b';
  }
}

/* The beginning of the memory with one byte changed into one that the memory has too: first, in the middle, last. */
static void search_for_changed(size_t bytes) {
  static const char *const names[] = {"first byte changed", "middle byte changed",
                                      "last byte changed"};
  for (size_t i = 0; i < 3; i++) {
    size_t at = i * (bytes - 1) / 2;
    memcpy(awkward_needle, memory, bytes);
    awkward_needle[at] = awkward_needle[at] == 'b' ? 'a' : 'b';
    search_for(names[i], awkward_needle, bytes);
  }
}

static void search_awkward(void) {
  static const struct {
    const char *name;
    void (*fill)(void);
  } fills[] = {{"one byte again and again", fill_one_byte},
               {"periodic", fill_periodic},
               {"Fibonacci word", fill_fibonacci},
               {"two bytes at random", fill_random}};
  static const size_t some[] = {8, 32, 1024, MEBI};
  tome_view view;
  size = AWKWARD;
  if (tome_anonymous(&map, size, NULL) < 0 ||
      tome_view_begin(map, 0, size, TOME_VIEW_WRITE, &view) < 0)
    die("memory");
  bare = memory = view.data;
  for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
    place = fills[i].name;
    fills[i].fill();
    for (size_t k = 0; k < sizeof some / sizeof some[0]; k++)
      search_for_changed(some[k]);
  }
  (void)tome_view_end(&view);
  tome_close(map);
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: tome_bench_search FILE [ROUNDS]\n");
    return 2;
  }
  if (argc > 2)
    rounds = (int)strtol(argv[2], NULL, 10);
  if (rounds < 1 || rounds > MOST_ROUNDS)
    die("ROUNDS is a number from 1 to 99");
  search_file(argv[1]);
  search_awkward();
  return 0;
}
