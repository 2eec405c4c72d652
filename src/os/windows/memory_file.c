/* Shared memory as a file.
 *
 * Memory of the system's own (a section of the paging file) has a size that never changes. So it is a file in the directory for
 * temporary ones, which nobody else can open and which goes with its last handle, also if the process is killed. The system
 * writes such a file to the disk only when it needs the memory. Its blocks are had page by page. */
#include "calls.h"
#include "owner_only.h"
#include "windows_error.h"
#include "windows_file.h"

#include <stdio.h>

#define MOST_TRIES 100

static HANDLE create_named(const wchar_t *path, SECURITY_ATTRIBUTES *security) {
  return tome__os_calls.CreateFileW(path, GENERIC_READ | GENERIC_WRITE | DELETE, 0, security,
                                    CREATE_NEW,
                                    FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
}

/* The last name may have been given by a process of the same number that was killed, or by nobody yet. */
static HANDLE create_any(SECURITY_ATTRIBUTES *security) {
  static volatile LONG count;
  wchar_t path[MAX_PATH + 64];
  DWORD n = tome__os_calls.GetTempPathW(MAX_PATH + 1, path);
  if (n == 0 || n > MAX_PATH)
    return INVALID_HANDLE_VALUE;
  for (int i = 0; i < MOST_TRIES; i++) {
    LARGE_INTEGER now;
    QueryPerformanceCounter(&now);
    _snwprintf(path + n, 64, L"tome-%lx-%lx-%llx.tmp", GetCurrentProcessId(),
               (unsigned long)InterlockedIncrement(&count), (unsigned long long)now.QuadPart);
    HANDLE handle = create_named(path, security);
    if (handle != INVALID_HANDLE_VALUE || GetLastError() != ERROR_FILE_EXISTS)
      return handle;
  }
  return INVALID_HANDLE_VALUE;
}

int tome__os_memory_file(os_file *ret_file) {
  owner_only owner;
  int r = tome__os_owner_only(&owner);
  if (r < 0)
    return r;
  HANDLE handle = create_any(&owner.attributes);
  if (handle == INVALID_HANDLE_VALUE)
    return tome__os_failed();
  *ret_file = (os_file){.handle = handle, .writable = 1, .memory = 1};
  tome__os_make_sparse(ret_file);
  tome__os_identify(ret_file);
  return 0;
}
