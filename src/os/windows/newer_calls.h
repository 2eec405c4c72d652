/* Calls that only newer systems have, or that have no import library everywhere: found at run time. Where one is missing it fails
 * with ERROR_CALL_NOT_IMPLEMENTED; those that return a status, with OS_STATUS_NOT_IMPLEMENTED. */
#ifndef TOME_NEWER_CALLS_H
#define TOME_NEWER_CALLS_H

#include "windows_headers.h"

#define OS_STATUS_NOT_IMPLEMENTED ((LONG)0xC0000002)

/* Windows 10 1803: address space in which views are replaced without a moment at which another thread could take it. */
void *os_VirtualAlloc2(HANDLE process, void *at, SIZE_T n, ULONG how, ULONG protection,
                       void *parameters, ULONG count);
void *os_MapViewOfFile3(HANDLE section, HANDLE process, void *at, ULONG64 offset, SIZE_T n,
                        ULONG how, ULONG protection, void *parameters, ULONG count);
/* Windows 10 1703. */
BOOL os_UnmapViewOfFile2(HANDLE process, void *at, ULONG flags);
/* Have these found before they are needed under a lock. */
void os_look_up_newer_calls(void);
/* Windows 8. `ranges` are WIN32_MEMORY_RANGE_ENTRY. */
BOOL os_PrefetchVirtualMemory(HANDLE process, ULONG_PTR count, void *ranges, ULONG flags);

/* Windows Vista. `pages` are PSAPI_WORKING_SET_EX_INFORMATION. */
BOOL os_QueryWorkingSetEx(HANDLE process, void *pages, DWORD size);

/* CreateThread() as the C runtime wants it; `stack` is address space. */
HANDLE os_start_thread(unsigned stack, unsigned(__stdcall *body)(void *), void *context);

/* Of ntdll: FlushFileBuffers() in parts, since Windows 8. */
LONG os_NtFlushBuffersFileEx(HANDLE file, ULONG flags);
/* What a handle was opened for. */
LONG os_NtQueryObject(HANDLE handle, int kind, void *information, ULONG size);
LONG os_NtQueryInformationFile(HANDLE file, void *information, ULONG size, int kind);
/* WriteProcessMemory() without the attempt to make the memory writable and executable first, which views of a file refuse. */
LONG os_NtWriteVirtualMemory(HANDLE process, void *to, const void *from, SIZE_T n);
/* How large a section is. */
LONG os_NtQuerySection(HANDLE section, int kind, void *information, SIZE_T size);
/* What a file system has free, by a file on it. */
LONG os_NtQueryVolumeInformationFile(HANDLE file, void *information, ULONG size, int kind);

/* What GetLastError() would be; cannot fail. */
DWORD os_error_of_status(LONG status);

/* What GetLastError() was made of in this thread; cannot fail. */
LONG os_last_status(void);

/* Whether this is Wine, which looks for the end of a file first and appends there then. */
int os_is_wine(void);

/* The C runtime's handle of a descriptor; -1 with ERROR_INVALID_HANDLE if it is not open. */
intptr_t os_handle_of(int descriptor);

#endif
