/* Every system call and every allocation goes through this table, so that a test can make any of them fail.
 *
 * OS_CALLS(X) is X(result, name, parameters, arguments, failure): `failure` is the value by which the call reports
 * an error, which SetLastError() tells. */
#ifndef TOME_CALLS_H
#define TOME_CALLS_H

#include "newer_calls.h"
#include "windows_headers.h"

#include <stdint.h>
#include <stdlib.h>

#define OS_FILE_CALLS(X)                                                                           \
  X(HANDLE, CreateFileW,                                                                           \
    (LPCWSTR path, DWORD access, DWORD sharing, SECURITY_ATTRIBUTES * security, DWORD how,         \
     DWORD flags, HANDLE like),                                                                    \
    (path, access, sharing, security, how, flags, like), INVALID_HANDLE_VALUE)                     \
  X(HANDLE, ReOpenFile, (HANDLE file, DWORD access, DWORD sharing, DWORD flags),                   \
    (file, access, sharing, flags), INVALID_HANDLE_VALUE)                                          \
  X(BOOL, DuplicateHandle,                                                                         \
    (HANDLE from_process, HANDLE from, HANDLE to_process, HANDLE * to, DWORD access, BOOL inherit, \
     DWORD how),                                                                                   \
    (from_process, from, to_process, to, access, inherit, how), 0)                                 \
  X(BOOL, CloseHandle, (HANDLE handle), (handle), 0)                                               \
  X(intptr_t, os_handle_of, (int descriptor), (descriptor), -1)                                    \
  X(DWORD, GetFileType, (HANDLE file), (file), FILE_TYPE_UNKNOWN)                                  \
  X(DWORD, GetFileAttributesW, (LPCWSTR path), (path), INVALID_FILE_ATTRIBUTES)                    \
  X(DWORD, GetFullPathNameW, (LPCWSTR path, DWORD room, LPWSTR full, LPWSTR * name),               \
    (path, room, full, name), 0)                                                                   \
  X(DWORD, GetTempPathW, (DWORD room, LPWSTR path), (room, path), 0)                               \
  X(BOOL, GetFileInformationByHandle, (HANDLE file, BY_HANDLE_FILE_INFORMATION * information),     \
    (file, information), 0)                                                                        \
  X(BOOL, GetFileInformationByHandleEx,                                                            \
    (HANDLE file, FILE_INFO_BY_HANDLE_CLASS kind, void *information, DWORD size),                  \
    (file, kind, information, size), 0)                                                            \
  X(BOOL, SetFileInformationByHandle,                                                              \
    (HANDLE file, FILE_INFO_BY_HANDLE_CLASS kind, void *information, DWORD size),                  \
    (file, kind, information, size), 0)                                                            \
  X(BOOL, GetVolumeInformationByHandleW,                                                           \
    (HANDLE file, LPWSTR label, DWORD label_room, DWORD * serial, DWORD * longest, DWORD * flags,  \
     LPWSTR name, DWORD name_room),                                                                \
    (file, label, label_room, serial, longest, flags, name, name_room), 0)                         \
  X(BOOL, SetFilePointerEx,                                                                        \
    (HANDLE file, LARGE_INTEGER by, LARGE_INTEGER * position, DWORD whence),                       \
    (file, by, position, whence), 0)                                                               \
  X(BOOL, ReadFile, (HANDLE file, void *to, DWORD n, DWORD *read, OVERLAPPED *at),                 \
    (file, to, n, read, at), 0)                                                                    \
  X(BOOL, WriteFile, (HANDLE file, const void *from, DWORD n, DWORD *written, OVERLAPPED *at),     \
    (file, from, n, written, at), 0)                                                               \
  X(BOOL, LockFileEx,                                                                              \
    (HANDLE file, DWORD how, DWORD zero, DWORD low, DWORD high, OVERLAPPED * at),                  \
    (file, how, zero, low, high, at), 0)                                                           \
  X(BOOL, UnlockFileEx, (HANDLE file, DWORD zero, DWORD low, DWORD high, OVERLAPPED * at),         \
    (file, zero, low, high, at), 0)                                                                \
  X(BOOL, FlushFileBuffers, (HANDLE file), (file), 0)                                              \
  X(BOOL, DeviceIoControl,                                                                         \
    (HANDLE file, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size, DWORD *returned, \
     OVERLAPPED *later),                                                                           \
    (file, code, in, in_size, out, out_size, returned, later), 0)                                  \
  X(BOOL, SetKernelObjectSecurity,                                                                 \
    (HANDLE handle, SECURITY_INFORMATION what, PSECURITY_DESCRIPTOR descriptor),                   \
    (handle, what, descriptor), 0)

#define OS_MEMORY_CALLS(X)                                                                         \
  X(void *, calloc, (size_t count, size_t size), (count, size), NULL)                              \
  X(HANDLE, CreateFileMappingW,                                                                    \
    (HANDLE file, SECURITY_ATTRIBUTES * security, DWORD protection, DWORD high, DWORD low,         \
     LPCWSTR name),                                                                                \
    (file, security, protection, high, low, name), NULL)                                           \
  X(void *, MapViewOfFileEx,                                                                       \
    (HANDLE section, DWORD access, DWORD high, DWORD low, SIZE_T n, void *at),                     \
    (section, access, high, low, n, at), NULL)                                                     \
  X(BOOL, UnmapViewOfFile, (const void *at), (at), 0)                                              \
  X(BOOL, FlushViewOfFile, (const void *at, SIZE_T n), (at, n), 0)                                 \
  X(void *, VirtualAlloc, (void *at, SIZE_T n, DWORD how, DWORD protection),                       \
    (at, n, how, protection), NULL)                                                                \
  X(BOOL, VirtualFree, (void *at, SIZE_T n, DWORD how), (at, n, how), 0)                           \
  X(BOOL, VirtualProtect, (void *at, SIZE_T n, DWORD protection, DWORD *before),                   \
    (at, n, protection, before), 0)                                                                \
  X(SIZE_T, VirtualQuery, (const void *at, MEMORY_BASIC_INFORMATION *information, SIZE_T n),       \
    (at, information, n), 0)                                                                       \
  X(BOOL, VirtualLock, (void *at, SIZE_T n), (at, n), 0)                                           \
  X(BOOL, VirtualUnlock, (void *at, SIZE_T n), (at, n), 0)

#define OS_PROCESS_CALLS(X)                                                                        \
  X(HANDLE, os_start_thread, (unsigned stack, unsigned(__stdcall * body)(void *), void *context),  \
    (stack, body, context), NULL)                                                                  \
  X(void *, AddVectoredExceptionHandler, (ULONG first, PVECTORED_EXCEPTION_HANDLER handler),       \
    (first, handler), NULL)                                                                        \
  X(ULONG, RemoveVectoredExceptionHandler, (void *handler), (handler), 0)                          \
  X(BOOL, ReadProcessMemory, (HANDLE process, const void *from, void *to, SIZE_T n, SIZE_T *read), \
    (process, from, to, n, read), 0)                                                               \
  X(BOOL, GetProcessWorkingSetSize, (HANDLE process, SIZE_T * least, SIZE_T * most),               \
    (process, least, most), 0)                                                                     \
  X(BOOL, SetProcessWorkingSetSize, (HANDLE process, SIZE_T least, SIZE_T most),                   \
    (process, least, most), 0)                                                                     \
  X(BOOL, GlobalMemoryStatusEx, (MEMORYSTATUSEX * status), (status), 0)

/* What only newer systems have fails with ERROR_CALL_NOT_IMPLEMENTED where it is missing; see newer_calls.h. */
#define OS_NEWER_CALLS(X)                                                                          \
  X(void *, os_VirtualAlloc2,                                                                      \
    (HANDLE process, void *at, SIZE_T n, ULONG how, ULONG protection, void *parameters,            \
     ULONG count),                                                                                 \
    (process, at, n, how, protection, parameters, count), NULL)                                    \
  X(void *, os_MapViewOfFile3,                                                                     \
    (HANDLE section, HANDLE process, void *at, ULONG64 offset, SIZE_T n, ULONG how,                \
     ULONG protection, void *parameters, ULONG count),                                             \
    (section, process, at, offset, n, how, protection, parameters, count), NULL)                   \
  X(BOOL, os_UnmapViewOfFile2, (HANDLE process, void *at, ULONG flags), (process, at, flags), 0)   \
  X(BOOL, os_PrefetchVirtualMemory, (HANDLE process, ULONG_PTR count, void *ranges, ULONG flags),  \
    (process, count, ranges, flags), 0)                                                            \
  X(BOOL, os_QueryWorkingSetEx, (HANDLE process, void *pages, DWORD size), (process, pages, size), \
    0)                                                                                             \
  X(LONG, os_NtFlushBuffersFileEx, (HANDLE file, ULONG flags), (file, flags),                      \
    OS_STATUS_NOT_IMPLEMENTED)                                                                     \
  X(LONG, os_NtQueryObject, (HANDLE handle, int kind, void *information, ULONG size),              \
    (handle, kind, information, size), OS_STATUS_NOT_IMPLEMENTED)                                  \
  X(LONG, os_NtQueryInformationFile, (HANDLE file, void *information, ULONG size, int kind),       \
    (file, information, size, kind), OS_STATUS_NOT_IMPLEMENTED)                                    \
  X(LONG, os_NtQuerySection, (HANDLE section, int kind, void *information, SIZE_T size),           \
    (section, kind, information, size), OS_STATUS_NOT_IMPLEMENTED)                                 \
  X(LONG, os_NtWriteVirtualMemory, (HANDLE process, void *to, const void *from, SIZE_T n),         \
    (process, to, from, n), OS_STATUS_NOT_IMPLEMENTED)                                             \
  X(LONG, os_NtQueryVolumeInformationFile, (HANDLE file, void *information, ULONG size, int kind), \
    (file, information, size, kind), OS_STATUS_NOT_IMPLEMENTED)

#define OS_CALLS(X) OS_FILE_CALLS(X) OS_MEMORY_CALLS(X) OS_PROCESS_CALLS(X) OS_NEWER_CALLS(X)

typedef struct os_calls {
#define X(result, name, parameters, arguments, failure) result(*name) parameters;
  OS_CALLS(X)
#undef X
} os_calls;

extern os_calls tome__os_calls;

#endif
