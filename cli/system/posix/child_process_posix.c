/* A child is a copy, made by fork(). */
#include "child_process.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "streams.h"

int child_serve(child_work *work, int argc, char **argv, int *ret_status) {
  (void)work;
  (void)argc;
  (void)argv;
  (void)ret_status;
  return 0;
}

static void close_both(const int pipe_ends[2]) {
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

static pid_t start(child_work *work, const void *message, size_t length, const int up[2],
                   const int down[2]) {
  pid_t pid = fork();
  if (pid == 0) {
    close(up[0]);
    close(down[1]);
    _exit(work(message, length, up[1], down[0]));
  }
  return pid;
}

int child_start(child_work *work, const void *message, size_t length, struct child_process *ret) {
  int up[2], down[2];
  if (pipe(up) < 0)
    return -1;
  if (pipe(down) < 0) {
    close_both(up);
    return -1;
  }
  pid_t pid = start(work, message, length, up, down);
  if (pid < 0) {
    close_both(up);
    close_both(down);
    return -1;
  }
  close(up[1]);
  close(down[0]);
  *ret = (struct child_process){.from_child = up[0], .to_child = down[1], .id = pid};
  return 0;
}

int child_is_ready(const struct child_process *child, int milliseconds) {
  struct pollfd wait = {.fd = child->from_child, .events = POLLIN};
  return poll(&wait, 1, milliseconds) > 0;
}

int child_receive(const struct child_process *child, void *bytes, size_t length) {
  char *to = bytes;
  while (length > 0) {
    ssize_t count = stream_read(child->from_child, to, length);
    if (count <= 0)
      return -1;
    to += count;
    length -= (size_t)count;
  }
  return 0;
}

/* Writing into it could end us by SIGPIPE, had the child died. */
void child_let_go(struct child_process *child) {
  close(child->to_child);
}

int child_end(struct child_process *child, struct child_end *ret) {
  int status;
  struct rusage usage;
  close(child->from_child);
  if (wait4((pid_t)child->id, &status, 0, &usage) < 0)
    return -1;
  *ret = (struct child_end){.failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0,
                            .death = WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : NULL,
                            .peak_memory = (uint64_t)usage.ru_maxrss * MAXRSS_UNIT};
  return 0;
}

int child_send(int to_parent, const void *bytes, size_t length) {
  return write(to_parent, bytes, length) == (ssize_t)length ? 0 : -1;
}

void child_wait(int from_parent) {
  char nothing;
  (void)!read(from_parent, &nothing, 1);
}
