/* What one call costs when everything is in memory: Tome against the bare thing it is built on, in one run.
 *
 *     tome_bench_micro FILE
 *
 * Each row times both sides in turn, round after round, and prints the medians. Offsets walk over the first MiB of the
 * file in an order that is neither the processor's nor the disk's, and have all been touched before. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <tome/tome.h>
#include <unistd.h>

#define ROUNDS 15
#define SPAN ((uint64_t)1 << 20)
#define LONG_SPAN ((uint64_t)256 << 20)

/* The two sides of every comparison work on these. */
static tome *map, *unguarded, *writable;
static const unsigned char *plain; /* the file, mapped bare */
static int fd;
static unsigned char buffer[8192];
static uint64_t span, long_span;
static size_t length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what) {
  fprintf(stderr, "tome_bench_micro: %s: %s\n", what, tome_strerror(tome_error_last()->code));
  exit(2);
}

/* The compiler may not leave out a copy that nobody looks at. */
static void keep(void) {
  __asm__ volatile("" : : "r"(buffer) : "memory");
}

static uint64_t offset_of(long i) {
  return (uint64_t)i * 7919 * 64 % (span - sizeof buffer);
}

static void by_memcpy(long n) {
  for (long i = 0; i < n; i++) {
    memcpy(buffer, plain + offset_of(i), length);
    keep();
  }
}

static void by_pread(long n) {
  for (long i = 0; i < n; i++)
    if (pread(fd, buffer, length, (off_t)offset_of(i)) < 0)
      die("pread");
}

static void read_from(tome *from, long n) {
  for (long i = 0; i < n; i++) {
    if (tome_read(from, offset_of(i), buffer, length) < 0)
      die("tome_read");
    keep();
  }
}

static void by_tome(long n) {
  read_from(map, n);
}

static void by_tome_unguarded(long n) {
  read_from(unguarded, n);
}

static void by_view(long n) {
  for (long i = 0; i < n; i++) {
    tome_view view;
    if (tome_view_begin(map, offset_of(i), length, TOME_VIEW_READ, &view) < 0)
      die("tome_view_begin");
    memcpy(buffer, view.data, length);
    keep();
    if (tome_view_end(&view) < 0)
      die("tome_view_end");
  }
}

static void by_pwrite(long n) {
  for (long i = 0; i < n; i++)
    if (pwrite(fd, buffer, length, (off_t)offset_of(i)) < 0)
      die("pwrite");
}

static void by_tome_write(long n) {
  for (long i = 0; i < n; i++)
    if (tome_write(writable, offset_of(i), buffer, length) < 0)
      die("tome_write");
}

static const unsigned char absent[] = "\x01\x02\x03\x04\x05";

static void by_memmem(long n) {
  for (long i = 0; i < n; i++)
    if (memmem(plain, long_span, absent, 5))
      die("memmem found it");
}

static void by_find(long n) {
  for (long i = 0; i < n; i++)
    if (tome_find(map, absent, 5, 0, long_span, NULL) != 0)
      die("tome_find");
}

static void by_rfind(long n) {
  for (long i = 0; i < n; i++)
    if (tome_rfind(map, absent, 5, 0, long_span, NULL) != 0)
      die("tome_rfind");
}

/* ---- measuring ---- */

typedef void run(long n);

static double time_of(run *what, long n) {
  double start = now();
  what(n);
  return (now() - start) / (double)n;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values) {
  qsort(values, ROUNDS, sizeof *values, ascending);
  return values[ROUNDS / 2];
}

/* Medians of both and of their ratio in each round, in seconds a call. */
static void compare(run *a, run *b, long n, double *ret_a, double *ret_b, double *ret_ratio) {
  double as[ROUNDS], bs[ROUNDS], ratios[ROUNDS];
  a(n / 8 + 1);
  b(n / 8 + 1);
  for (int i = 0; i < ROUNDS; i++) {
    as[i] = time_of(a, n);
    bs[i] = time_of(b, n);
    ratios[i] = as[i] / bs[i];
  }
  *ret_a = median(as);
  *ret_b = median(bs);
  *ret_ratio = median(ratios);
}

static void row(const char *what, size_t bytes, run *ours, run *theirs, const char *their_name) {
  double a, b, ratio;
  length = bytes;
  compare(ours, theirs, 200000, &a, &b, &ratio);
  printf("%-32s %6zu B %9.1f ns  %-22s %9.1f ns  %+8.1f ns  x %.3f\n", what, bytes, a * 1e9,
         their_name, b * 1e9, (a - b) * 1e9, ratio);
}

static void search_row(const char *what, run *ours) {
  double a, b, ratio;
  compare(ours, by_memmem, 1, &a, &b, &ratio);
  printf("%-32s %6.0f MiB %6.2f GB/s  %-22s %8.2f GB/s                x %.3f\n", what,
         (double)long_span / (1 << 20), (double)long_span / a / 1e9, "memmem, bare mapping",
         (double)long_span / b / 1e9, ratio);
}

static void open_all(const char *path) {
  struct stat status;
  tome_info info = {.struct_size = sizeof info};
  fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) < 0 || status.st_size < (off_t)sizeof buffer * 2) {
    fprintf(stderr, "tome_bench_micro: %s: %s\n", path, errno ? strerror(errno) : "too small");
    exit(2);
  }
  uint64_t size = (uint64_t)status.st_size;
  span = size < SPAN ? size : SPAN;
  long_span = size < LONG_SPAN ? size : LONG_SPAN;
  plain = mmap(NULL, long_span, PROT_READ, MAP_SHARED, fd, 0);
  if (plain == MAP_FAILED || tome_open(&map, path, TOME_READ, NULL) < 0 ||
      tome_open(&unguarded, path, TOME_READ | TOME_NOGUARD, NULL) < 0 ||
      tome_open(&writable, path, TOME_WRITE, NULL) < 0 || tome_info_get(map, &info) < 0)
    die(path);
  printf("%s on %s, %ld processors, all in memory and touched before; medians of %d rounds\n\n",
         path, info.file_system, sysconf(_SC_NPROCESSORS_ONLN), ROUNDS);
}

/* Stores put back what is there: the file stays as it is. */
static void touch_all(void) {
  for (uint64_t at = 0; at + 4096 <= span; at += 4096)
    if (tome_read(map, at, buffer, 4096) < 0 || tome_read(unguarded, at, buffer, 4096) < 0 ||
        tome_write(writable, at, buffer, 4096) < 0)
      die("touching");
}

int main(int argc, char **argv) {
  static char copy[4096];
  if (argc != 2) {
    fprintf(stderr, "usage: tome_bench_micro FILE\n");
    return 2;
  }
  /* Writing is measured on a copy: the file may be anyone's. */
  snprintf(copy, sizeof copy, "%s.bench-copy", argv[1]);
  open_all(argv[1]);
  tome_close(writable);
  if (tome_open(&writable, copy, TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, NULL) < 0 ||
      tome_resize(writable, span) < 0)
    die(copy);
  touch_all();
  row("tome_read", 64, by_tome, by_memcpy, "memcpy, bare mapping");
  row("tome_read", 4096, by_tome, by_memcpy, "memcpy, bare mapping");
  row("tome_view_begin, copy, _end", 64, by_view, by_memcpy, "memcpy, bare mapping");
  row("tome_read", 64, by_tome, by_tome_unguarded, "the same, TOME_NOGUARD");
  row("tome_read", 4096, by_tome, by_tome_unguarded, "the same, TOME_NOGUARD");
  row("tome_read", 64, by_tome, by_pread, "pread");
  row("tome_read", 4096, by_tome, by_pread, "pread");
  close(fd);
  fd = open(copy, O_RDWR | O_CLOEXEC);
  row("tome_write", 64, by_tome_write, by_pwrite, "pwrite");
  search_row("tome_find, absent needle of 5", by_find);
  search_row("tome_rfind, absent needle of 5", by_rfind);
  tome_close(map);
  tome_close(unguarded);
  tome_close(writable);
  close(fd);
  unlink(copy);
  return 0;
}
