/* What the sweep does, and on what. */
#ifndef TOME_SWEEP_OPERATIONS_H
#define TOME_SWEEP_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>
#include <tome/tome.h>

#define FILE_SIZE 40000
#define CHUNK 5000 /* more than a page, so that windows of a page do not hold it */

/** The file and the map an operation works on. */
typedef struct scene {
  const char *path;
  tome *map; /* open before the operation, unless it opens */
  unsigned char buffer[CHUNK];
} scene;

/** One operation. `expect` says what the file is after success: it edits a plain array of *size bytes. */
typedef struct operation {
  const char *name;
  int (*run)(scene *s);
  void (*expect)(unsigned char *file, size_t *size); /* NULL: unchanged */
  uint32_t flags;                                    /* to open the map with */
  int opens;                                         /* the operation opens the map itself */
  int no_file;                                       /* there is no file before */
  int warm;                                          /* the pages were touched before */
  int stores; /* through a pointer: no failure takes that back */
  int locks;
} operation;

extern const operation operations[];
extern const size_t operations_count;

/** Byte `i` of the file as it is made. */
unsigned char pattern(size_t i);

#endif
