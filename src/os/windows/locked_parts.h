/* What of a mapping is locked. VirtualLock() is about views: one that is mapped anew is not locked any more, until it is locked
 * again. */
#ifndef TOME_LOCKED_PARTS_H
#define TOME_LOCKED_PARTS_H

#include "mapping_table.h"

/** From the beginning of the mapping, in whole pages. Those of a mapping have nothing in common. */
typedef struct locked_part {
  size_t from, end;
} locked_part;

/* Pre of all: the table is locked. */

/** Note that [from, end) is to be locked. TOME_ENOMEM: nothing is noted. */
int tome__parts_lock(mapping *m, size_t from, size_t end);
/** Note that it is not. TOME_ENOMEM: it is as before. */
int tome__parts_unlock(mapping *m, size_t from, size_t end);
/** Lock what is to be locked of a piece that is new. What cannot be is no more: nobody is there to be told. */
void tome__parts_lock_again(const mapping *m, const piece *p);

#endif
