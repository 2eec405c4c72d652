/* Texts and paths as Windows has them: in UTF-16. All that returns NULL or -1 sets errno. */
#ifndef TOME_CLI_WIDE_TEXT_H
#define TOME_CLI_WIDE_TEXT_H

#include <stdint.h>
#include <wchar.h>

/* To be freed. Half a surrogate pair, of which names may be made, becomes U+FFFD. */
wchar_t *wide_of(const char *text);
char *utf8_of(const wchar_t *text);

/* The full path, which may have any length; to be freed. */
wchar_t *wide_path(const char *path);
/* Whether a full path means a device or a pipe, which notices that it is opened. */
int is_device_path(const wchar_t *path);

/* Set errno to what GetLastError() means; returns -1. */
int windows_fail(void);

/* CreateFileW() for reading or writing as others do it: nobody is kept from anything. Returns a HANDLE, or -1. */
intptr_t windows_open(const char *path, unsigned long access, unsigned long create,
                      unsigned long flags);

#endif
