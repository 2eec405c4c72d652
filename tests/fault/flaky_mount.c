#include "flaky_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef FLAKY_DISK
#define FLAKY_DISK "" /* built without libfuse3 */
#endif

static const char *const program = FLAKY_DISK;
static FILE *orders, *answers;
static char file[512];

const char *flaky_file(void) {
  return file;
}

/* ---- talking to it ---- */

static void hear(char *ret_line, size_t size) {
  must(fgets(ret_line, (int)size, answers) != NULL);
  ret_line[strcspn(ret_line, "\n")] = '\0';
}

static void order(const char *line) {
  char answer[64];
  fprintf(orders, "%s\n", line);
  fflush(orders);
  hear(answer, sizeof answer);
  must(strcmp(answer, "ok") == 0);
}

void flaky_fail(const char *what, uint64_t first, uint64_t end, int code) {
  char line[128];
  snprintf(line, sizeof line, "%s %llu %llu %d", what, (unsigned long long)first,
           (unsigned long long)end, code);
  order(line);
}

void flaky_stall(uint64_t first, uint64_t end, int seconds) {
  flaky_fail("stall", first, end, seconds);
}

void flaky_clear(void) {
  order("clear");
}

unsigned long flaky_struck(const char *what) {
  char answer[64];
  fprintf(orders, "struck %s\n", what);
  fflush(orders);
  hear(answer, sizeof answer);
  return strtoul(answer, NULL, 10);
}

/* ---- starting it ---- */

typedef struct flaky_run {
  unsigned mebibytes, how;
  disk_test *body;
} flaky_run;

/* The pipes are its only descriptors besides stderr: nothing of the test's must be held by it. */
_Noreturn static void become_server(const flaky_run *run, int in, int out) {
  char size[16];
  const char *const arguments[] = {program,
                                   in_dir("flaky"),
                                   size,
                                   run->how & FLAKY_WRITEBACK ? "writeback" : "-",
                                   run->how & FLAKY_DIRECT ? "direct" : "-",
                                   NULL};
  snprintf(size, sizeof size, "%u", run->mebibytes);
  alarm(0);
  if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
    _exit(1);
  execv(program, (char *const *)(uintptr_t)arguments);
  _exit(1);
}

static void start_server(const flaky_run *run) {
  int to[2], from[2];
  char answer[64] = "";
  must_equal(pipe2(to, O_CLOEXEC), 0);
  must_equal(pipe2(from, O_CLOEXEC), 0);
  fflush(NULL);
  pid_t child = fork();
  must(child >= 0);
  if (child == 0)
    become_server(run, to[0], from[1]);
  close(to[0]);
  close(from[1]);
  orders = fdopen(to[1], "w");
  answers = fdopen(from[0], "r");
  if (fgets(answer, sizeof answer, answers) == NULL)
    exit_unable("no FUSE file system can be mounted (no /dev/fuse, or not root)");
}

/* The server leaves when its input ends; if it should not, this child ends all the same. */
static void mount_and_run(void *context) {
  const flaky_run *run = context;
  enter_namespace();
  must(mkdir(in_dir("flaky"), 0755) == 0 || errno == EEXIST);
  snprintf(file, sizeof file, "%s/file", in_dir("flaky"));
  start_server(run);
  signal(SIGBUS, SIG_DFL); /* cmocka has a handler of its own */
  run->body();
  fclose(orders);
  fclose(answers);
  must(wait(NULL) > 0);
}

static void tell_that_there_is_none(void *unused) {
  (void)unused;
  exit_unable("built without libfuse3");
}

void on_flaky_disk(unsigned mebibytes, unsigned how, disk_test *body) {
  if (program[0] == '\0')
    in_child(tell_that_there_is_none, NULL);
  mebibytes *= (unsigned)(PAGE / 4096);
  in_child(mount_and_run, &(flaky_run){mebibytes, how, body});
}

/* ---- its file ---- */

void drop_pages(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  must(fd >= 0);
  must_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
  must_equal(close(fd), 0);
}

uint64_t mapped_bytes(const char *path) {
  char line[1024];
  unsigned long first, end;
  uint64_t total = 0;
  FILE *maps = fopen("/proc/self/maps", "re");
  while (fgets(line, sizeof line, maps) != NULL)
    if (strstr(line, path) != NULL && sscanf(line, "%lx-%lx", &first, &end) == 2)
      total += end - first;
  fclose(maps);
  return total;
}

void fill_flaky_file(size_t length) {
  unsigned char *bytes = new_pattern(0, length);
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  must(fd >= 0);
  for (size_t done = 0, n; done < length; done += n) { /* FUSE takes a MiB at once */
    n = length - done < 1 << 20 ? length - done : 1 << 20;
    must_equal(pwrite(fd, bytes + done, n, (off_t)done), n);
  }
  must_equal(ftruncate(fd, (off_t)length), 0);
  must_equal(fsync(fd), 0);
  must_equal(close(fd), 0);
  free(bytes);
  drop_pages(file);
}
