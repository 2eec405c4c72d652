/* Changing the library's table of system calls by name: what it has depends on the system. */
#ifndef PLANTED_CALLS_H
#define PLANTED_CALLS_H

typedef void any_call(void);

/** Put a function of the same type in the place of a call.
 *  @return 1, or 0: this system's table has no such call */
int plant_call(const char *name, any_call *with);
int has_call(const char *name);

#endif
