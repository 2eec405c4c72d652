/* What the system lets this process have. */
#ifndef TOME_CLI_PROCESS_LIMITS_H
#define TOME_CLI_PROCESS_LIMITS_H

#include <stdint.h>

/* Have as many files open as may be. */
void process_limits_raise_files(void);

/* Lock as much memory as may be. Returns how many bytes that is; UINT64_MAX: no limit, or none that is known. */
uint64_t process_limits_raise_locked(void);

#endif
