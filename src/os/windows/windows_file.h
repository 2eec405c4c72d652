/* What the files of this folder share about files. */
#ifndef TOME_WINDOWS_FILE_H
#define TOME_WINDOWS_FILE_H

#include "os.h"
#include "windows_headers.h"

/** We lock nobody out: others may read, write, rename and delete the file while we have it. */
#define SHARE_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

/** Another file object of the same file. INVALID_HANDLE_VALUE, with GetLastError(), where there can be none. */
HANDLE tome__os_reopen(HANDLE file, DWORD access);

/** 0, or what it is instead of a file with bytes at offsets: TOME_EISDIR, TOME_ENOTMAP. */
int tome__os_check_kind(HANDLE file);

/** Have the file go when `handle` is closed, or its name at once where the system can. */
int tome__os_delete(HANDLE handle);

/** Ask which file it is, for tome__os_identity(), while its name is the one it was opened by. */
void tome__os_identify(os_file *file);

/** From now on what is skipped when the file grows is a hole; on file systems that have none it gets blocks. */
void tome__os_make_sparse(const os_file *file);

/** Nanoseconds since 1970 of a FILETIME, which counts 100 ns since 1601. */
int64_t tome__os_time(LARGE_INTEGER time);

/** The name of the file system, such as "ntfs", or "unknown". */
void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size);

/** What the file system has free for this user, in bytes; UINT64_MAX if it does not tell. */
uint64_t tome__os_space_left(const os_file *file);

#endif
