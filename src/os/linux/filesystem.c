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

/* Others may well tell their holes exactly; what is not known is not relied on. */
#define MOVES_BLOCKS 1
#define EXACT_HOLES 2
#define BORROWS_PAGES 4

static const struct kind {
  uint32_t magic;
  const char *name;
  unsigned traits;
} known[] = {
    {EXT4_SUPER_MAGIC, "ext4", EXACT_HOLES},
    {MAGIC_XFS, "xfs", EXACT_HOLES},
    {BTRFS_SUPER_MAGIC, "btrfs", MOVES_BLOCKS | EXACT_HOLES},
    {TMPFS_MAGIC, "tmpfs", EXACT_HOLES},
    {OVERLAYFS_SUPER_MAGIC, "overlay", MOVES_BLOCKS | BORROWS_PAGES},
    {MAGIC_ZFS, "zfs", MOVES_BLOCKS},
    {MAGIC_BCACHEFS, "bcachefs", MOVES_BLOCKS},
    {F2FS_SUPER_MAGIC, "f2fs", MOVES_BLOCKS},
    {MAGIC_FUSE, "fuse", MOVES_BLOCKS},
    {NFS_SUPER_MAGIC, "nfs", 0},
    {MAGIC_CIFS, "cifs", 0},
    {MAGIC_SMB2, "smb2", 0},
    {MSDOS_SUPER_MAGIC, "vfat", 0},
    {MAGIC_EXFAT, "exfat", 0},
    {MAGIC_NTFS3, "ntfs3", 0},
    {HUGETLBFS_MAGIC, "hugetlbfs", 0},
    {RAMFS_MAGIC, "ramfs", 0},
    {SQUASHFS_MAGIC, "squashfs", 0},
    {PROC_SUPER_MAGIC, "proc", 0},
    {SYSFS_MAGIC, "sysfs", 0},
};

static const struct kind *kind_of(const os_file *file) {
  static const struct kind unknown = {0, "unknown", MOVES_BLOCKS};
  struct statfs status;
  if (tome__os_calls.fstatfs(file->descriptor, &status) < 0)
    return &unknown;
  for (size_t i = 0; i < COUNT(known); i++)
    if (known[i].magic == (uint32_t)status.f_type)
      return &known[i];
  return &unknown;
}

static int can_be_cut(const os_file *file) {
  struct stat status;
  if (tome__os_calls.fstat(file->descriptor, &status) == 0 && S_ISBLK(status.st_mode))
    return 0;
  int seals = tome__os_calls.fcntl(file->descriptor, F_GET_SEALS, 0);
  return seals < 0 || !(seals & F_SEAL_SHRINK);
}

/* Most files of /proc have no mapping, and say so by EIO, as a failed disk does. */
static int can_be_mapped(const os_file *file) {
  void *address = NULL;
  size_t usable, page = tome__os_system()->page;
  return tome__os_map(file, 0, page, 0, &address, &usable) == 0 &&
         tome__os_unmap(address, page) == 0;
}

int tome__os_traits(os_file *file, os_traits *ret_traits) {
  const struct kind *kind = kind_of(file);
  file->borrows_pages = (kind->traits & BORROWS_PAGES) != 0;
  if (kind->magic == PROC_SUPER_MAGIC && !can_be_mapped(file))
    return TOME_ENOTMAP;
  if (kind->magic == HUGETLBFS_MAGIC) {
    errno = 0;
    return TOME_ENOTSUP;
  }
  *ret_traits = (os_traits){.can_be_cut = can_be_cut(file),
                            .own_flags = !file->borrowed,
                            .moves_blocks = (kind->traits & MOVES_BLOCKS) != 0,
                            .exact_holes = (kind->traits & EXACT_HOLES) != 0};
  return 0;
}

void tome__os_file_system_name(const os_file *file, char *ret_name, size_t size) {
  snprintf(ret_name, size, "%s", kind_of(file)->name);
}

static int has_little_space(const os_file *file) {
  struct statfs status;
  return tome__os_calls.fstatfs(file->descriptor, &status) == 0 &&
         (uint64_t)status.f_bavail * (uint64_t)status.f_bsize < (UINT64_C(1) << 20);
}

/* The blocks may be there, but none for the new copy that overwriting makes; how many are free such file systems cannot tell.
 * A page that can be read and not be written to lacks nothing else. */
static int wants_new_copy(const os_file *file, void *address, size_t length) {
  return (kind_of(file)->traits & MOVES_BLOCKS) && tome__os_populate(address, length, 0) == 0;
}

int tome__os_store_failure(const os_file *file, uint64_t offset, void *address, size_t length) {
  int full = 0;
  if (tome__os_size_now(file) >= offset + length) {
    int r = tome__os_allocate(file, offset, length);
    full = r == TOME_ENOSPC || (r == TOME_ENOTSUP && has_little_space(file)) ||
           (r == 0 && wants_new_copy(file, address, length));
  }
  errno = full ? ENOSPC : 0;
  return full ? TOME_ENOSPC : TOME_ELOST;
}

int tome__os_memory_file(os_file *ret_file) {
  int fd = tome__os_calls.memfd_create("tome", MFD_CLOEXEC);
  if (fd < 0)
    return tome__os_failed();
  *ret_file = (os_file){
      .descriptor = fd, .directory = -1, .appender = -1, .writable = 1, .owner = getpid()};
  return 0;
}
