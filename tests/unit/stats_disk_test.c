/* The counters of what the disk was asked for, and of page faults, against what the system says. */
#include "emulator_limits.h"
#include "system_abilities.h"
#include "test_support.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PAGES = 64 };

static tome_stats stats_of(tome *map) {
  tome_stats stats;
  memset(&stats, 0xAA, sizeof stats);
  stats.struct_size = sizeof stats;
  must_succeed(tome_stats_get(map, &stats));
  must_equal(stats.struct_size, sizeof stats);
  return stats;
}

/* Take the file out of memory; 0 where its file system keeps it there. */
static int evict_file(const char *path) {
  unsigned char pages[PAGES];
  int fd = open(path, O_RDWR | O_CLOEXEC), gone = 1;
  must(fd >= 0);
  must_equal(fsync(fd), 0);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  void *mapped = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  must(mapped != MAP_FAILED);
  must_equal(mincore(mapped, PAGES * PAGE, pages), 0);
  for (int i = 0; i < PAGES; i++)
    gone &= !(pages[i] & 1);
  must_equal(munmap(mapped, PAGES * PAGE), 0);
  must_equal(close(fd), 0);
  return gone;
}

/* A read that is itself held up for long enough finds its pages there in the end: then once more. */
static void a_read_from_the_disk_is_one_wait_for_whole_pages(void **state) {
  (void)state;
  const char *path = make_pattern_file("file", PAGES * PAGE);
  tome_stats stats = {0};
  char bytes[100];
  if (forced_window())
    skip_because("through windows nothing is read by system call");
  if (!system_reads_at_once())
    skip_because("this system does not tell whether a read waits");
  for (int tries = 0; tries < 20 && stats.disk != 2 * PAGE; tries++) {
    if (!evict_file(path))
      skip_because("this file system keeps its files in memory");
    tome *map = open_map(path, TOME_READ);
    must_succeed(tome_read(map, 40 * PAGE - 50, bytes, 100));
    must_be_pattern(bytes, 40 * PAGE - 50, 100);
    stats = stats_of(map);
    must_succeed(tome_close(map));
  }
  must_equal(stats.calls, 1);
  must_equal(stats.called, 100);
  must_equal(stats.waits, 1);
  must_equal(stats.disk, 2 * PAGE);
}

static void faults_are_those_of_the_process(void **state) {
  (void)state;
  tome_stats before = stats_of(NULL);
  const size_t length = 100 * PAGE;
  char *fresh = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(fresh != MAP_FAILED);
  madvise(fresh, length, MADV_NOHUGEPAGE);
  memset(fresh, 1, length);
  must(stats_of(NULL).minor_faults - before.minor_faults >= 100);
  must_equal(munmap(fresh, length), 0);
  struct rusage usage;
  must_equal(getrusage(RUSAGE_SELF, &usage), 0);
  must(stats_of(NULL).major_faults >= (uint64_t)usage.ru_majflt);
}

static void what_the_disk_read_is_told_of_the_process(void **state) {
  (void)state;
  needs_whole_last_pages();
  const char *path = make_pattern_file("file", PAGES * PAGE);
  char bytes[10];
  tome_stats before = stats_of(NULL);
  if (before.process_disk == TOME_UNKNOWN)
    skip_because("this kernel does not count what processes read");
  if (!evict_file(path))
    skip_because("this file system keeps its files in memory");
  tome *map = open_map(path, TOME_READ);
  must_succeed(tome_read(map, 40 * PAGE, bytes, 10));
  must(stats_of(NULL).process_disk >= before.process_disk + PAGE);
  must_succeed(tome_close(map));
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(a_read_from_the_disk_is_one_wait_for_whole_pages),
      TEST(faults_are_those_of_the_process),
      TEST(what_the_disk_read_is_told_of_the_process),
  };
  return run_matching(tests, count, arguments);
}
