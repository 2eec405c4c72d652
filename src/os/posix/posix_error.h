/* The system's errors as ours. */
#ifndef TOME_POSIX_ERROR_H
#define TOME_POSIX_ERROR_H

/** The TOME_E… code of an errno. */
int tome__os_code(int system);

/** The TOME_E… code of errno as it is now. */
int tome__os_failed(void);

/** The same after a failed write-back, which is told once: pages may be gone. So it is none of the codes by which tome__os_flush()
 *  says that nothing was lost, whatever errno the file system made of it. */
int tome__os_write_back_failed(void);

#endif
