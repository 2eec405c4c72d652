/* The table of what this process has mapped: by the calls of os.h about mapped memory, by truncation and by the fault handler.
 *
 * A mapping is a reservation, cut into pieces. Pieces are replaced under the table's lock; a thread that touches one meanwhile
 * faults, and waits in the handler for the lock. So whoever has the lock touches nothing that is mapped but by
 * ReadProcessMemory() and the like, which fail where the access would fault. What the table is made of comes from a heap of its
 * own, whose lock nobody else can have. */
#ifndef TOME_MAPPING_TABLE_H
#define TOME_MAPPING_TABLE_H

#include "address_space.h"
#include "os.h"

typedef struct mapping {
  char *base;
  size_t length; /* reserved, in whole granules */
  size_t asked;  /* that tome__os_map() was asked for */
  size_t usable; /* as told */
  int access;
  os_file file; /* by a handle of our own */
  os_identity identity;
  view_source source; /* `section` is NULL where there is none yet, or the file is empty */
  piece *pieces;
  size_t count, room;
  struct locked_part *locked; /* see locked_parts.h */
  size_t locked_count, locked_room;
  struct mapping *next;
} mapping;

void tome__table_lock(void);
void tome__table_unlock(void);
/** Whether this thread has it locked. */
int tome__table_is_ours(void);

/* Pre of all that follow: the table is locked. */

/** Memory for the table, zeroed; NULL when there is none. */
void *tome__table_new(size_t size);
void tome__table_free(void *memory);

/** Enter a mapping of which all is reserved; the first one brings the handler of faults. Returns 0, or TOME_ENOMEM. */
int tome__table_enter(mapping *m);
/** Take it out, without unmapping anything. */
void tome__table_leave(mapping *m);
/** Another number each time that a piece was replaced. */
unsigned tome__table_state(void);
/** The first one, to walk them all by `next`. */
mapping *tome__table_first(void);
/** The one that an address lies in; NULL: none. */
mapping *tome__table_at(const void *address);
/** The index of the piece that lies over `at`. Pre: inside the mapping. */
size_t tome__piece_at(const mapping *m, size_t at);

/** See that there is a section of all of the file; *ret_end is where it ends in the mapping, in whole pages. An empty file has
 *  none. */
int tome__section_update(mapping *m, size_t *ret_end);
/** Without it the file is no longer in use by us, as far as this mapping's views are gone, too. */
void tome__section_drop(mapping *m);

/** Make [from, end) show the file up to `file_end`, and reserve the rest. Whole granules. Returns 0, or the first error: then
 *  some of it, or of what lies beside it, may be reserved only. */
int tome__pieces_show(mapping *m, size_t from, size_t end, size_t file_end);
/** Put zeroed private memory there, in the same way. */
int tome__pieces_patch(mapping *m, size_t from, size_t end);
/** Leave it reserved. */
int tome__pieces_reserve(mapping *m, size_t from, size_t end);

/** Where the file has become longer, or is so again: map what is lacking up to `end`, whole pages of it. Returns 0, or the
 *  first error. */
int tome__pieces_complete(mapping *m, size_t end);

/** The length rounded up to whole granules. */
size_t tome__in_granules(size_t length);
/** And to whole pages. */
size_t tome__in_pages(size_t length);

#endif
