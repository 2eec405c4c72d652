/* Flushing: what was stored through mappings is handed to the file system first, then the file to the disk.
 *
 * FlushViewOfFile() writes the pages and does not wait for the disk's own cache, nor for what the file system needs to find them
 * again. FlushFileBuffers() does both, and brings NTFS's log to the disk, in which the name of a created file stands:
 * directories need no flush of their own. */
#include "calls.h"
#include "mappings.h"
#include "windows_error.h"
#include "windows_file.h"

#include <tome/flush.h>

/* Data and metadata, without having the disk empty its cache; since Windows 8, on NTFS. */
#define WITHOUT_DISK 2

/* Nothing of the file's was touched: this is about the handle that flushing wants. */
static int why_not_begun(void) {
  int r = tome__os_failed();
  return r == TOME_ENOMEM || r == TOME_EMFILE ? TOME_ENOMEM : TOME_ENOTSUP;
}

/* Who has opened a file for reading only may not flush what others wrote into it, as POSIX has it; who may write it, may. */
static int flush_anew(const os_file *file) {
  HANDLE handle = tome__os_reopen(file->handle, GENERIC_WRITE);
  if (handle == INVALID_HANDLE_VALUE)
    return why_not_begun();
  int r = tome__os_calls.FlushFileBuffers(handle) ? 0 : tome__os_failed();
  DWORD system = GetLastError();
  tome__os_calls.CloseHandle(handle);
  SetLastError(system);
  return r;
}

static int flush_file(const os_file *file) {
  if (!file->writable)
    return flush_anew(file);
  return tome__os_calls.FlushFileBuffers(file->handle) ? 0 : tome__os_failed();
}

/* Where the milder way is not known, or the handle is not good for it, the stronger is taken. A failure of the disk is none of
 * these: the next call might not be told of it. */
static int hand_over(const os_file *file) {
  LONG status = tome__os_calls.os_NtFlushBuffersFileEx(file->handle, WITHOUT_DISK);
  int r = status >= 0 ? 0 : tome__os_failed_status(status);
  return r == TOME_ENOTSUP || r == TOME_EINVAL || r == TOME_EACCES ? flush_file(file) : r;
}

int tome__os_flush(os_file *file, uint64_t offset, uint64_t length, int level) {
  int r = tome__os_flush_views(file, offset, length);
  if (r < 0 || level == TOME_FLUSH_START)
    return r;
  return level == TOME_FLUSH_WRITTEN ? hand_over(file) : flush_file(file);
}
