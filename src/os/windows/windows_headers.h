/* <windows.h>, as little of it as there is. For the files of this folder only. */
#ifndef TOME_WINDOWS_HEADERS_H
#define TOME_WINDOWS_HEADERS_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

/* DeviceIoControl() codes, which the lean headers leave out. */
#include <winioctl.h>

/* What only headers for newer systems declare, as values of FILE_INFO_BY_HANDLE_CLASS. */
#define OS_FILE_DISPOSITION_EX ((FILE_INFO_BY_HANDLE_CLASS)21)
#define OS_FILE_RENAME_EX ((FILE_INFO_BY_HANDLE_CLASS)22)

#endif
