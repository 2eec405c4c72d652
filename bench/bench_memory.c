/* Large files where memory is little: Tome against the same with read(2) and write(2), in one run.
 *
 *     tome_bench_memory DIRECTORY [MEBIBYTES [ROUNDS [PART OF A ROW'S NAME]]]
 *
 * Each row does the same work on a file of so many MiB both ways, in turn, round after round, each time in a new process
 * under the limit that the row names and beginning with a file that is not in memory. Two times are taken: until the last
 * call has returned, and until all of it is on the disk. The ratios are those of neighbours, so that a disk whose speed
 * drifts does not matter: theirs / ours, more than 1 is faster than read and write.
 *
 * The control group needs root; without it those rows are left out, and it is said. */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <tome/tome.h>
#include <unistd.h>

#define MEBI ((uint64_t)1 << 20)
#define PIECE ((size_t)256 << 10)
#define READ_PIECE ((size_t)1 << 20)
#define MOST_ROUNDS 99

static char path[4096], group[4096];
static uint64_t size;
static unsigned char *piece; /* READ_PIECE bytes, and room for the end of the piece before */

static pid_t owner; /* of the file and of the group: not the children */

static _Noreturn void die(const char *what) {
  fprintf(stderr, "tome_bench_memory: %s: %s\n", what,
          errno ? strerror(errno) : tome_strerror(tome_error_last()->code));
  exit(2);
}

static void check(int fine, const char *what) {
  if (!fine)
    die(what);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- both ways of doing the same; each leaves the file open, to be flushed ---- */

static tome *map;
static int fd = -1;

static void open_ours(uint32_t flags) {
  errno = 0;
  check(tome_open(&map, path, flags, NULL) == 0, path);
}

static void open_theirs(int flags) {
  fd = open(path, flags | O_CLOEXEC, 0666);
  check(fd >= 0, path);
}

static const unsigned char absent[] = "\xF1 nowhere \xF2";
enum { ABSENT = sizeof absent - 1 };

static void our_find(void) {
  open_ours(TOME_READ);
  check(tome_find(map, absent, ABSENT, 0, TOME_END, NULL) == 0, "tome_find");
}

static void their_find(void) {
  size_t kept = 0;
  open_theirs(O_RDONLY);
  for (;;) {
    ssize_t n = read(fd, piece + kept, READ_PIECE);
    check(n >= 0, "read");
    if (n == 0)
      return;
    size_t there = kept + (size_t)n;
    check(memmem(piece, there, absent, ABSENT) == NULL, "memmem");
    kept = there < ABSENT - 1 ? there : ABSENT - 1;
    memmove(piece, piece + there - kept, kept);
  }
}

static void our_read(void) {
  open_ours(TOME_READ);
  for (uint64_t at = 0; at < size; at += PIECE)
    check(tome_read(map, at, piece, PIECE) == 0, "tome_read");
}

static void their_read(void) {
  open_theirs(O_RDONLY);
  for (uint64_t at = 0; at < size; at += PIECE)
    check(pread(fd, piece, PIECE, (off_t)at) == (ssize_t)PIECE, "pread");
}

static void write_ours(void) {
  for (uint64_t at = 0; at < size; at += PIECE)
    check(tome_write(map, at, piece, PIECE) == 0, "tome_write");
}

static void write_theirs(void) {
  for (uint64_t at = 0; at < size; at += PIECE)
    check(pwrite(fd, piece, PIECE, (off_t)at) == (ssize_t)PIECE, "pwrite");
}

static void our_new(void) {
  open_ours(TOME_WRITE | TOME_CREATE | TOME_TRUNCATE | TOME_GROW);
  check(tome_resize(map, size) == 0, "tome_resize");
  write_ours();
}

static void their_new(void) {
  open_theirs(O_RDWR | O_CREAT | O_TRUNC);
  check(fallocate(fd, 0, 0, (off_t)size) == 0, "fallocate");
  write_theirs();
}

static void our_growing(void) {
  open_ours(TOME_WRITE | TOME_CREATE | TOME_TRUNCATE | TOME_GROW);
  write_ours();
}

static void their_growing(void) {
  open_theirs(O_RDWR | O_CREAT | O_TRUNC);
  write_theirs();
}

static void our_over(void) {
  open_ours(TOME_WRITE | TOME_GROW);
  write_ours();
}

/* Where a map may not grow, large writes are stored as memory. */
static void our_new_fixed(void) {
  open_ours(TOME_WRITE | TOME_CREATE | TOME_TRUNCATE);
  check(tome_resize(map, size) == 0, "tome_resize");
  write_ours();
}

static void our_over_fixed(void) {
  open_ours(TOME_WRITE);
  write_ours();
}

static void their_over(void) {
  open_theirs(O_RDWR);
  write_theirs();
}

static void our_append(void) {
  open_ours(TOME_WRITE | TOME_CREATE | TOME_TRUNCATE);
  for (uint64_t at = 0; at < size; at += PIECE)
    check(tome_append(map, piece, PIECE, NULL) == 0, "tome_append");
}

static void their_append(void) {
  open_theirs(O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
  for (uint64_t at = 0; at < size; at += PIECE)
    check(write(fd, piece, PIECE) == (ssize_t)PIECE, "write");
}

static void our_fill(void) {
  open_ours(TOME_WRITE | TOME_GROW);
  check(tome_fill(map, 0, TOME_END, 0xA5) == 0, "tome_fill");
}

static void our_move(void) {
  open_ours(TOME_WRITE | TOME_GROW);
  check(tome_move(map, size / 2, 0, size / 2) == 0, "tome_move");
}

static void their_move(void) {
  open_theirs(O_RDWR);
  for (uint64_t at = 0; at < size / 2; at += PIECE) {
    check(pread(fd, piece, PIECE, (off_t)at) == (ssize_t)PIECE, "pread");
    check(pwrite(fd, piece, PIECE, (off_t)(size / 2 + at)) == (ssize_t)PIECE, "pwrite");
  }
}

static void put_on_disk(void) {
  if (map)
    check(tome_flush(map, 0, TOME_END, TOME_FLUSH_DURABLE) == 0, "tome_flush");
  if (fd >= 0)
    check(fdatasync(fd) == 0, "fdatasync");
}

static const struct row {
  const char *what;
  void (*ours)(void);
  const char *other;
  void (*theirs)(void);
  int writes;
  int begins_full;
} rows[] = {
    {"tome_find, absent", our_find, "read, memmem", their_find, 0, 1},
    {"tome_read", our_read, "pread", their_read, 0, 1},
    {"tome_resize, tome_write", our_new, "fallocate, pwrite", their_new, 1, 0},
    {"the same without TOME_GROW", our_new_fixed, "fallocate, pwrite", their_new, 1, 0},
    {"tome_write past the end", our_growing, "pwrite past the end", their_growing, 1, 0},
    {"tome_write over", our_over, "pwrite over", their_over, 1, 1},
    {"the same without TOME_GROW", our_over_fixed, "pwrite over", their_over, 1, 1},
    {"tome_append", our_append, "write, O_APPEND", their_append, 1, 0},
    {"tome_fill", our_fill, "pwrite over", their_over, 1, 1},
    {"tome_move", our_move, "pread, pwrite", their_move, 1, 1},
};

static const struct limit {
  const char *name;
  uint64_t group, space;
} limits[] = {
    {"no limit", 0, 0},
    {"a memory group of 64 MiB", 64 * MEBI, 0},
    {"an address space of 256 MiB", 0, 256 * MEBI},
};

/* ---- the file before a run ---- */

/* Real bytes: a search passes over holes. */
static void make_full(void) {
  struct stat status;
  if (stat(path, &status) == 0 && (uint64_t)status.st_size == size)
    return;
  open_theirs(O_RDWR | O_CREAT | O_TRUNC);
  write_theirs();
  close(fd);
}

static void drop_from_memory(void) {
  open_theirs(O_RDWR);
  check(fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0, path);
  close(fd);
}

static void make_ready(const struct row *row) {
  if (row->begins_full) {
    make_full();
    drop_from_memory();
  } else {
    unlink(path); /* what was not written back yet never is */
  }
  fd = -1;
}

/* ---- the limits ---- */

static int put(const char *name, uint64_t value) {
  char file[8192], text[32];
  snprintf(file, sizeof file, "%s/%s", group, name);
  int length = snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  int to = open(file, O_WRONLY | O_CLOEXEC);
  ssize_t n = to < 0 ? -1 : write(to, text, (size_t)length);
  if (to >= 0)
    close(to);
  return n == length ? 0 : -1;
}

/* A group of either version; 0 where there can be none. */
static int make_group(uint64_t bytes) {
  FILE *mounts = setmntent("/proc/self/mounts", "re");
  int made = 0;
  for (struct mntent *m; !made && mounts && (m = getmntent(mounts)) != NULL;) {
    int first = strcmp(m->mnt_type, "cgroup") == 0 && hasmntopt(m, "memory") != NULL;
    if (!first && strcmp(m->mnt_type, "cgroup2") != 0)
      continue;
    snprintf(group, sizeof group, "%s/tome-bench-%ld", m->mnt_dir, (long)getpid());
    if (mkdir(group, 0700) < 0)
      continue;
    made = put(first ? "memory.limit_in_bytes" : "memory.max", bytes) == 0;
    if (!made)
      rmdir(group);
  }
  if (mounts)
    endmntent(mounts);
  return made;
}

static void remove_group(void) {
  for (int tries = 0; rmdir(group) < 0 && errno == EBUSY && tries < 200; tries++)
    usleep(10000);
}

static void clean_up(void) {
  if (getpid() != owner)
    return;
  unlink(path);
  remove_group();
}

static void interrupted(int number) {
  if (getpid() == owner)
    unlink(path);
  rmdir(group);
  _exit(128 + number);
}

static void enter(const struct limit *limit) {
  struct rlimit space = {limit->space, limit->space};
  if (limit->group)
    check(put("cgroup.procs", 0) == 0, group);
  if (limit->space)
    check(setrlimit(RLIMIT_AS, &space) == 0, "setrlimit");
}

/* ---- measuring ---- */

/* Seconds until the last call returned, and until all was on the disk. */
typedef struct times {
  double returned, on_disk;
} times;

static times time_in_child(void (*run)(void), const struct limit *limit) {
  times taken;
  int ends[2], status;
  check(pipe(ends) == 0, "pipe");
  fflush(NULL);
  pid_t child = fork();
  check(child >= 0, "fork");
  if (child == 0) {
    enter(limit);
    double start = now();
    run();
    taken.returned = now() - start;
    put_on_disk();
    taken.on_disk = now() - start;
    _exit(write(ends[1], &taken, sizeof taken) == (ssize_t)sizeof taken ? 0 : 2);
  }
  close(ends[1]);
  errno = 0; /* a child that ends without a word has said why */
  check(read(ends[0], &taken, sizeof taken) == (ssize_t)sizeof taken, "the run under the limit");
  close(ends[0]);
  check(waitpid(child, &status, 0) == child && status == 0, "the run under the limit");
  return taken;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void show_ratio(double *ratios, int rounds) {
  qsort(ratios, (size_t)rounds, sizeof *ratios, ascending);
  printf("  x %4.2f (%4.2f to %4.2f)", ratios[rounds / 2], ratios[rounds / 4],
         ratios[rounds - 1 - rounds / 4]);
}

static double median(double *values, int rounds) {
  qsort(values, (size_t)rounds, sizeof *values, ascending);
  return values[rounds / 2];
}

/* Forwards and backwards in turn: who goes second finds the disk as the other left it. */
static void measure(const struct row *row, const struct limit *limit, int rounds) {
  double ours[MOST_ROUNDS] = {0}, theirs[MOST_ROUNDS] = {0};
  double returned[MOST_ROUNDS] = {0}, on_disk[MOST_ROUNDS] = {0};
  for (int i = 0; i < rounds; i++) {
    times taken[2];
    for (int turn = 0; turn < 2; turn++) {
      int their_turn = (i + turn) % 2;
      make_ready(row);
      taken[their_turn] = time_in_child(their_turn ? row->theirs : row->ours, limit);
    }
    ours[i] = taken[0].returned;
    theirs[i] = taken[1].returned;
    returned[i] = taken[1].returned / taken[0].returned;
    on_disk[i] = taken[1].on_disk / taken[0].on_disk;
  }
  double megabytes = (double)size / 1e6;
  printf("%-27s %5.0f MB/s  %-20s %5.0f MB/s", row->what, megabytes / median(ours, rounds),
         row->other, megabytes / median(theirs, rounds));
  show_ratio(returned, rounds);
  if (row->writes)
    show_ratio(on_disk, rounds);
  printf("\n");
}

static void measure_all(const struct limit *limit, const char *only, int rounds) {
  printf("\nin %s\n", limit->name);
  if (limit->group && !make_group(limit->group)) {
    printf("left out: no control group can be made here (not root, or no controller of memory)\n");
    return;
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (!only || strstr(rows[i].what, only))
      measure(&rows[i], limit, rounds);
  if (limit->group)
    remove_group();
}

static void name_machine(int rounds) {
  struct utsname system;
  tome_info info = {.struct_size = sizeof info};
  make_full();
  open_ours(TOME_READ);
  check(uname(&system) == 0 && tome_info_get(map, &info) == 0, path);
  tome_close(map);
  map = NULL;
  printf("%s %s, %ld processors, %ld MiB of memory, %s with %.0f KiB of read-ahead; a file of %.0f "
         "MiB, not in memory before; pieces of %zu KiB; %d rounds\n",
         system.sysname, system.release, sysconf(_SC_NPROCESSORS_ONLN),
         (long)((uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / MEBI),
         info.file_system, (double)info.readahead / 1024, (double)size / (double)MEBI, PIECE >> 10,
         rounds);
  printf("medians; x: theirs / ours until the last call returned, then until on disk (and the "
         "middle half)\n");
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 5) {
    fprintf(stderr, "usage: tome_bench_memory DIRECTORY [MEBIBYTES [ROUNDS [ROW]]]\n");
    return 2;
  }
  size = (argc > 2 ? strtoull(argv[2], NULL, 10) : 512) * MEBI;
  int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 5;
  if (size == 0 || rounds < 1 || rounds > MOST_ROUNDS)
    die("MEBIBYTES and ROUNDS are numbers above 0");
  owner = getpid();
  atexit(clean_up);
  signal(SIGINT, interrupted);
  signal(SIGTERM, interrupted);
  snprintf(path, sizeof path, "%s/tome-bench-memory.%ld", argv[1], (long)getpid());
  piece = malloc(READ_PIECE + PIECE);
  check(piece != NULL, "malloc");
  for (size_t i = 0; i < READ_PIECE; i++)
    piece[i] = (unsigned char)(i * 7919 >> 8 & 0x7F);
  name_machine(rounds);
  for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
    measure_all(&limits[i], argc > 4 ? argv[4] : NULL, rounds);
  free(piece);
  return 0;
}
