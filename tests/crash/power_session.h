/* A traced session with one file: some operations of a kind, each announced, flushed and acknowledged. Then every state that a
 * power cut could have left of it is looked at. */
#ifndef POWER_SESSION_H
#define POWER_SESSION_H

#include "power_tracer.h"

enum { FILE_LIMIT = 1 << 16 };

/** A map under test, and what its file must hold, in a plain array. Offsets are those of the file. */
typedef struct subject {
  tome *map;
  char path[512]; /* as it is opened */
  uint32_t flags;
  uint64_t origin; /* of the map, in the file */
  size_t window;   /* forced; 0: none */
  int gap_shows; /* without fallocate: zeros are written first, and a part of them may be all that is there */
  unsigned char *bytes;
  uint64_t size;
  dice any;
} subject;

/** Does one operation, or a few: announces what will change, does it, flushes, acknowledges. */
typedef void operation(subject *it);

typedef struct writing {
  const char *name;
  operation *operate;
  uint32_t flags; /* besides TOME_WRITE and TOME_GROW */
  int no_fallocate;
} writing;

/** All that writes; ends with a NULL name. A file is created where the flags have TOME_CREATE. */
extern const writing writings[];
const writing *find_writing(const char *name);

/** Open the subject's file anew. */
void attach(subject *it, uint32_t more_flags);

/** Look at so many different states, through windows of so many bytes if not 0; fails at the first one that breaks a promise.
 *  Returns how many there were. */
uint64_t cut_power(const writing *what, uint64_t states, size_t window);

#endif
