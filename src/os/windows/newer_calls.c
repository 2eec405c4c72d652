#include "newer_calls.h"

#include <io.h>
#include <process.h>
#include <stdlib.h>

/* A call by its name, looked up once; what several threads find at the same time is the same. */
typedef void (*any_call)(void);

static any_call find(const wchar_t *library, const char *name) {
  HMODULE module = GetModuleHandleW(library);
  return module ? (any_call)(void *)GetProcAddress(module, name) : NULL;
}

static void *missing(void) {
  SetLastError(ERROR_CALL_NOT_IMPLEMENTED);
  return NULL;
}

/* What is looked up: 0: not yet; else the address, or 1: there is none. */
typedef struct found_call {
  void *volatile address;
} found_call;

static any_call look_up(found_call *call, const wchar_t *library, const char *name) {
  void *address = call->address;
  if (!address) {
    address = (void *)find(library, name);
    call->address = address ? address : (void *)1;
  }
  return address == (void *)1 ? NULL : (any_call)address;
}

/* `type` is that of the call. */
#define LOOK_UP(type, library, name)                                                               \
  static found_call looked_up;                                                                     \
  type call = (type)look_up(&looked_up, library, name)

/* Those that are called under a lock of ours: the system looks up under one of its own, under which others may wait for ours. */
static found_call map_view3, unmap_view2, write_memory, query_section;

void os_look_up_newer_calls(void) {
  look_up(&map_view3, L"kernelbase.dll", "MapViewOfFile3");
  look_up(&unmap_view2, L"kernelbase.dll", "UnmapViewOfFile2");
  look_up(&write_memory, L"ntdll.dll", "NtWriteVirtualMemory");
  look_up(&query_section, L"ntdll.dll", "NtQuerySection");
}

typedef void *(WINAPI *virtual_alloc2)(HANDLE, void *, SIZE_T, ULONG, ULONG, void *, ULONG);
typedef void *(WINAPI *map_view_of_file3)(HANDLE, HANDLE, void *, ULONG64, SIZE_T, ULONG, ULONG,
                                          void *, ULONG);
typedef BOOL(WINAPI *unmap_view_of_file2)(HANDLE, void *, ULONG);
typedef BOOL(WINAPI *prefetch_virtual_memory)(HANDLE, ULONG_PTR, void *, ULONG);

void *os_VirtualAlloc2(HANDLE process, void *at, SIZE_T n, ULONG how, ULONG protection,
                       void *parameters, ULONG count) {
  LOOK_UP(virtual_alloc2, L"kernelbase.dll", "VirtualAlloc2");
  return call ? call(process, at, n, how, protection, parameters, count) : missing();
}

void *os_MapViewOfFile3(HANDLE section, HANDLE process, void *at, ULONG64 offset, SIZE_T n,
                        ULONG how, ULONG protection, void *parameters, ULONG count) {
  map_view_of_file3 call =
      (map_view_of_file3)look_up(&map_view3, L"kernelbase.dll", "MapViewOfFile3");
  return call ? call(section, process, at, offset, n, how, protection, parameters, count)
              : missing();
}

BOOL os_UnmapViewOfFile2(HANDLE process, void *at, ULONG flags) {
  unmap_view_of_file2 call =
      (unmap_view_of_file2)look_up(&unmap_view2, L"kernelbase.dll", "UnmapViewOfFile2");
  return call ? call(process, at, flags) : missing() != NULL;
}

BOOL os_PrefetchVirtualMemory(HANDLE process, ULONG_PTR count, void *ranges, ULONG flags) {
  LOOK_UP(prefetch_virtual_memory, L"kernel32.dll", "PrefetchVirtualMemory");
  return call ? call(process, count, ranges, flags) : missing() != NULL;
}

typedef BOOL(WINAPI *query_working_set_ex)(HANDLE, void *, DWORD);

BOOL os_QueryWorkingSetEx(HANDLE process, void *pages, DWORD size) {
  LOOK_UP(query_working_set_ex, L"kernel32.dll", "K32QueryWorkingSetEx");
  return call ? call(process, pages, size) : missing() != NULL;
}

/* ---- of ntdll ---- */

typedef struct status_block {
  union {
    LONG status;
    void *pointer;
  } of;
  ULONG_PTR information;
} status_block;

typedef LONG(WINAPI *nt_flush_buffers_file_ex)(HANDLE, ULONG, void *, ULONG, status_block *);
typedef LONG(WINAPI *nt_query_object)(HANDLE, int, void *, ULONG, ULONG *);
typedef LONG(WINAPI *nt_query_file)(HANDLE, status_block *, void *, ULONG, int);
typedef ULONG(WINAPI *rtl_nt_status_to_dos_error)(LONG);
typedef LONG(WINAPI *rtl_get_last_nt_status)(void);
typedef LONG(WINAPI *nt_query_section)(HANDLE, int, void *, SIZE_T, SIZE_T *);
typedef LONG(WINAPI *nt_write_memory)(HANDLE, void *, const void *, SIZE_T, SIZE_T *);

LONG os_NtFlushBuffersFileEx(HANDLE file, ULONG flags) {
  LOOK_UP(nt_flush_buffers_file_ex, L"ntdll.dll", "NtFlushBuffersFileEx");
  status_block done;
  return call ? call(file, flags, NULL, 0, &done) : OS_STATUS_NOT_IMPLEMENTED;
}

LONG os_NtQueryObject(HANDLE handle, int kind, void *information, ULONG size) {
  LOOK_UP(nt_query_object, L"ntdll.dll", "NtQueryObject");
  return call ? call(handle, kind, information, size, NULL) : OS_STATUS_NOT_IMPLEMENTED;
}

LONG os_NtQueryInformationFile(HANDLE file, void *information, ULONG size, int kind) {
  LOOK_UP(nt_query_file, L"ntdll.dll", "NtQueryInformationFile");
  status_block done;
  return call ? call(file, &done, information, size, kind) : OS_STATUS_NOT_IMPLEMENTED;
}

LONG os_NtQueryVolumeInformationFile(HANDLE file, void *information, ULONG size, int kind) {
  LOOK_UP(nt_query_file, L"ntdll.dll", "NtQueryVolumeInformationFile");
  status_block done;
  return call ? call(file, &done, information, size, kind) : OS_STATUS_NOT_IMPLEMENTED;
}

LONG os_NtWriteVirtualMemory(HANDLE process, void *to, const void *from, SIZE_T n) {
  nt_write_memory call =
      (nt_write_memory)look_up(&write_memory, L"ntdll.dll", "NtWriteVirtualMemory");
  return call ? call(process, to, from, n, NULL) : OS_STATUS_NOT_IMPLEMENTED;
}

LONG os_NtQuerySection(HANDLE section, int kind, void *information, SIZE_T size) {
  nt_query_section call = (nt_query_section)look_up(&query_section, L"ntdll.dll", "NtQuerySection");
  return call ? call(section, kind, information, size, NULL) : OS_STATUS_NOT_IMPLEMENTED;
}

DWORD os_error_of_status(LONG status) {
  LOOK_UP(rtl_nt_status_to_dos_error, L"ntdll.dll", "RtlNtStatusToDosError");
  return call ? call(status) : ERROR_CALL_NOT_IMPLEMENTED;
}

LONG os_last_status(void) {
  LOOK_UP(rtl_get_last_nt_status, L"ntdll.dll", "RtlGetLastNtStatus");
  return call ? call() : 0;
}

int os_is_wine(void) {
  LOOK_UP(rtl_get_last_nt_status, L"ntdll.dll", "wine_get_version");
  return call != NULL;
}

/* ---- of the C runtime ---- */

/* The runtime tells why in errno, if at all: mostly there is no memory for a stack. */
HANDLE os_start_thread(unsigned stack, unsigned(__stdcall *body)(void *), void *context) {
  SetLastError(ERROR_NOT_ENOUGH_MEMORY);
  return (HANDLE)_beginthreadex(NULL, stack, body, context, STACK_SIZE_PARAM_IS_A_RESERVATION,
                                NULL);
}

/* The newer runtime (UCRT) ends the process where a descriptor is not open, unless it is told not to. */
#if defined(_UCRT) || defined(_MSC_VER)
static void __cdecl go_on(const wchar_t *expression, const wchar_t *function, const wchar_t *file,
                          unsigned line, uintptr_t unused) {
  (void)expression, (void)function, (void)file, (void)line, (void)unused;
}

static intptr_t ask_runtime(int descriptor) {
  _invalid_parameter_handler before = _set_thread_local_invalid_parameter_handler(go_on);
  intptr_t handle = _get_osfhandle(descriptor);
  _set_thread_local_invalid_parameter_handler(before);
  return handle;
}
#else
static intptr_t ask_runtime(int descriptor) {
  return _get_osfhandle(descriptor);
}
#endif

/* -2: a standard stream of a program without a console. */
intptr_t os_handle_of(int descriptor) {
  intptr_t handle = descriptor < 0 ? -1 : ask_runtime(descriptor);
  if (handle != -1 && handle != -2)
    return handle;
  SetLastError(ERROR_INVALID_HANDLE);
  return -1;
}
