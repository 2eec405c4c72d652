/* For tests in which others act, or the system answers, between two system calls of one operation. They do so from within the
 * table of system calls, by plain ones; so nothing depends on who is faster. */
#ifndef MEANWHILE_H
#define MEANWHILE_H

#include "calls.h"
#include "test_support.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

/** The table as it was; each test keeps it here before it changes it. */
extern os_calls real;

/** The file of the test at the place where it runs. */
extern const char *name;
const char *path(void);

/** Run the body in a child, whose table of system calls is its own, on a tmpfs of 4 MiB: such a file shows again what lies behind
 *  its end when it grows. */
void on_a_tmpfs(disk_test *body);
/** The same, and before it once in the directory of the tests. */
void everywhere(disk_test *body);

/** Another process cuts the file, by a plain system call. */
void cut_it_to(uint64_t length);
void read_plainly(uint64_t from, void *buffer, size_t length);

/** A map of a new file whose bytes are all stores of its own. */
tome *open_stored(uint32_t flags, size_t length);

/** For a call that fails with `answer`: counts, and ends an operation that asks again for ever. */
extern int answer;
extern unsigned refusals;
void refuse(void);

/** Growing a file past that raises a signal that ends the child, unless asked first. */
void limit_files_to(rlim_t size);

#endif
