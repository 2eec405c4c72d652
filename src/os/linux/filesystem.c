/* What depends on the kind of file system, and shared memory as a file. */
#include "filesystem.h"

#include "calls.h"
#include "os.h"
#include "posix_error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Magic numbers that <linux/magic.h> does not have. */
#define MAGIC_XFS 0x58465342
#define MAGIC_ZFS 0x2fc12fc1
#define MAGIC_BCACHEFS 0xca451a4e
#define MAGIC_CIFS 0xff534d42
#define MAGIC_SMB2 0xfe534d42
#define MAGIC_FUSE 0x65735546
#define MAGIC_EXFAT 0x2011bab0
#define MAGIC_NTFS3 0x7366746e

static const struct {
  uint32_t magic;
  const char *name;
  int moves_blocks;
} known[] = {
    {EXT4_SUPER_MAGIC, "ext4", 0},
    {MAGIC_XFS, "xfs", 0},
    {BTRFS_SUPER_MAGIC, "btrfs", 1},
    {TMPFS_MAGIC, "tmpfs", 0},
    {OVERLAYFS_SUPER_MAGIC, "overlay", 1},
    {MAGIC_ZFS, "zfs", 1},
    {MAGIC_BCACHEFS, "bcachefs", 1},
    {F2FS_SUPER_MAGIC, "f2fs", 1},
    {NFS_SUPER_MAGIC, "nfs", 0},
    {MAGIC_CIFS, "cifs", 0},
    {MAGIC_SMB2, "smb2", 0},
    {MAGIC_FUSE, "fuse", 1},
    {MSDOS_SUPER_MAGIC, "vfat", 0},
    {MAGIC_EXFAT, "exfat", 0},
    {MAGIC_NTFS3, "ntfs3", 0},
    {HUGETLBFS_MAGIC, "hugetlbfs", 0},
    {RAMFS_MAGIC, "ramfs", 0},
    {SQUASHFS_MAGIC, "squashfs", 0},
    {PROC_SUPER_MAGIC, "proc", 0},
    {SYSFS_MAGIC, "sysfs", 0},
};

static const char *name_of(const struct statfs *status, int *ret_moves_blocks) {
  for (size_t i = 0; i < COUNT(known); i++)
    if (known[i].magic == (uint32_t)status->f_type) {
      *ret_moves_blocks = known[i].moves_blocks;
      return known[i].name;
    }
  *ret_moves_blocks = 1; /* what is not known is trusted with nothing */
  return "unknown";
}

static int can_be_cut(const os_file *file) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) == 0 && S_ISBLK(status.st_mode))
    return 0;
  int seals = tome__os_calls.fcntl(file->descriptor, F_GET_SEALS, 0);
  return seals < 0 || !(seals & F_SEAL_SHRINK);
}

int tome__os_traits(const os_file *file, os_traits *ret_traits) {
  struct statfs status;
  os_traits traits = {.can_be_cut = can_be_cut(file), .moves_blocks = 1};
  if (tome__os_calls.fstatfs(file->descriptor, &status) == 0) {
    if (status.f_type == HUGETLBFS_MAGIC) {
      errno = 0;
      return TOME_ENOTSUP;
    }
    name_of(&status, &traits.moves_blocks);
  }
  *ret_traits = traits;
  return 0;
}

void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size) {
  struct statfs status;
  int moves;
  const char *name =
      tome__os_calls.fstatfs(file->descriptor, &status) == 0 ? name_of(&status, &moves) : "unknown";
  snprintf(ret_name, size, "%s", name);
}

int tome__os_store_failure(const os_file *file, uint64_t offset, uint64_t length) {
  if (tome__os_size_now(file) < offset + length)
    return TOME_ELOST;
  struct statfs status;
  /* Without fallocate nothing else tells; and copy-on-write may have the blocks, but none for the new copy. */
  int full = tome__os_allocate(file, offset, length) == TOME_ENOSPC ||
             (tome__os_calls.fstatfs(file->descriptor, &status) == 0 &&
              (uint64_t)status.f_bavail * (uint64_t)status.f_bsize < (UINT64_C(1) << 20));
  errno = full ? ENOSPC : 0;
  return full ? TOME_ENOSPC : TOME_ELOST;
}

int tome__os_memory_file(os_file *ret_file) {
  int fd = tome__os_calls.memfd_create("tome", MFD_CLOEXEC);
  if (fd < 0)
    return tome__os_failed();
  *ret_file = (os_file){.descriptor = fd, .directory = -1, .writable = 1, .owner = getpid()};
  return 0;
}
