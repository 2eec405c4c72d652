/* When a scan lets go of what it read: the rule, and how much memory this process is told to have, with planted figures. */
#include "calls.h"
#include "scan.h"
#include "test_support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define MEBI(n) ((uint64_t)(n) << 20)
#define GIBI(n) MEBI((uint64_t)(n)*1024)

/* ---- the rule ---- */

static int too_large(uint64_t cold, uint64_t free, uint64_t all) {
  return tome__scan_is_too_large(cold, &(os_memory){free, all});
}

static void what_fits_the_free_memory_stays(void **state) {
  (void)state;
  must(!too_large(GIBI(4), GIBI(20), GIBI(24)));
  must(!too_large(GIBI(20), GIBI(20), GIBI(24)));
  must(!too_large(0, 0, GIBI(24)));
}

static void what_takes_less_than_half_of_all_memory_stays(void **state) {
  (void)state;
  must(!too_large(GIBI(4), GIBI(1), GIBI(24)));
  must(!too_large(GIBI(12), 0, GIBI(24)));
}

static void what_takes_more_than_half_of_all_memory_and_all_that_is_free_is_let_go(void **state) {
  (void)state;
  must(too_large(GIBI(4), GIBI(2), GIBI(3)));
  must(too_large(GIBI(12) + 1, GIBI(12), GIBI(24)));
  must(too_large(GIBI(100), GIBI(20), GIBI(24)));
  must(too_large(MEBI(128), MEBI(60), MEBI(96)));
}

static void what_is_in_memory_mostly_stays(void **state) {
  (void)state;
  must(!too_large(MEBI(30), MEBI(1), GIBI(3)));
}

static void nothing_is_let_go_where_memory_cannot_be_told(void **state) {
  (void)state;
  must(!too_large(UINT64_MAX, UINT64_MAX, UINT64_MAX));
  must(!too_large(GIBI(1000), UINT64_MAX, UINT64_MAX));
}

/* ---- how much memory there is ---- */

typedef struct planted_file {
  const char *path, *text;
} planted_file;

enum { FIRST_PLANTED = 100000 };

static const planted_file *files;
static size_t file_count;
static uint64_t machine_free, machine_all;

static int open_planted(const char *path, int flags, mode_t mode) {
  (void)flags, (void)mode;
  for (size_t i = 0; i < file_count; i++)
    if (strcmp(files[i].path, path) == 0)
      return FIRST_PLANTED + (int)i;
  errno = ENOENT;
  return -1;
}

static ssize_t read_planted(int fd, void *to, size_t n, off_t at) {
  must(fd >= FIRST_PLANTED);
  must_equal(at, 0);
  size_t length = strlen(files[fd - FIRST_PLANTED].text);
  n = n < length ? n : length;
  memcpy(to, files[fd - FIRST_PLANTED].text, n);
  return (ssize_t)n;
}

static int close_planted(int fd) {
  must(fd >= FIRST_PLANTED);
  return 0;
}

static int tell_planted(struct sysinfo *info) {
  *info = (struct sysinfo){.totalram = machine_all / 4096, .mem_unit = 4096};
  info->freeram = machine_free / 4096;
  return 0;
}

static int tell_nothing(struct sysinfo *info) {
  (void)info;
  errno = EFAULT;
  return -1;
}

static os_memory memory_of(const planted_file *planted, size_t count, uint64_t free, uint64_t all) {
  os_calls real = tome__os_calls;
  os_memory memory;
  files = planted;
  file_count = count;
  machine_free = free;
  machine_all = all;
  tome__os_calls.open = open_planted;
  tome__os_calls.pread = read_planted;
  tome__os_calls.close = close_planted;
  tome__os_calls.sysinfo = all ? tell_planted : tell_nothing;
  tome__os_memory(&memory);
  tome__os_calls = real;
  return memory;
}

#define must_have(planted, machine_has_free, machine_has, free_left, in_all)                       \
  do {                                                                                             \
    os_memory memory_ = memory_of((planted), sizeof(planted) / sizeof(planted)[0],                 \
                                  (machine_has_free), (machine_has));                              \
    must_equal(memory_.free, (free_left));                                                         \
    must_equal(memory_.all, (in_all));                                                             \
  } while (0)

static void without_groups_the_machine_is_the_limit(void **state) {
  (void)state;
  static const planted_file none[] = {{"/nothing", ""}};
  must_have(none, GIBI(3), GIBI(8), GIBI(3), GIBI(8));
  must_have(none, 0, 0, UINT64_MAX, UINT64_MAX);
}

static void a_group_of_the_first_version_is_a_limit(void **state) {
  (void)state;
  static const planted_file group[] = {
      {"/proc/self/cgroup", "9:name=systemd:/\n8:cpu,cpuacct:/\n4:memory:/small\n0::/\n"},
      {"/sys/fs/cgroup/memory/small/memory.limit_in_bytes", "104857600\n"},
      {"/sys/fs/cgroup/memory/small/memory.usage_in_bytes", "41943040\n"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
      {"/sys/fs/cgroup/memory/memory.usage_in_bytes", "5000000000\n"},
  };
  must_have(group, GIBI(3), GIBI(8), MEBI(60), MEBI(100));
  must_have(group, MEBI(5), GIBI(8), MEBI(5), MEBI(100));
}

static void a_group_of_the_second_version_is_a_limit(void **state) {
  (void)state;
  static const planted_file group[] = {
      {"/proc/self/cgroup", "0::/user.slice/small"},
      {"/sys/fs/cgroup/user.slice/small/memory.max", "104857600\n"},
      {"/sys/fs/cgroup/user.slice/small/memory.current", "41943040\n"},
      {"/sys/fs/cgroup/user.slice/memory.max", "max\n"},
      {"/sys/fs/cgroup/user.slice/memory.current", "5000000000\n"},
  };
  must_have(group, GIBI(3), GIBI(8), MEBI(60), MEBI(100));
}

static void a_group_around_may_have_less_left(void **state) {
  (void)state;
  static const planted_file group[] = {
      {"/proc/self/cgroup", "0::/a/b/c\n"},
      {"/sys/fs/cgroup/a/b/c/memory.max", "1073741824\n"},
      {"/sys/fs/cgroup/a/b/c/memory.current", "0\n"},
      {"/sys/fs/cgroup/a/b/memory.max", "max\n"},
      {"/sys/fs/cgroup/a/memory.max", "2147483648\n"},
      {"/sys/fs/cgroup/a/memory.current", "2147483647\n"},
  };
  must_have(group, GIBI(3), GIBI(8), 1, GIBI(1));
}

static void a_group_that_holds_more_than_its_limit_has_nothing_left(void **state) {
  (void)state;
  static const planted_file group[] = {
      {"/proc/self/cgroup", "0::/small\n"},
      {"/sys/fs/cgroup/small/memory.max", "1048576\n"},
      {"/sys/fs/cgroup/small/memory.current", "2097152\n"},
  };
  must_have(group, GIBI(3), GIBI(8), 0, MEBI(1));
}

/* The path is the one that the host sees. */
static void in_a_container_its_own_group_is_the_limit(void **state) {
  (void)state;
  static const planted_file group[] = {
      {"/proc/self/cgroup", "4:memory:/docker/0123456789abcdef\n"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "104857600\n"},
      {"/sys/fs/cgroup/memory/memory.usage_in_bytes", "41943040\n"},
  };
  must_have(group, GIBI(3), GIBI(8), MEBI(60), MEBI(100));
}

static void what_is_no_figure_is_no_limit(void **state) {
  (void)state;
  static const planted_file group[] = {
      {"/proc/self/cgroup", "0::/small\nnonsense\n:\n4:memory\n"},
      {"/sys/fs/cgroup/small/memory.max", "a lot\n"},
      {"/sys/fs/cgroup/small/memory.current", "1\n"},
  };
  must_have(group, GIBI(3), GIBI(8), GIBI(3), GIBI(8));
}

static void a_path_too_long_is_no_limit(void **state) {
  (void)state;
  static char line[3000];
  memset(line, 'x', sizeof line - 1);
  memcpy(line, "0::/", 4);
  const planted_file group[] = {{"/proc/self/cgroup", line}};
  must_have(group, GIBI(3), GIBI(8), GIBI(3), GIBI(8));
}

static void this_process_has_some_memory(void **state) {
  (void)state;
  os_memory memory;
  tome__os_memory(&memory);
  must(memory.all > MEBI(1));
  must(memory.free <= memory.all);
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      TEST(what_fits_the_free_memory_stays),
      TEST(what_takes_less_than_half_of_all_memory_stays),
      TEST(what_takes_more_than_half_of_all_memory_and_all_that_is_free_is_let_go),
      TEST(what_is_in_memory_mostly_stays),
      TEST(nothing_is_let_go_where_memory_cannot_be_told),
      TEST(without_groups_the_machine_is_the_limit),
      TEST(a_group_of_the_first_version_is_a_limit),
      TEST(a_group_of_the_second_version_is_a_limit),
      TEST(a_group_around_may_have_less_left),
      TEST(a_group_that_holds_more_than_its_limit_has_nothing_left),
      TEST(in_a_container_its_own_group_is_the_limit),
      TEST(what_is_no_figure_is_no_limit),
      TEST(a_path_too_long_is_no_limit),
      TEST(this_process_has_some_memory),
  };
  return run_matching(tests, count, arguments);
}
