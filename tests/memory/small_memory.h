/* Little memory: a control group of the system that holds no more than so much, and a process that may map no more than
 * so much. */
#ifndef SMALL_MEMORY_H
#define SMALL_MEMORY_H

#include "test_support.h"

/** What a run under a limit is given. 0: no such limit. */
typedef struct memory_limit {
  uint64_t
      group; /* bytes of memory of all kinds, the system's copies of the file's pages included */
  uint64_t space; /* bytes of address space, as `ulimit -v` */
} memory_limit;

/** What was seen of it. */
typedef struct memory_use {
  uint64_t peak;    /* most bytes that the group held at once; 0: unknown */
  uint64_t strikes; /* how often the group's limit was met */
  uint64_t killed;  /* processes of the group that the system killed for it */
} memory_use;

/** Run a child under the limit and wait for it. Fails if the child does, or was killed; skips where there can be no such
 *  group. One group at a time. */
memory_use run_limited(memory_limit limit, child_function *function, void *context);

/** Skip at once, before anything large is made, if there can be no run under the limit. */
void skip_without(memory_limit limit);

/** As end_test(), and the group is gone, with what may still run in it. */
int end_memory_test(void **state);

/** In this process: count the mappings that are refused for want of address space. */
void count_refused_mappings(void);
uint64_t refused_mappings(void);

/** The most memory that this process had in its page tables, its heap and mapped files included. */
uint64_t peak_of_process(void);

#endif
