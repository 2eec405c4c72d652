/* The system's errors as ours. */
#ifndef TOME_WINDOWS_ERROR_H
#define TOME_WINDOWS_ERROR_H

#include <stdint.h>

/** The TOME_E… code of a GetLastError() code. */
int tome__os_code(unsigned long system);

/** The TOME_E… code of GetLastError() as it is now. */
int tome__os_failed(void);

/** The same of a call that would have made a file reach to `end`, which no file may do so far: TOME_EFBIG. */
int tome__os_failed_to_reach(uint64_t end);

/** The TOME_E… code of an NTSTATUS below 0, after SetLastError() of what it is called there. */
int tome__os_failed_status(long status);

#endif
