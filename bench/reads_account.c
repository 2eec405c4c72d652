/* What a run of tome_bench_reads has cost: time, the most memory it held at once, and bytes that came from the disk. */
#include "reads_work.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

_Noreturn void die(const char *what) {
  fprintf(stderr, "tome_bench_reads: %s: %s\n", what,
          errno ? strerror(errno) : tome_strerror(tome_error_last()->code));
  exit(2);
}

void check(int fine, const char *what) {
  if (!fine)
    die(what);
}

int open_file(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  check(fd >= 0, path);
  return fd;
}

unsigned char *map_file(const char *path, uint64_t size, int flags) {
  int fd = open_file(path);
  void *mapped = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED | flags, fd, 0);
  check(mapped != MAP_FAILED, "mmap");
  close(fd);
  return mapped;
}

tome *open_tome(const char *path) {
  tome *map;
  errno = 0;
  check(tome_open(&map, path, TOME_READ, NULL) == 0, path);
  return map;
}

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The number behind "field:" in a file of /proc. */
static uint64_t figure(const char *path, const char *field) {
  char line[256];
  size_t length = strlen(field);
  FILE *file = fopen(path, "re");
  check(file != NULL, path);
  while (fgets(line, sizeof line, file))
    if (strncmp(line, field, length) == 0 && line[length] == ':') {
      fclose(file);
      return strtoull(line + length + 1, NULL, 10);
    }
  errno = ENOTSUP;
  die(field);
}

uint64_t memory_now(const char *field) {
  return figure("/proc/self/status", field) * 1024;
}

/* What the system has read from the disk because this process made it, read-ahead included. */
static uint64_t disk_now(void) {
  return figure("/proc/self/io", "read_bytes");
}

static uint64_t memory_before, disk_before;

/* The peak of before is forgotten: what counts is how much it rises. */
void account_begin(void) {
  int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  check(fd >= 0 && write(fd, "5", 1) == 1, "/proc/self/clear_refs");
  close(fd);
  memory_before = memory_now("VmRSS");
  disk_before = disk_now();
}

void account_end(double opening, double seconds) {
  uint64_t peak = memory_now("VmHWM"), disk = disk_now();
  printf("opening %.9f\nseconds %.9f\n", opening, seconds);
  printf("memory %" PRIu64 "\n", peak > memory_before ? peak - memory_before : 0);
  printf("disk %" PRIu64 "\n", disk - disk_before);
}

static uint32_t table[256];

static void make_table(void) {
  for (uint32_t i = 0; i < 256; i++) {
    table[i] = i;
    for (int bit = 0; bit < 8; bit++)
      table[i] = (table[i] >> 1) ^ (table[i] & 1 ? UINT32_C(0xEDB88320) : 0);
  }
}

uint32_t checksum_add(uint32_t sum, const unsigned char *bytes, size_t length) {
  if (table[1] == 0)
    make_table();
  sum = ~sum;
  for (size_t i = 0; i < length; i++)
    sum = table[(sum ^ bytes[i]) & 0xFF] ^ (sum >> 8);
  return ~sum;
}
