/* What only the system's own calls tell. Where they do not answer, the answer is no. */
#ifndef TOME_CLI_NTDLL_CALLS_H
#define TOME_CLI_NTDLL_CALLS_H

/* Whether the HANDLE is of NUL. */
int ntdll_is_null_device(void *handle);
/* Whether the HANDLE is of a pipe whose other end is closed. */
int ntdll_is_broken_pipe(void *handle);

#endif
