/* What the process has cost so far. */
#include "calls.h"
#include "os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tome/info.h>

/* "read_bytes: 4096", for all threads; absent from kernels without accounting. */
static uint64_t disk_bytes(void) {
  static const char name[] = "\nread_bytes: ";
  char text[512];
  int fd = tome__os_calls.open("/proc/self/io", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0)
    return TOME_UNKNOWN;
  ssize_t n = tome__os_calls.pread(fd, text, sizeof text - 1, 0);
  tome__os_calls.close(fd);
  text[n > 0 ? n : 0] = 0;
  const char *line = strstr(text, name);
  return line ? strtoull(line + sizeof name - 1, NULL, 10) : TOME_UNKNOWN;
}

void tome__os_usage(os_usage *ret_usage) {
  struct rusage usage;
  *ret_usage = (os_usage){TOME_UNKNOWN, TOME_UNKNOWN, disk_bytes()};
  if (tome__os_calls.getrusage(RUSAGE_SELF, &usage) < 0)
    return;
  ret_usage->minor_faults = (uint64_t)usage.ru_minflt;
  ret_usage->major_faults = (uint64_t)usage.ru_majflt;
}

/* ---- what is mapped ---- */

#define REGIONS 256
#define ENTRIES 4096
#define ENTRY_PRESENT ((uint64_t)1 << 63)

/* Looking at one entry for each page, more than this (of 16 GiB in pages of 4 KiB) would take too long. */
#define MOST_ENTRIES ((uint64_t)4 << 20)

/* The kernel walks the page tables that there are, and tells stretches. */
static uint64_t scan(int pagemap, uint64_t from, uint64_t end) {
  struct os_scan_region regions[REGIONS];
  struct os_scan ask = {.size = sizeof ask,
                        .start = from,
                        .end = end,
                        .found = (uintptr_t)regions,
                        .room = REGIONS,
                        .wanted = OS_SCAN_PRESENT,
                        .returned = OS_SCAN_PRESENT};
  uint64_t sum = 0;
  while (ask.start < end) {
    int n = tome__os_calls.os_scan_pages(pagemap, &ask);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 || ask.walk_end <= ask.start)
      return TOME_UNKNOWN;
    for (int i = 0; i < n; i++)
      sum += regions[i].end - regions[i].start;
    ask.start = ask.walk_end;
  }
  return sum;
}

/* Before Linux 6.7: an entry for each page, there or not. */
static uint64_t count_entries(int pagemap, uint64_t from, uint64_t end) {
  uint64_t entries[ENTRIES], page = tome__os_system()->page, sum = 0;
  if ((end - from) / page > MOST_ENTRIES)
    return TOME_UNKNOWN;
  while (from < end) {
    uint64_t left = (end - from) / page;
    size_t wanted = (left < ENTRIES ? (size_t)left : ENTRIES) * sizeof *entries;
    ssize_t n =
        tome__os_calls.pread(pagemap, entries, wanted, (off_t)(from / page * sizeof *entries));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < (ssize_t)sizeof *entries)
      return TOME_UNKNOWN;
    for (size_t i = 0; i < (size_t)n / sizeof *entries; i++)
      sum += entries[i] & ENTRY_PRESENT ? page : 0;
    from += (size_t)n / sizeof *entries * page;
  }
  return sum;
}

uint64_t tome__os_mapped(const void *address, size_t length) {
  uint64_t from = (uintptr_t)address, end = from + length;
  int pagemap = tome__os_calls.open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC, 0);
  if (pagemap < 0)
    return TOME_UNKNOWN;
  uint64_t sum = scan(pagemap, from, end);
  if (sum == TOME_UNKNOWN)
    sum = count_entries(pagemap, from, end);
  tome__os_calls.close(pagemap);
  return sum;
}
