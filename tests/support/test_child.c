/* Children of the tests: they stand for other processes, and take what would end the test itself. */
#include "test_support.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_UNABLE = 77, CHILD_SECONDS = 200, CHILD_SECONDS_LONG = 3600 };

static int in_a_child;

int is_child(void) {
  return in_a_child;
}

void exit_unable(const char *reason) {
  fprintf(stderr, "SKIPPED: %s\n", reason);
  _exit(EXIT_UNABLE);
}

void become_nobody(void) {
  if (geteuid() != 0)
    return;
  must_equal(setgroups(0, NULL), 0);
  must_equal(setresgid(65534, 65534, 65534), 0);
  must_equal(setresuid(65534, 65534, 65534), 0);
}

pid_t start_child(child_function *function, void *context) {
  fflush(NULL);
  pid_t child = fork();
  must(child >= 0);
  if (child == 0) {
    in_a_child = 1;
    alarm((unsigned)how_many(
        CHILD_SECONDS, CHILD_SECONDS_LONG)); /* an endless wait is a failure, not a hanging test */
    function(context);
    _exit(0);
  }
  return child;
}

static int wait_for(pid_t child) {
  int status = 0;
  must_equal(waitpid(child, &status, 0), child);
  return status;
}

void finish_child(pid_t child) {
  int status = wait_for(child);
  if (WIFSIGNALED(status))
    fail_at(__FILE__, __LINE__, "the child died of signal %d", WTERMSIG(status));
  if (WEXITSTATUS(status) == EXIT_UNABLE && is_child())
    _exit(EXIT_UNABLE);
  if (WEXITSTATUS(status) == EXIT_UNABLE)
    skip();
  if (WEXITSTATUS(status) != 0)
    fail_at(__FILE__, __LINE__, "the child failed, see above");
}

void in_child(child_function *function, void *context) {
  finish_child(start_child(function, context));
}

int child_status(child_function *function, void *context) {
  return wait_for(start_child(function, context));
}

void check_death(const char *file, int line, int number, child_function *function, void *context) {
  int status = child_status(function, context);
  if (!WIFSIGNALED(status))
    fail_at(file, line, "the child should have died of signal %d, but left with %d", number,
            WEXITSTATUS(status));
  if (WTERMSIG(status) != number)
    fail_at(file, line, "the child should have died of signal %d, not of %d", number,
            WTERMSIG(status));
}

/* ---- what other processes do to a file ---- */

typedef struct change {
  const char *path;
  uint64_t offset;
  const void *bytes;
  size_t length;
} change;

static void do_truncate(void *context) {
  const change *what = context;
  must_equal(truncate(what->path, (off_t)what->offset), 0);
}

static void do_append(void *context) {
  const change *what = context;
  int fd = open(what->path, O_WRONLY | O_APPEND);
  must(fd >= 0);
  must_equal(write(fd, what->bytes, what->length), what->length);
}

static void do_write(void *context) {
  const change *what = context;
  int fd = open(what->path, O_WRONLY);
  must(fd >= 0);
  must_equal(pwrite(fd, what->bytes, what->length, (off_t)what->offset), what->length);
}

void truncate_elsewhere(const char *path, uint64_t length) {
  in_child(do_truncate, &(change){path, length, NULL, 0});
}

void append_elsewhere(const char *path, const void *bytes, size_t length) {
  in_child(do_append, &(change){path, 0, bytes, length});
}

void write_elsewhere(const char *path, uint64_t offset, const void *bytes, size_t length) {
  in_child(do_write, &(change){path, offset, bytes, length});
}

int is_at_rest(pid_t id) {
  char path[64], state = 0;
  snprintf(path, sizeof path, "/proc/%d/stat", (int)id);
  FILE *stat = fopen(path, "re");
  must(stat != NULL && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1);
  fclose(stat);
  return state == 'S' || state == 'Z';
}
