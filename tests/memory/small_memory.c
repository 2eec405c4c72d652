/* Groups of both versions of the kernel's interface. The test itself stays where it is: only a child enters the group. */
#include "small_memory.h"
#include "emulator_limits.h"

#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the two versions call the same things. Of a file with several lines, `key` begins the one that is meant. */
typedef struct figure {
  const char *file, *key;
} figure;

static const struct interface {
  const char *type, *option, *limit, *swap; /* `swap` set to 0 keeps memory from going there */
  figure peak, strikes, killed;
} interfaces[] = {
    {"cgroup",
     "memory",
     "memory.limit_in_bytes",
     "memory.swappiness",
     {"memory.max_usage_in_bytes", ""},
     {"memory.failcnt", ""},
     {"memory.oom_control", "oom_kill "}},
    {"cgroup2",
     NULL,
     "memory.max",
     "memory.swap.max",
     {"memory.peak", ""},
     {"memory.events", "max "},
     {"memory.events", "oom_kill "}},
};

static const struct interface *version;
static char group[512]; /* its directory */

/* ---- the group's files ---- */

static const char *file_of_group(const char *name) {
  static char path[1024];
  snprintf(path, sizeof path, "%s/%s", group, name);
  return path;
}

static int set_in_group(const char *name, uint64_t value) {
  char text[32];
  int length = snprintf(text, sizeof text, "%" PRIu64, value);
  int fd = open(file_of_group(name), O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  ssize_t n = write(fd, text, (size_t)length);
  close(fd);
  return n == length ? 0 : -1;
}

static uint64_t figure_of_group(figure what) {
  char line[128];
  uint64_t value = 0;
  FILE *file = fopen(file_of_group(what.file), "re");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, what.key, strlen(what.key)) == 0)
      value = strtoull(line + strlen(what.key), NULL, 10);
  if (file != NULL)
    fclose(file);
  return value;
}

/* ---- making and removing it ---- */

_Noreturn static void unable(const char *reason) {
  if (is_child())
    exit_unable(reason);
  print_message("SKIPPED: %s\n", reason);
  skip();
  abort(); /* cmocka does not say that skip() never returns */
}

static int mounted(const struct interface *which, char *ret_top, size_t size) {
  int found = 0;
  FILE *mounts = setmntent("/proc/self/mounts", "re");
  for (struct mntent *m; !found && mounts != NULL && (m = getmntent(mounts)) != NULL;)
    if (strcmp(m->mnt_type, which->type) == 0 &&
        (which->option == NULL || hasmntopt(m, which->option) != NULL)) {
      snprintf(ret_top, size, "%s", m->mnt_dir);
      found = 1;
    }
  if (mounts != NULL)
    endmntent(mounts);
  return found;
}

/* Where the test's group is, whether it is there or not: at the top, so that no limit but ours is met, under the name of the
 * test's directory, which no other test has. */
static int name_group(void) {
  char top[256], directory[256];
  for (version = interfaces; version < interfaces + 2; version++)
    if (mounted(version, top, sizeof top)) {
      snprintf(directory, sizeof directory, "%s", in_dir(""));
      directory[strlen(directory) - 1] = '\0';
      snprintf(group, sizeof group, "%s%s", top, strrchr(directory, '/'));
      return 1;
    }
  return 0;
}

static void make_group(uint64_t limit) {
  if (!name_group())
    unable("no control group of memory is mounted");
  if (mkdir(group, 0700) != 0)
    unable("no control group can be made: not root");
  if (set_in_group(version->limit, limit) != 0) {
    rmdir(group);
    unable("a control group here has no controller of memory");
  }
  set_in_group(version->swap, 0); /* fails where swap is not counted */
}

/* What a failed check left running there is a child of this test. */
static void kill_members(void) {
  char line[32];
  FILE *members = fopen(file_of_group("cgroup.procs"), "re");
  while (members != NULL && fgets(line, sizeof line, members) != NULL)
    kill((pid_t)strtol(line, NULL, 10), SIGKILL);
  if (members != NULL)
    fclose(members);
}

/* The system takes a moment to see that the last process has left. */
static int remove_group(void) {
  for (int tries = 0; tries < 200; tries++) {
    if (rmdir(group) == 0 || errno == ENOENT)
      return 0;
    usleep(10000);
  }
  return -1;
}

int end_memory_test(void **state) {
  int left = 0;
  if (name_group() && access(group, F_OK) == 0) {
    kill_members();
    left = remove_group();
  }
  if (left != 0)
    print_error("left behind: %s\n", group);
  return end_test(state) | left;
}

/* ---- a run ---- */

typedef struct limited_run {
  memory_limit limit;
  child_function *function;
  void *context;
} limited_run;

static void enter_and_run(void *context) {
  const limited_run *run = context;
  if (run->limit.group != 0)
    must_equal(set_in_group("cgroup.procs", 0), 0); /* 0: the one that writes */
  if (run->limit.space != 0) {
    struct rlimit space = {run->limit.space, run->limit.space};
    must_equal(setrlimit(RLIMIT_AS, &space), 0);
  }
  run->function(run->context);
}

static void must_have_ended_well(int status, memory_use use) {
  if (use.killed != 0)
    fail_at(__FILE__, __LINE__, "killed for want of memory, as %" PRIu64 " processes of its group",
            use.killed);
  if (WIFSIGNALED(status))
    fail_at(__FILE__, __LINE__, "the child died of signal %d", WTERMSIG(status));
  if (WEXITSTATUS(status) != 0)
    fail_at(__FILE__, __LINE__, "the child failed, see above");
}

void skip_without(memory_limit limit) {
  if (SANITIZED && limit.space != 0)
    unable("a sanitizer wants terabytes of address space");
  if (limit.space != 0 && !keeps_address_limit())
    unable("this system does not keep to a limit of the address space");
  if (limit.group == 0)
    return;
  make_group(limit.group);
  must_equal(remove_group(), 0);
}

memory_use run_limited(memory_limit limit, child_function *function, void *context) {
  memory_use use = {0, 0, 0};
  limited_run run = {limit, function, context};
  if (limit.group != 0)
    make_group(limit.group);
  int status = child_status(enter_and_run, &run);
  if (limit.group != 0) {
    use.peak = figure_of_group(version->peak);
    use.strikes = figure_of_group(version->strikes);
    use.killed = figure_of_group(version->killed);
    must_equal(remove_group(), 0);
  }
  must_have_ended_well(status, use);
  return use;
}

/* ---- what a process sees ---- */

static uint64_t refused;
static void *(*uncounted_map)(void *, size_t, int, int, int, off_t);

static void *count_and_map(void *at, size_t n, int protection, int flags, int fd, off_t offset) {
  void *address = uncounted_map(at, n, protection, flags, fd, offset);
  if (address == MAP_FAILED && errno == ENOMEM)
    refused++;
  return address;
}

void count_refused_mappings(void) {
  refused = 0;
  uncounted_map = tome__os_calls.mmap;
  tome__os_calls.mmap = count_and_map;
}

uint64_t refused_mappings(void) {
  return refused;
}

uint64_t peak_of_process(void) {
  char line[128];
  uint64_t kibibytes = 0;
  FILE *status = fopen("/proc/self/status", "re");
  must(status != NULL);
  while (fgets(line, sizeof line, status) != NULL)
    if (strncmp(line, "VmHWM:", 6) == 0)
      kibibytes = strtoull(line + 6, NULL, 10);
  fclose(status);
  return kibibytes << 10;
}
