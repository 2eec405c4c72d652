/* The system's errors as ours. */
#ifndef TOME_POSIX_ERROR_H
#define TOME_POSIX_ERROR_H

/** The TOME_E… code of an errno. */
int tome__os_code(int system);

/** The TOME_E… code of errno as it is now. */
int tome__os_failed(void);

/** The same after a failed write-back, which is told once, and is never TOME_ENOMEM: pages may be gone. */
int tome__os_write_back_failed(void);

#endif
