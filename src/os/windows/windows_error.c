#include "windows_error.h"

#include "calls.h"
#include "os.h"

/* Not in every <winerror.h>. */
#define OS_DISK_QUOTA_EXCEEDED 1295
#define OS_DISK_RESOURCES_EXHAUSTED 314
#define OS_FILE_SYSTEM_LIMITATION 665
#define OS_VIRUS_INFECTED 225

/* clang-format off */
static const struct { unsigned long system; int code; } known[] = {
    {ERROR_INVALID_PARAMETER, TOME_EINVAL},
    {ERROR_FILE_NOT_FOUND, TOME_ENOENT},
    {ERROR_INVALID_DRIVE, TOME_ENOENT},
    {ERROR_BAD_NETPATH, TOME_ENOENT},
    {ERROR_BAD_NET_NAME, TOME_ENOENT},
    {ERROR_NOT_READY, TOME_ENOENT}, /* no disk in the drive */
    {ERROR_FILE_EXISTS, TOME_EEXIST},
    {ERROR_ALREADY_EXISTS, TOME_EEXIST},
    {ERROR_ACCESS_DENIED, TOME_EACCES},
    {ERROR_PRIVILEGE_NOT_HELD, TOME_EACCES},
    {ERROR_NETWORK_ACCESS_DENIED, TOME_EACCES},
    {ERROR_LOGON_FAILURE, TOME_EACCES},
    {ERROR_CANT_ACCESS_FILE, TOME_EACCES},
    {OS_VIRUS_INFECTED, TOME_EACCES},
    {ERROR_CANNOT_MAKE, TOME_EACCES},
    {ERROR_WRITE_PROTECT, TOME_EREADONLY},
    {ERROR_DIRECTORY, TOME_ENOTDIR},
    {ERROR_FILE_INVALID, TOME_ENOTMAP}, /* what became of the volume nobody knows, or no bytes at all */
    {ERROR_BAD_EXE_FORMAT, TOME_ENOTMAP},
    {ERROR_INVALID_NAME, TOME_ENAME},
    {ERROR_BAD_PATHNAME, TOME_ENAME},
    {ERROR_FILENAME_EXCED_RANGE, TOME_ENAME},
    {ERROR_BUFFER_OVERFLOW, TOME_ENAME},
    {ERROR_NO_UNICODE_TRANSLATION, TOME_ENAME},
    {ERROR_CANT_RESOLVE_FILENAME, TOME_ENAME}, /* links to each other */
    {ERROR_INVALID_HANDLE, TOME_EBADF},
    {ERROR_TOO_MANY_OPEN_FILES, TOME_EMFILE},
    {ERROR_NO_MORE_FILES, TOME_EMFILE},
    {ERROR_NOT_ENOUGH_MEMORY, TOME_ENOMEM},
    {ERROR_OUTOFMEMORY, TOME_ENOMEM},
    {ERROR_NO_SYSTEM_RESOURCES, TOME_ENOMEM},
    {ERROR_COMMITMENT_LIMIT, TOME_ENOMEM},
    {ERROR_COMMITMENT_MINIMUM, TOME_ENOMEM},
    {ERROR_WORKING_SET_QUOTA, TOME_ENOMEM},
    {ERROR_NOT_ENOUGH_QUOTA, TOME_ENOMEM},
    {ERROR_PAGEFILE_QUOTA, TOME_ENOMEM},
    {ERROR_NONPAGED_SYSTEM_RESOURCES, TOME_ENOMEM},
    {ERROR_PAGED_SYSTEM_RESOURCES, TOME_ENOMEM},
    {ERROR_INVALID_ADDRESS, TOME_ENOMEM}, /* address space that was asked for is taken */
    {ERROR_MAPPED_ALIGNMENT, TOME_EINVAL},
    {ERROR_DISK_FULL, TOME_ENOSPC},
    {ERROR_HANDLE_DISK_FULL, TOME_ENOSPC},
    {OS_DISK_QUOTA_EXCEEDED, TOME_ENOSPC},
    {OS_DISK_RESOURCES_EXHAUSTED, TOME_ENOSPC},
    {OS_FILE_SYSTEM_LIMITATION, TOME_ENOSPC}, /* too many pieces */
    {ERROR_FILE_TOO_LARGE, TOME_EFBIG},
    {ERROR_SHARING_VIOLATION, TOME_EBUSY},
    {ERROR_LOCK_VIOLATION, TOME_EBUSY},
    {ERROR_SHARING_BUFFER_EXCEEDED, TOME_EBUSY},
    {ERROR_USER_MAPPED_FILE, TOME_EBUSY}, /* somebody has it mapped: it cannot be made shorter */
    {ERROR_DELETE_PENDING, TOME_EBUSY},
    {ERROR_BUSY, TOME_EBUSY},
    {ERROR_CRC, TOME_EIO},
    {ERROR_SEEK, TOME_EIO},
    {ERROR_SECTOR_NOT_FOUND, TOME_EIO},
    {ERROR_READ_FAULT, TOME_EIO},
    {ERROR_WRITE_FAULT, TOME_EIO},
    {ERROR_GEN_FAILURE, TOME_EIO},
    {ERROR_IO_DEVICE, TOME_EIO},
    {ERROR_DEVICE_NOT_CONNECTED, TOME_EIO},
    {ERROR_DEV_NOT_EXIST, TOME_EIO}, /* a server is gone */
    {ERROR_UNEXP_NET_ERR, TOME_EIO},
    {ERROR_NETNAME_DELETED, TOME_EIO},
    {ERROR_SEM_TIMEOUT, TOME_EIO}, /* a server does not answer */
    {ERROR_SWAPERROR, TOME_EIO},
    {ERROR_DISK_OPERATION_FAILED, TOME_EIO},
    {ERROR_FILE_CORRUPT, TOME_EIO},
    {ERROR_DISK_CORRUPT, TOME_EIO},
    {ERROR_MEDIA_CHANGED, TOME_EIO},
    {ERROR_NOT_SUPPORTED, TOME_ENOTSUP},
    {ERROR_CALL_NOT_IMPLEMENTED, TOME_ENOTSUP},
    {ERROR_INVALID_FUNCTION, TOME_ENOTSUP},
    {ERROR_PROC_NOT_FOUND, TOME_ENOTSUP},
};
/* clang-format on */

/* ERROR_PATH_NOT_FOUND is said where a directory is missing and where a component is a file; open_windows.c tells them apart. */
int tome__os_code(unsigned long system) {
  if (system == ERROR_PATH_NOT_FOUND)
    return TOME_ENOENT;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (known[i].system == system)
      return known[i].code;
  return TOME_ESYSTEM;
}

int tome__os_failed(void) {
  return tome__os_code(GetLastError());
}

/* File systems say it in their own ways: that something or other is wrong, or that so large a section cannot be. */
#define STATUS_TOO_BIG ((LONG)0xC0000040)
#define SMALL_ENOUGH (UINT64_C(16) << 40)

int tome__os_failed_to_reach(uint64_t end) {
  DWORD system = GetLastError();
  int vague = system == ERROR_INVALID_PARAMETER || system == ERROR_GEN_FAILURE;
  int too_big = system == ERROR_NOT_ENOUGH_MEMORY && os_last_status() == STATUS_TOO_BIG;
  if (too_big || (vague && end > SMALL_ENOUGH))
    SetLastError(ERROR_FILE_TOO_LARGE);
  return tome__os_failed();
}

int tome__os_failed_status(long status) {
  SetLastError(os_error_of_status(status));
  return tome__os_failed();
}

int tome__os_last_error(void) {
  return (int)GetLastError();
}

void tome__os_set_error(int system) {
  SetLastError((DWORD)system);
}
