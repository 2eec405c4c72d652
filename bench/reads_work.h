/* What the parts of tome_bench_reads share: the task, and what a run has cost. */
#ifndef TOME_READS_WORK_H
#define TOME_READS_WORK_H

#include <stddef.h>
#include <stdint.h>
#include <tome/tome.h>

/** What is read: `count` pieces of `length` bytes, the i-th to `area` + i * `length`; or the whole file. */
typedef struct work {
  const char *path;
  uint64_t size;
  uint64_t *offsets;
  tome_span *spans; /* the same pieces */
  size_t count;
  size_t length;
  unsigned char *area; /* has been touched */
} work;

/** A way to read all pieces. */
typedef struct way {
  const char *name;
  void (*open)(const work *w);
  void (*read)(const work *w);
} way;

/** The way of that name; ends the process if there is none. */
const way *way_named(const char *name);

/** Read all pieces by Tome, one after the other, or by pread; and by copying from a plain mapping. */
void read_by_tome(tome *map, const work *w);
void read_by_pread(int fd, const work *w);
void read_by_copying(const unsigned char *mapped, const work *w);

/** Look through the file in one way, for what it does not hold; prints what that cost. */
void scan(const char *name, const char *path);

/** Warm: gather against loops over the same pieces, in this process; prints a line for each way and round. */
void compare_gather(const work *w, int rounds);

/** End the process; says why, with errno or, where that is 0, Tome's last error. */
_Noreturn void die(const char *what);
void check(int fine, const char *what);

/** Open for reading, or map all of it; ends the process where that fails. */
int open_file(const char *path);
unsigned char *map_file(const char *path, uint64_t size, int flags);
tome *open_tome(const char *path);

/** Seconds, of the wall. */
double now(void);

/** The figure of a line of /proc/self/status, in bytes. */
uint64_t memory_now(const char *field);

/** From here on memory and the disk's bytes are counted; and print the counts up to here, with the time. */
void account_begin(void);
void account_end(double opening, double seconds);

/** CRC-32 as in zlib, of bytes that come in pieces; begins with 0. */
uint32_t checksum_add(uint32_t sum, const unsigned char *bytes, size_t length);

#endif
