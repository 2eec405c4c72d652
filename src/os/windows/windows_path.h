/* Paths as the system wants them. */
#ifndef TOME_WINDOWS_PATH_H
#define TOME_WINDOWS_PATH_H

#include "windows_headers.h"

/** The full path of a file, named in UTF-8, of any length: in the form that knows no limit of 260 where it is that long.
 *  `beyond`: room for so many characters behind it.
 *  @return 0 and *ret_path, which tome__os_free() frees, or TOME_ENAME (not UTF-8, too long), TOME_ENOENT (empty),
 *          TOME_ENOTMAP (a device or a pipe: opening it would already be doing something), TOME_EISDIR, TOME_ENOTDIR (ends
 *          with a slash), TOME_ENOMEM. */
int tome__os_path(const char *path, size_t beyond, wchar_t **ret_path);

/** Why a path was not found: TOME_ENOTDIR if a component of it is a file, else TOME_ENOENT. Leaves GetLastError() alone. */
int tome__os_why_not_found(const wchar_t *path);

/** Whether there is a directory of that name. Leaves GetLastError() alone. */
int tome__os_is_directory(const wchar_t *path);

#endif
