/* What depends on the file system, and which file it is. */
#include "calls.h"
#include "windows_error.h"
#include "windows_file.h"

#include <stdio.h>
#include <string.h>

/* As the system spells it: NTFS, ReFS, FAT32, exFAT, CDFS, ... */
static int ask_name(const os_file *file, wchar_t *ret_name, DWORD room) {
  return tome__os_calls.GetVolumeInformationByHandleW(file->handle, NULL, 0, NULL, NULL, NULL,
                                                      ret_name, room) != 0;
}

void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size) {
  wchar_t name[MAX_PATH + 1];
  if (!ask_name(file, name, MAX_PATH + 1)) {
    snprintf(ret_name, size, "unknown");
    return;
  }
  size_t n = 0;
  for (; name[n] && n + 1 < size; n++) {
    wchar_t c = name[n];
    ret_name[n] = (char)(c >= L'A' && c <= L'Z' ? c + ('a' - 'A') : c < 128 ? c : '?');
  }
  ret_name[n] = 0;
}

/* FILE_FS_FULL_SIZE_INFORMATION */
typedef struct full_size {
  LARGE_INTEGER all, left_for_user, left;
  ULONG sectors_per_unit, bytes_per_sector;
} full_size;
#define FULL_SIZE 7

uint64_t tome__os_space_left(const os_file *file) {
  full_size size;
  LONG status =
      tome__os_calls.os_NtQueryVolumeInformationFile(file->handle, &size, sizeof size, FULL_SIZE);
  return status < 0 ? UINT64_MAX
                    : (uint64_t)size.left_for_user.QuadPart * size.sectors_per_unit *
                          size.bytes_per_sector;
}

static int is_ntfs(const os_file *file) {
  wchar_t name[MAX_PATH + 1];
  return ask_name(file, name, MAX_PATH + 1) && _wcsicmp(name, L"NTFS") == 0;
}

static int is_compressed(const os_file *file) {
  FILE_BASIC_INFO basic;
  return !tome__os_calls.GetFileInformationByHandleEx(file->handle, FileBasicInfo, &basic,
                                                      sizeof basic) ||
         (basic.FileAttributes & FILE_ATTRIBUTE_COMPRESSED);
}

/* While a file is mapped nobody on this machine can cut it; but it is not always mapped, and may be another machine's. Which
 * holes there are NTFS tells by what is on the disk. */
int tome__os_traits(os_file *file, os_traits *ret_traits) {
  *ret_traits =
      (os_traits){.can_be_cut = !file->memory,
                  .own_flags = 1,
                  .moves_blocks = !file->memory && (is_compressed(file) || !is_ntfs(file)),
                  .exact_holes = 0};
  return 0;
}

/* ---- which file it is ---- */

/* FAT makes its numbers of where in a directory the name stands, and uses them again. NTFS counts how often a number was used, as
 * a part of it; and there a file that is created under the name of one just deleted gets its moment of creation. */
static uint64_t creation_if_needed(const os_file *file, LARGE_INTEGER creation) {
  wchar_t name[MAX_PATH + 1];
  int fat = ask_name(file, name, MAX_PATH + 1) &&
            (_wcsnicmp(name, L"FAT", 3) == 0 || _wcsicmp(name, L"exFAT") == 0);
  return fat ? (uint64_t)creation.QuadPart : 0;
}

static LARGE_INTEGER as_integer(FILETIME time) {
  return (LARGE_INTEGER){.LowPart = time.dwLowDateTime, .HighPart = (LONG)time.dwHighDateTime};
}

/* For file systems without numbers of 128 bits. */
static int old_identity(const os_file *file, os_identity *ret_identity) {
  BY_HANDLE_FILE_INFORMATION all;
  if (!tome__os_calls.GetFileInformationByHandle(file->handle, &all))
    return tome__os_failed();
  *ret_identity = (os_identity){{all.dwVolumeSerialNumber,
                                 (uint64_t)all.nFileIndexHigh << 32 | all.nFileIndexLow, 0,
                                 creation_if_needed(file, as_integer(all.ftCreationTime))}};
  return 0;
}

/* Odd, so that nothing is lost. */
#define SPREAD UINT64_C(0x9e3779b97f4a7c15)

/* Only ReFS uses the upper half of the number: 0 elsewhere. */
static int ask_identity(const os_file *file, os_identity *ret_identity) {
  FILE_ID_INFO id;
  FILE_BASIC_INFO basic;
  uint64_t number[2];
  if (!tome__os_calls.GetFileInformationByHandleEx(file->handle, FileIdInfo, &id, sizeof id))
    return old_identity(file, ret_identity);
  if (!tome__os_calls.GetFileInformationByHandleEx(file->handle, FileBasicInfo, &basic,
                                                   sizeof basic))
    return tome__os_failed();
  memcpy(number, &id.FileId, sizeof number);
  *ret_identity = (os_identity){{id.VolumeSerialNumber ^ number[1] * SPREAD, number[0], number[1],
                                 creation_if_needed(file, basic.CreationTime)}};
  return 0;
}

void tome__os_identify(os_file *file) {
  os_identity identity;
  file->identified = ask_identity(file, &identity) == 0;
  if (file->identified)
    memcpy(file->identity, identity.words, sizeof file->identity);
}

int tome__os_identity(const os_file *file, os_identity *ret_identity) {
  if (!file->identified)
    return ask_identity(file, ret_identity);
  memcpy(ret_identity->words, file->identity, sizeof file->identity);
  return 0;
}
