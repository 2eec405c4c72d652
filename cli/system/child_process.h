/* A process that measures, so that what the others have done to memory is not in its way. */
#ifndef TOME_CLI_CHILD_PROCESS_H
#define TOME_CLI_CHILD_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the child does; returns its exit status. It is a copy of this process, or another run of the command, which knows nothing
 * but `message`. It writes into `to_parent`; reading from `from_parent` ends when the parent lets it go on. */
typedef int child_work(const void *message, size_t length, int to_parent, int from_parent);

struct child_process {
  int from_child, to_child;
  intptr_t id;
};

struct child_end {
  int failed;           /* it has not ended with exit status 0 */
  const char *death;    /* what has killed it; NULL: nothing has */
  uint64_t peak_memory; /* bytes; TOME_UNKNOWN possible */
};

/* First of all in main(): 1 if this run of the command was started as a child: it has done the work, and ends with *ret_status. */
int child_serve(child_work *work, int argc, char **argv, int *ret_status);

/* Return 0, or -1 with errno. Nothing may be waiting in standard output's buffer. */
int child_start(child_work *work, const void *message, size_t length, struct child_process *ret);
/* Wait until child_receive() would not wait, or so many milliseconds; 0: it would. */
int child_is_ready(const struct child_process *child, int milliseconds);
/* Read all of `length` bytes. -1: they have not come, and never will. */
int child_receive(const struct child_process *child, void *bytes, size_t length);
/* Let the child go on. */
void child_let_go(struct child_process *child);
/* Wait for its end. */
int child_end(struct child_process *child, struct child_end *ret);
/* For the child. */
int child_send(int to_parent, const void *bytes, size_t length);
void child_wait(int from_parent);

#endif
