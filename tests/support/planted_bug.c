#include "planted_bug.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNABLE = 77 };

void plant_no_guard(void) {
  tome_guard_enable(0);
}

int sync_nothing(int fd) {
  (void)fd;
  return 0;
}

typedef struct broken_run {
  plant *bug;
  child_function *body;
  void *context;
  const char *log;
} broken_run;

static void run_broken(void *context) {
  const broken_run *run = context;
  int fd = open(run->log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  must(fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0);
  signal(SIGBUS, SIG_DFL); /* not the test runner's handlers: a child that dies must die */
  signal(SIGSEGV, SIG_DFL);
  run->bug();
  run->body(run->context);
}

static void first_line(const char *path, char *ret_line, size_t size) {
  ret_line[0] = '\0';
  FILE *log = fopen(path, "re");
  if (log != NULL && fgets(ret_line, (int)size, log) != NULL)
    ret_line[strcspn(ret_line, "\n")] = '\0';
  if (log != NULL)
    fclose(log);
}

/* Runs the body with the bug, and tells if that was found: 1 or 0. */
static int is_found(const char *name, broken_run *run) {
  char line[512];
  int status = child_status(run_broken, run);
  first_line(run->log, line, sizeof line);
  if (WIFEXITED(status) && WEXITSTATUS(status) == UNABLE) {
    print_message("%s\n", line);
    if (is_child())
      _exit(UNABLE);
    skip();
  }
  if (status == 0)
    return 0;
  if (WIFSIGNALED(status))
    snprintf(line, sizeof line, "signal %d", WTERMSIG(status));
  printf("PLANTED %s: found (%s)\n", name, line);
  fflush(stdout);
  unlink(run->log);
  return 1;
}

void must_meet_bug(int runs, const char *name, plant *bug, child_function *body, void *context) {
  char log[512];
  snprintf(log, sizeof log, "%s", in_dir("planted.log"));
  broken_run run = {bug, body, context, log};
  for (int i = 0; i < runs; i++)
    if (is_found(name, &run))
      return;
  fail_at(__FILE__, __LINE__, "planted bug not found: %s", name);
}

void must_find_bug(const char *name, plant *bug, child_function *body, void *context) {
  must_meet_bug(1, name, bug, body, context);
}
