/* The ways in which a program touches memory, one instruction or call each: what a lost page may interrupt. */
#ifndef CUT_WAYS_H
#define CUT_WAYS_H

#include <stddef.h>

/** Copies `length` bytes, with the instruction in question on the side that may be lost. */
typedef void copy_function(void *to, const void *from, size_t length);

typedef struct way {
  const char *name;
  copy_function *load;  /* `from` may be lost */
  copy_function *store; /* `to` may be lost */
  int stores_to_load;   /* it loads by an instruction that stores: wants a writable view */
  int (*is_here)(void); /* this processor has it */
} way;

/** How many ways this machine has; those it has not are named once in the output. */
unsigned count_ways(void);
const way *way_at(unsigned number);

#endif
