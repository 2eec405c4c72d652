/* Disks of the tests' own, in a mount namespace of a child: small ones that can be filled, and special ones. */
#include "test_support.h"

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

static void mount_image(const struct image *kind) {
  char command[2048];
  const char *image = make_hole("image", (uint64_t)kind->mebibytes << 20);
  snprintf(command, sizeof command,
           "PATH=$PATH:/sbin:/usr/sbin; %s '%s' >&2 && mount -t %s -o loop '%s' '%s'", kind->make,
           image, kind->type, image, in_dir("disk"));
  if (system(command) == 0)
    return;
  snprintf(command, sizeof command,
           "no %s can be made and mounted (no mkfs.%s, no loop device or not root)", kind->type,
           kind->type);
  exit_unable(command);
}

static void mount_disk(disk kind) {
  enter_namespace();
  if (kind == DISK_SMALL && mount("tmpfs", in_dir("disk"), "tmpfs", 0, "size=1m") != 0)
    exit_unable("no tmpfs can be mounted");
  else if (kind == DISK_HUGE && mount("none", in_dir("disk"), "hugetlbfs", 0, NULL) != 0)
    exit_unable("no hugetlbfs can be mounted");
  else if (kind != DISK_SMALL && kind != DISK_HUGE)
    mount_image(&images[kind]);
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
  must_equal(mkdir(in_dir("disk"), 0777), 0);
  in_child(mount_and_run, &(run){kind, body});
}

void leave_free(size_t pages) {
  int fd = open(in_dir("disk/filler"), O_RDWR | O_CREAT | O_APPEND, 0666);
  void *bytes = new_pattern(0, PAGE);
  while (write(fd, bytes, PAGE) == (ssize_t)PAGE)
    continue;
  must_equal(
      ftruncate(fd, (off_t)(file_length(in_dir("disk/filler")) / PAGE * PAGE - pages * PAGE)), 0);
  must_equal(fsync(fd), 0);
  close(fd);
  free(bytes);
}

void check_hole(const char *file, int line, const char *path, uint64_t offset, size_t length) {
  unsigned char *got = malloc(length);
  int fd = open(path, O_RDONLY);
  must_equal(pread(fd, got, length, (off_t)offset), length);
  check_zero(file, line, path, got, length);
  close(fd);
  free(got);
}
