/* Reading in many ways: each run is one way, once, in a process of its own; reads_commands.py puts them side by side.
 *
 *     tome_bench_reads random WAY FILE OFFSETS LENGTH     pieces here and there
 *     tome_bench_reads memory WAY FILE OFFSETS LENGTH     the same twice: what stays mapped
 *     tome_bench_reads gather ROUNDS FILE OFFSETS LENGTH  gather beside memcpy, warm
 *     tome_bench_reads scan WAY FILE                      all of it, in order
 *     tome_bench_reads warm TIMES FILE                    read it so many times, and nothing else
 *
 * OFFSETS is a file of 64-bit numbers in the machine's order. Each prints lines of a name and a figure: seconds, and bytes.
 *
 * What is timed is opening and reading. The area that is read into, and the list of spans, are made and touched before; what was
 * read is summed up (CRC-32) after the clock and the counters have stopped. */
#include "reads_work.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)

static uint64_t file_size(const char *path) {
  struct stat status;
  check(stat(path, &status) == 0, path);
  return (uint64_t)status.st_size;
}

/* Memory that is there: none of it will be missing while the clock runs. */
static void *touched(size_t length) {
  void *memory =
      mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  check(memory != MAP_FAILED, "memory");
  memset(memory, 0xEE, length);
  return memory;
}

static void load_offsets(work *w, const char *path) {
  size_t length = (size_t)file_size(path);
  w->count = length / sizeof *w->offsets;
  w->offsets = touched(length);
  FILE *file = fopen(path, "rbe");
  check(file && fread(w->offsets, sizeof *w->offsets, w->count, file) == w->count, path);
  fclose(file);
}

static work prepare(char **args) {
  work w = {.path = args[0], .size = file_size(args[0]), .length = strtoul(args[2], NULL, 0)};
  load_offsets(&w, args[1]);
  errno = EINVAL;
  check(w.count > 0 && w.length > 0 && w.length <= w.size && w.count <= SIZE_MAX / w.length,
        "OFFSETS and LENGTH");
  w.area = touched(w.count * w.length);
  w.spans = touched(w.count * sizeof *w.spans);
  for (size_t i = 0; i < w.count; i++) {
    check(w.offsets[i] <= w.size - w.length, "OFFSETS");
    w.spans[i] = (tome_span){w.offsets[i], w.length, w.area + i * w.length, 0};
  }
  return w;
}

static void print_sum(const work *w) {
  printf("sum %" PRIu32 "\n", checksum_add(0, w->area, w->count * w->length));
}

static void run_random(const char *name, char **args) {
  work w = prepare(args);
  const way *chosen = way_named(name);
  account_begin();
  double begin = now();
  chosen->open(&w);
  double opened = now();
  chosen->read(&w);
  account_end(opened - begin, now() - begin);
  print_sum(&w);
}

/* ---- what stays mapped ---- */

static const char *const kinds[] = {"RssFile", "RssAnon", "VmPTE"};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void run_memory(const char *name, char **args) {
  work w = prepare(args);
  const way *chosen = way_named(name);
  uint64_t before[KINDS];
  for (int i = 0; i < KINDS; i++)
    before[i] = memory_now(kinds[i]);
  chosen->open(&w);
  for (int pass = 1; pass <= 2; pass++) {
    chosen->read(&w);
    for (int i = 0; i < KINDS; i++)
      printf("%s-%d %" PRId64 "\n", kinds[i], pass, (int64_t)(memory_now(kinds[i]) - before[i]));
  }
  print_sum(&w);
}

/* ---- the rest ---- */

static void run_gather(const char *rounds, char **args) {
  work w = prepare(args);
  compare_gather(&w, (int)strtol(rounds, NULL, 10));
}

static void run_scan(const char *name, char **args) {
  scan(name, args[0]);
}

static void run_warm(const char *times, char **args) {
  void *piece = touched(PIECE);
  for (long left = strtol(times, NULL, 10); left > 0; left--) {
    ssize_t n;
    int fd = open_file(args[0]);
    while ((n = read(fd, piece, PIECE)) > 0)
      continue;
    check(n == 0, args[0]);
    close(fd);
  }
}

static const struct {
  const char *name;
  void (*run)(const char *how, char **args);
  int args; /* behind `how` */
} commands[] = {{"random", run_random, 3},
                {"memory", run_memory, 3},
                {"gather", run_gather, 3},
                {"scan", run_scan, 1},
                {"warm", run_warm, 1}};

int main(int argc, char **argv) {
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (argc == 3 + commands[i].args && strcmp(argv[1], commands[i].name) == 0) {
      commands[i].run(argv[2], argv + 3);
      return 0;
    }
  fprintf(stderr,
          "usage: tome_bench_reads random|memory|gather|scan|warm ...; see bench_reads.c\n");
  return 2;
}
