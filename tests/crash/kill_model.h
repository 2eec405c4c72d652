/* A file that is worked on until the process is killed or the disk stops, and a picture of what it then may hold.
 *
 * The picture is two plain arrays in memory that outlives the worker: the file before the operation in flight, and after
 * it. They are made by memcpy() and memset() alone, before the operation begins. */
#ifndef KILL_MODEL_H
#define KILL_MODEL_H

#include "test_support.h"

#include <stdatomic.h>

/* What is done to the file. In the order of the names in deed_names[]. */
typedef enum deed {
  DEED_APPEND,
  DEED_WRITE,
  DEED_VIEW,
  DEED_FILL,
  DEED_MOVE,
  DEED_OVERHANG, /* a write that begins inside and ends past the end */
  DEED_GAP,      /* a write that begins past the end */
  DEED_GROW,
  DEED_SHRINK,
  DEED_START,
  DEED_WRITTEN,
  DEED_DURABLE,
  DEED_CLOSE,
  DEED_OPEN,
  DEED_TRUNCATE, /* open with TOME_TRUNCATE */
  DEED_REMOVE,   /* by unlink(2), so that it can be created */
  DEED_CREATE,
  DEEDS
} deed;
extern const char *const deed_names[DEEDS];

enum { PICTURE_MOST = 192 * 1024 };

typedef struct contents {
  int missing; /* there is no such file */
  uint64_t length;
  unsigned char bytes[PICTURE_MOST];
} contents;

/* One operation; what the fields mean depends on `what`. */
typedef struct plan {
  deed what;
  uint64_t offset, length, from;
  uint64_t
      first_new; /* bytes from here on are new in the file; UINT64_MAX: it does not become longer */
  const unsigned char *data;
} plan;

typedef struct picture {
  _Atomic uint64_t
      mark; /* odd while an operation is in flight; half of it: how many are finished */
  plan now;
  uint64_t typical[DEEDS]; /* nanoseconds that one takes */
  contents versions[2];
} picture;

/* Who works. */
typedef struct worker {
  picture *picture;
  const char *path;
  uint32_t flags; /* of tome_open() */
  tome *map;      /* NULL: not open */
  dice any;
} worker;

picture *new_picture(void);
void free_picture(picture *shown);

/* Whether an operation is in flight, the file before it, or now, and after it. */
int in_flight(picture *shown);
contents *contents_before(picture *shown);
contents *contents_after(picture *shown);
/* Whoever worked is gone: the file is now so. */
void adopt_contents(picture *shown, const contents *now);

/* The file as it is, by read(2). */
void look_at(const char *path, contents *ret_found);

/* Bytes without a period, `length` of them up to 1 MiB, never zero. */
const unsigned char *some_noise(dice *any, size_t length);

/* What is to be done next so that `aim` can be done: itself, when nothing stands in its way. */
deed next_deed(worker *self, deed aim);
/* Work in steps: choose what exactly to do, with nothing in its way; begin; do it; end. perform() returns what the library
 * does. */
void plan_deed(worker *self, deed what);
void begin_deed(worker *self);
int perform(worker *self);
void end_deed(worker *self);
/* All of that; must succeed. */
void make_possible(worker *self, deed what);
void finish_deed(worker *self);
void do_deed(worker *self, deed what);

/* Kill this process when so much time has passed, wherever it then is. */
void die_in(uint64_t nanoseconds);
uint64_t nanoseconds_now(void);
/* And when whoever waits for it is gone. */
void die_with_parent(void);

/* A bug to plant: first the length, then the bytes. Neither another process nor a kill may come in between. */
void split_appends(void);

#endif
