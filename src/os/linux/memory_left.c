/* How much memory there is, and how much of it is free.
 *
 * A process may use what the machine has, and no more than its control group and all groups around that one may hold, in either
 * version of the kernel's interface. Inside of a container the group's path may not be visible; then the container's own group
 * is at the top of what is. Where the files are not there, or not where every system has them, there is no limit. */
#include "calls.h"
#include "os.h"

#include <stdlib.h>
#include <string.h>

/* What the two versions call the same things. */
typedef struct interface {
  const char *controller, *top, *limit, *usage;
} interface;

static const interface interfaces[] = {
    {"memory", "/sys/fs/cgroup/memory", "/memory.limit_in_bytes", "/memory.usage_in_bytes"},
    {"", "/sys/fs/cgroup", "/memory.max", "/memory.current"},
};

#define LONGEST_PATH 1024

/* The text of a small file: 1, or 0. */
static int read_text(const char *path, char *text, size_t room) {
  int fd = tome__os_calls.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0)
    return 0;
  ssize_t n = tome__os_calls.pread(fd, text, room - 1, 0);
  tome__os_calls.close(fd);
  text[n > 0 ? n : 0] = 0;
  return n > 0;
}

/* A figure of the group whose directory is the first `end` bytes of `path`. UINT64_MAX: there is none, or it is "max". */
static uint64_t figure(char *path, size_t end, const char *name) {
  char text[64];
  size_t length = strlen(name);
  memcpy(path + end, name, length + 1);
  int known = read_text(path, text, sizeof text) && text[0] >= '0' && text[0] <= '9';
  path[end] = 0;
  return known ? strtoull(text, NULL, 10) : UINT64_MAX;
}

/* The first version says "none" by a number like this. */
#define NO_LIMIT (INT64_MAX / 2)

static void apply_limit(const interface *version, char *path, size_t end, os_memory *memory) {
  uint64_t limit = figure(path, end, version->limit);
  if (limit >= NO_LIMIT)
    return;
  uint64_t usage = figure(path, end, version->usage);
  uint64_t left = usage == UINT64_MAX ? limit : limit > usage ? limit - usage : 0;
  memory->all = limit < memory->all ? limit : memory->all;
  memory->free = left < memory->free ? left : memory->free;
}

/* The group and all around it. */
static void apply_limits(const interface *version, const char *group, size_t length,
                         os_memory *memory) {
  char path[LONGEST_PATH];
  size_t top = strlen(version->top), end = top + length;
  if (end + 32 > sizeof path)
    return;
  memcpy(path, version->top, top);
  memcpy(path + top, group, length);
  path[end] = 0;
  for (;;) {
    apply_limit(version, path, end, memory);
    if (end <= top)
      return;
    do
      path[--end] = 0;
    while (end > top && path[end - 1] != '/');
    end -= end > top; /* the slash */
    path[end] = 0;
  }
}

/* Whether a list such as "cpu,memory" has the word; the empty list has the empty word. */
static int lists(const char *list, size_t length, const char *word) {
  size_t n = strlen(word);
  for (const char *at = list, *end = list + length; at <= end; at++) {
    const char *comma = memchr(at, ',', (size_t)(end - at));
    size_t here = (size_t)((comma ? comma : end) - at);
    if (here == n && memcmp(at, word, n) == 0)
      return 1;
    at += here;
  }
  return 0;
}

/* A line of /proc/self/cgroup: "4:memory:/of/this/process". */
static void apply_line(const char *line, size_t length, os_memory *memory) {
  const char *list = memchr(line, ':', length);
  const char *group = list ? memchr(list + 1, ':', length - (size_t)(list + 1 - line)) : NULL;
  if (!group)
    return;
  for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0]; i++)
    if (lists(list + 1, (size_t)(group - list - 1), interfaces[i].controller))
      apply_limits(&interfaces[i], group + 1, length - (size_t)(group + 1 - line), memory);
}

void tome__os_memory(os_memory *ret_memory) {
  char text[4096];
  struct sysinfo system;
  *ret_memory = (os_memory){UINT64_MAX, UINT64_MAX};
  if (tome__os_calls.sysinfo(&system) == 0)
    *ret_memory = (os_memory){(uint64_t)system.freeram * system.mem_unit,
                              (uint64_t)system.totalram * system.mem_unit};
  if (!read_text("/proc/self/cgroup", text, sizeof text))
    return;
  for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
    end = line + strcspn(line, "\n");
    apply_line(line, (size_t)(end - line), ret_memory);
  }
}
