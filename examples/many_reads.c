/* A thousand records of a large file are read at once, while the program does something else. Only their pages come from the disk.
 *
 *     many_reads FILE
 *
 * FILE is made anew: 16 MiB of records, each 64 bytes that begin with its number. */
#include "example_complain.h"

#include <stdlib.h>
#include <string.h>

enum { RECORD = 64, RECORDS = (16 << 20) / RECORD, WANTED = 1000 };

static int make_file(const char *path) {
  tome *map = NULL;
  static char records[1024 * RECORD];
  if (tome_open(&map, path, TOME_WRITE | TOME_CREATE | TOME_TRUNCATE, NULL) < 0)
    return -1;
  int r = 0;
  for (unsigned i = 0; r == 0 && i < RECORDS; i++) {
    snprintf(records + (size_t)(i % 1024) * RECORD, RECORD, "record %u", i);
    if (i % 1024 == 1023)
      r = tome_append(map, records, sizeof records, NULL);
  }
  if (r == 0)
    r = tome_evict(map, 0, TOME_END); /* so that there is something to read from the disk */
  if (r == TOME_ENOTSUP)
    r = 0; /* this system lets nobody do that: the records are read from memory */
  return tome_close(map) < 0 ? -1 : r;
}

/** The number of the record that is read as the `i`-th. */
static unsigned number_of(unsigned i) {
  return i * 7919u % RECORDS;
}

static int count_right(const tome_span *spans) {
  char wanted[RECORD];
  int right = 0;
  for (unsigned i = 0; i < WANTED; i++) {
    snprintf(wanted, sizeof wanted, "record %u", number_of(i));
    right += spans[i].result == 0 && strcmp(spans[i].buffer, wanted) == 0;
  }
  return right;
}

static void tell_what_is_in_memory(tome *map) {
  tome_residency now = {.struct_size = sizeof now};
  if (tome_residency_get(map, 0, TOME_END, &now) == 0 && now.resident != TOME_UNKNOWN)
    printf("%" PRIu64 " of %" PRIu64 " KiB are in memory\n", now.resident / 1024, now.pages / 1024);
}

int main(int argc, char **argv) {
  static char buffers[WANTED][RECORD];
  static tome_span spans[WANTED];
  tome *map = NULL;
  tome_gathering *gathering = NULL;
  if (argc != 2) {
    fprintf(stderr, "usage: many_reads FILE\n");
    return 2;
  }
  if (make_file(argv[1]) < 0 || tome_open(&map, argv[1], TOME_READ, NULL) < 0)
    return complain();

  for (unsigned i = 0; i < WANTED; i++)
    spans[i] = (tome_span){(uint64_t)number_of(i) * RECORD, RECORD, buffers[i], 0};
  if (tome_gather_start(map, spans, WANTED, &gathering) < 0)
    return complain();
  printf("the disk is at work; done yet: %s\n", tome_gather_is_done(gathering) ? "yes" : "no");
  if (tome_gather_end(gathering) < 0)
    return complain();

  int right = count_right(spans);
  printf("%d of %d records are right\n", right, WANTED);
  tell_what_is_in_memory(map);
  if (tome_close(map) < 0)
    return complain();
  return right == WANTED ? 0 : 1;
}
