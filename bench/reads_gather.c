/* Gather where everything is in memory and mapped already: against a loop of memcpy from a plain mapping, over the same pieces.
 *
 * All in one process, in turn, every second round backwards. Before each run the area is filled with something else, which puts it
 * into the same state for all and proves that the run has written every byte. */
#include "reads_work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int fd;
static const unsigned char *mapped;
static tome *map;

/* Over the spans, as gather: the compiler does not know the length. */
static void by_memcpy(const work *w) {
  for (size_t i = 0; i < w->count; i++)
    memcpy(w->spans[i].buffer, mapped + w->spans[i].offset, w->spans[i].length);
}

static void by_gather(const work *w) {
  errno = 0;
  check(tome_gather(map, w->spans, w->count) == 0, "tome_gather");
}

static void by_tome_read(const work *w) {
  read_by_tome(map, w);
}

static void by_pread(const work *w) {
  read_by_pread(fd, w);
}

static const struct {
  const char *name;
  void (*go)(const work *w);
} ways[] = {{"memcpy", by_memcpy},
            {"tome-gather", by_gather},
            {"tome-read", by_tome_read},
            {"pread", by_pread}};

enum { WAYS = sizeof ways / sizeof ways[0] };

static uint32_t expected;

static void time_way(const char *name, void (*go)(const work *w), const work *w) {
  memset(w->area, 0xEE, w->count * w->length);
  double begin = now();
  go(w);
  printf("%s %.9f\n", name, now() - begin);
  errno = EBADMSG;
  check(checksum_add(0, w->area, w->count * w->length) == expected, name);
}

void compare_gather(const work *w, int rounds) {
  fd = open_file(w->path);
  mapped = map_file(w->path, w->size, MAP_POPULATE);
  map = open_tome(w->path);
  by_memcpy(w);
  expected = checksum_add(0, w->area, w->count * w->length);
  time_way("tome-gather-first", by_gather, w);
  for (int round = 0; round < rounds; round++)
    for (int turn = 0; turn < WAYS; turn++) {
      int i = round % 2 ? WAYS - 1 - turn : turn;
      time_way(ways[i].name, ways[i].go, w);
    }
}
