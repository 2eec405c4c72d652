/* Disks of the tests' own, in a mount namespace of a child: small ones that can be filled, and special ones. */
#include "test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_text(const char *path, const char *text) {
  int fd = open(path, O_WRONLY);
  if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
    exit_unable("cannot set up a user namespace");
  close(fd);
}

void enter_namespace(void) {
  unsigned uid = geteuid(), gid = getegid();
  if (unshare(CLONE_NEWNS | (uid == 0 ? 0 : CLONE_NEWUSER)) != 0)
    exit_unable("no mount namespace: neither root nor user namespaces");
  if (uid != 0) {
    char line[64];
    write_text("/proc/self/setgroups", "deny");
    snprintf(line, sizeof line, "0 %u 1", uid);
    write_text("/proc/self/uid_map", line);
    snprintf(line, sizeof line, "0 %u 1", gid);
    write_text("/proc/self/gid_map", line);
  }
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    exit_unable("the mounts cannot be made private");
}

/* File systems in an image on a loop device. Their blocks are of a page's size; of ext, all may be used. */
static const struct image {
  const char *type;
  const char *make;
  unsigned mebibytes;
} images[] = {
    [DISK_EXT2] = {"ext2", "mkfs.ext2 -q -F -m 0 -b 4096", 8},
    [DISK_EXT4] = {"ext4", "mkfs.ext4 -q -F -m 0 -b 4096", 32},
    [DISK_XFS] = {"xfs", "mkfs.xfs -q -f", 320},
    [DISK_BTRFS] = {"btrfs", "mkfs.btrfs -q -f", 160},
};

static int attach_image(const struct image *kind, const char *image) {
  char command[2048];
  snprintf(command, sizeof command, "PATH=$PATH:/sbin:/usr/sbin; mount -t %s -o loop '%s' '%s' >&2",
           kind->type, image, in_dir("disk"));
  return system(command);
}

/* The image lies in memory: nothing waits for the machine's own disk, and nothing is left there. */
static const char *make_image(const struct image *kind) {
  const char *folder = in_dir("images");
  if ((mkdir(folder, 0700) != 0 && errno != EEXIST) ||
      mount("tmpfs", folder, "tmpfs", 0, "size=512m") != 0)
    exit_unable("no tmpfs can be mounted");
  return make_hole("images/image", (uint64_t)kind->mebibytes << 20);
}

static void mount_image(const struct image *kind) {
  char command[2048];
  const char *image = make_image(kind);
  snprintf(command, sizeof command, "PATH=$PATH:/sbin:/usr/sbin; %s '%s' >/dev/null 2>&1",
           kind->make, image);
  if (system(command) == 0 && attach_image(kind, image) == 0)
    return;
  snprintf(command, sizeof command,
           "no %s can be made and mounted (no mkfs.%s, no loop device or not root)", kind->type,
           kind->type);
  exit_unable(command);
}

static void limit_btrfs(void) {
  char command[2048];
  mount_image(&images[DISK_BTRFS]);
  snprintf(
      command, sizeof command,
      "PATH=$PATH:/sbin:/usr/sbin; btrfs quota enable '%s' >&2 && btrfs qgroup limit 16M '%s' >&2",
      in_dir("disk"), in_dir("disk"));
  if (system(command) != 0)
    exit_unable("btrfs has no quota here (no btrfs command, or a kernel without it)");
}

static void mount_tmpfs(const char *options, const char *reason) {
  if (mount("tmpfs", in_dir("disk"), "tmpfs", 0, options) != 0)
    exit_unable(reason);
}

static disk mounted;

static void mount_disk(disk kind) {
  char options[80];
  enter_namespace();
  mounted = kind;
  if (kind == DISK_SMALL) {
    snprintf(options, sizeof options, "size=%zu", 256 * PAGE);
    mount_tmpfs(options, "no tmpfs can be mounted");
  } else if (kind == DISK_TMPFS_QUOTA) {
    snprintf(options, sizeof options, "size=%zu,usrquota_block_hardlimit=%zu", 16384 * PAGE,
             256 * PAGE);
    mount_tmpfs(
        options,
        "tmpfs has no quota here (before Linux 6.6, without CONFIG_TMPFS_QUOTA, or not root)");
  } else if (kind == DISK_HUGE && mount("none", in_dir("disk"), "hugetlbfs", 0, NULL) != 0)
    exit_unable("no hugetlbfs can be mounted");
  else if (kind == DISK_BTRFS_QUOTA)
    limit_btrfs();
  else if (kind != DISK_HUGE)
    mount_image(&images[kind]);
}

int remount_disk(void) {
  if (mounted > DISK_BTRFS || images[mounted].type == NULL)
    return 0;
  must_equal(umount(in_dir("disk")), 0);
  must_equal(attach_image(&images[mounted], in_dir("images/image")), 0);
  return 1;
}

typedef struct run {
  disk kind;
  disk_test *body;
} run;

static void mount_and_run(void *context) {
  const run *what = context;
  mount_disk(what->kind);
  what->body();
}

void on_disk(disk kind, disk_test *body) {
  must(mkdir(in_dir("disk"), 0777) == 0 || errno == EEXIST);
  in_child(mount_and_run, &(run){kind, body});
}

/* ---- filling them ---- */

/* Filling the disk that this machine lives on would be a fault struck on the wrong one. */
static void must_be_a_disk_of_our_own(void) {
  struct stat inside, around;
  must_equal(stat(in_dir("disk"), &inside), 0);
  must_equal(stat(in_dir("."), &around), 0);
  must(inside.st_dev != around.st_dev);
}

#define MOST_WRITTEN ((size_t)1 << 20)

/* Larger by so many bytes, with their blocks; on file systems without fallocate(2) by writing. */
static int lengthen(int fd, size_t length) {
  off_t end = lseek(fd, 0, SEEK_END);
  if (fallocate(fd, 0, end, (off_t)length) == 0)
    return 0;
  if (errno != EOPNOTSUPP || length > MOST_WRITTEN)
    return -1;
  void *bytes = calloc(1, length);
  ssize_t n = pwrite(fd, bytes, length, end);
  free(bytes);
  return n == (ssize_t)length ? 0 : -1;
}

static int make_filler(const char *name) {
  int fd = open(in_dir(name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  must(fd >= 0);
  return fd;
}

static void fill_up(const char *name) {
  int fd = make_filler(name);
  for (size_t step = (size_t)64 << 20; step >= PAGE; step /= 4)
    while (lengthen(fd, step) == 0)
      continue;
  fsync(fd); /* may fail: the disk is full */
  close(fd);
}

/* What is to stay free is taken first, and given back when the rest is full: so file systems agree that need not agree on
 * what cutting a file sets free. */
void leave_free(size_t pages) {
  must_be_a_disk_of_our_own();
  unlink(in_dir("disk/filler"));
  int fd = make_filler("disk/spare");
  must(syncfs(fd) == 0);
  for (size_t taken = 0; taken < pages; taken++)
    must_equal(lengthen(fd, PAGE), 0);
  must_equal(fsync(fd), 0);
  fill_up("disk/filler");
  must_equal(unlink(in_dir("disk/spare")), 0);
  must_equal(close(fd), 0);
  fd = open(in_dir("disk"), O_RDONLY | O_CLOEXEC);
  must(syncfs(fd) == 0);
  close(fd);
}
