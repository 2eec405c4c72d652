#include "meanwhile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

os_calls real;
const char *name;

const char *path(void) {
  return in_dir(name);
}

static void run_in_directory(void *body) {
  name = "file";
  (*(disk_test **)body)();
}

static disk_test *on_tmpfs;

static void run_on_tmpfs(void) {
  must_equal(mount(NULL, in_dir("disk"), NULL, MS_REMOUNT, "size=4m"), 0);
  name = "disk/file";
  on_tmpfs();
}

void on_a_tmpfs(disk_test *body) {
  on_tmpfs = body;
  on_disk(DISK_SMALL, run_on_tmpfs);
}

void everywhere(disk_test *body) {
  in_child(run_in_directory, &body);
  on_a_tmpfs(body);
}

void cut_it_to(uint64_t length) {
  must_equal(truncate(path(), (off_t)length), 0);
}

void read_plainly(uint64_t from, void *buffer, size_t length) {
  int fd = open(path(), O_RDONLY);
  must_equal(pread(fd, buffer, length, (off_t)from), length);
  close(fd);
}

tome *open_stored(uint32_t flags, size_t length) {
  tome *map = open_map(make_hole(name, length), flags);
  must_succeed(tome_fill(map, 0, TOME_END, 'x'));
  return map;
}

int answer;
unsigned refusals;

void refuse(void) {
  if (++refusals > 1000)
    fail_at(__FILE__, __LINE__, "asked again after a thousand refusals");
  errno = answer;
}

void limit_files_to(rlim_t size) {
  struct rlimit limit;
  must_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = size;
  must_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}
