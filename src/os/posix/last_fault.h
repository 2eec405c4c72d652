/* What a signal that was sent, not raised by an access, may be about all the same. */
#ifndef TOME_LAST_FAULT_H
#define TOME_LAST_FAULT_H

#include <stdint.h>

/** Where this thread's last fault that became a signal was, if nobody can read there still; else, and where the system does not tell, 0.
 *  @param context  of the signal handler that asks. Safe in one. */
uintptr_t tome__os_last_fault(const void *context);

#endif
