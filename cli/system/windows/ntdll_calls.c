#include "ntdll_calls.h"

#include <windows.h>

/* What both calls have in common. */
typedef LONG WINAPI query(HANDLE handle, void *ret_status, void *ret, ULONG length, int what);

static int ask(const char *call, HANDLE handle, int what, void *ret, ULONG length) {
  void *status[2];
  FARPROC found = GetProcAddress(GetModuleHandleW(L"ntdll"), call);
  query *function = (query *)(void (*)(void))found;
  return function && function(handle, status, ret, length, what) == 0;
}

int ntdll_is_null_device(void *handle) {
  enum { DEVICE_INFORMATION = 4, DEVICE_NULL = 0x15 };
  struct {
    ULONG type, characteristics;
  } device;
  return ask("NtQueryVolumeInformationFile", handle, DEVICE_INFORMATION, &device, sizeof device) &&
         device.type == DEVICE_NULL;
}

int ntdll_is_broken_pipe(void *handle) {
  enum { PIPE_LOCAL_INFORMATION = 24, STATE = 8, CLOSING = 4 };
  ULONG pipe[10];
  return GetFileType(handle) == FILE_TYPE_PIPE &&
         ask("NtQueryInformationFile", handle, PIPE_LOCAL_INFORMATION, pipe, sizeof pipe) &&
         pipe[STATE] == CLOSING;
}
