/* Every operation that may want new blocks, each on a file of its own, with what must be in the file afterwards.
 *
 * Whether there is room is for the test to arrange. Each operation then either succeeds, and its bytes are in the file, or it
 * fails with the code of that kind of limit and the file is what it was. Both are looked at by plain system calls. */
#ifndef DISK_OPERATIONS_H
#define DISK_OPERATIONS_H

#include "test_support.h"

/** What is counted, so that the test can tell whether it met both sides of the border. */
typedef struct met {
  unsigned refused;   /* failed with the expected code, file as before */
  unsigned done;      /* succeeded, bytes in the file */
  unsigned half_way;  /* stores on a copy-on-write disk that stopped where they say */
  unsigned told_late; /* a view's store that was lost, and somebody said so */
} met;

/** Make it so that a file can have so many pages more. */
typedef void arrange(size_t pages);
/** Undo that. */
typedef void ease(void);

typedef struct strike {
  arrange *arrange;
  ease *ease;
  size_t pages;        /* what `arrange` is told */
  size_t unit;         /* bytes; files are six of it, a page or more */
  size_t window;       /* of the maps; 0: none */
  int code;            /* what a refusal must say */
  int only_growing;    /* leave out what does not make the file longer */
  int copies_on_write; /* what has blocks may want new ones when it is overwritten */
} strike;

/** Run each operation of the table once under the same conditions, then look at all the files again from the disk itself. */
void run_operations(const strike *how, met *counts);

#endif
