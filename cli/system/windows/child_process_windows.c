/* A child is another run of the command. It gets its message through the pipe that it waits at later. */
#include "child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <psapi.h>

#include <tome/tome.h>

#include "streams.h"
#include "wide_text.h"

/* Its only argument; no verb has such a name. */
static const char CHILD[] = "(child)";

/* ---- in the child ---- */

static int read_all(int fd, void *bytes, size_t length) {
  char *at = bytes;
  while (length > 0) {
    ssize_t count = stream_read(fd, at, length);
    if (count <= 0)
      return -1;
    at += count;
    length -= (size_t)count;
  }
  return 0;
}

static int write_all(int fd, const void *bytes, size_t length) {
  const char *at = bytes;
  while (length > 0) {
    int count = _write(fd, at, length < INT_MAX ? (unsigned)length : INT_MAX);
    if (count <= 0)
      return -1;
    at += count;
    length -= (size_t)count;
  }
  return 0;
}

int child_serve(child_work *work, int argc, char **argv, int *ret_status) {
  uint64_t length;
  if (argc != 2 || strcmp(argv[1], CHILD) != 0)
    return 0;
  *ret_status = EXIT_FAILURE;
  if (read_all(STREAM_IN, &length, sizeof length) < 0 || length > INT_MAX)
    return 1;
  void *message = malloc((size_t)length + 1);
  if (message && read_all(STREAM_IN, message, (size_t)length) == 0)
    *ret_status = work(message, (size_t)length, STREAM_OUT, STREAM_IN);
  free(message);
  return 1;
}

int child_send(int to_parent, const void *bytes, size_t length) {
  return write_all(to_parent, bytes, length);
}

void child_wait(int from_parent) {
  char nothing;
  (void)stream_read(from_parent, &nothing, 1);
}

/* ---- in the parent ---- */

/* Its ends are the HANDLEs that the child gets, and descriptors of ours. */
struct pipes {
  HANDLE child_reads, child_writes;
  int to_child, from_child;
};

static void close_pipes(const struct pipes *pipes) {
  int reason = errno;
  if (pipes->child_reads)
    CloseHandle(pipes->child_reads);
  if (pipes->child_writes)
    CloseHandle(pipes->child_writes);
  if (pipes->to_child >= 0)
    _close(pipes->to_child);
  if (pipes->from_child >= 0)
    _close(pipes->from_child);
  errno = reason;
}

static int as_descriptor(HANDLE ours, int flags) {
  int fd = _open_osfhandle((intptr_t)ours, flags | _O_BINARY | _O_NOINHERIT);
  if (fd < 0)
    CloseHandle(ours);
  return fd;
}

static int open_pipes(struct pipes *ret) {
  HANDLE ours;
  *ret = (struct pipes){.to_child = -1, .from_child = -1};
  if (!CreatePipe(&ret->child_reads, &ours, NULL, 0))
    return windows_fail();
  ret->to_child = as_descriptor(ours, _O_WRONLY);
  if (ret->to_child < 0)
    return -1;
  if (!CreatePipe(&ours, &ret->child_writes, NULL, 0))
    return windows_fail();
  ret->from_child = as_descriptor(ours, _O_RDONLY);
  if (ret->from_child < 0)
    return -1;
  SetHandleInformation(ret->child_reads, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  SetHandleInformation(ret->child_writes, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
  return 0;
}

/* This program, wherever it is; to be freed. */
static wchar_t *own_path(void) {
  wchar_t *path = malloc(UNICODE_STRING_MAX_CHARS * sizeof *path);
  DWORD length = path ? GetModuleFileNameW(NULL, path, UNICODE_STRING_MAX_CHARS) : 0;
  if (length > 0 && length < UNICODE_STRING_MAX_CHARS)
    return path;
  windows_fail();
  free(path);
  return NULL;
}

static int run_self(const struct pipes *pipes, HANDLE *ret) {
  wchar_t command[] = L"tome (child)";
  STARTUPINFOW startup = {.cb = sizeof startup,
                          .dwFlags = STARTF_USESTDHANDLES,
                          .hStdInput = pipes->child_reads,
                          .hStdOutput = pipes->child_writes,
                          .hStdError = (HANDLE)_get_osfhandle(STREAM_ERROR)};
  PROCESS_INFORMATION process;
  wchar_t *self = own_path();
  if (!self)
    return -1;
  BOOL started = CreateProcessW(self, command, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process);
  if (!started)
    windows_fail();
  free(self);
  if (!started)
    return -1;
  CloseHandle(process.hThread);
  *ret = process.hProcess;
  return 0;
}

/* A child that is gone already shows when it is listened to. */
int child_start(child_work *work, const void *message, size_t length, struct child_process *ret) {
  struct pipes pipes;
  HANDLE process;
  uint64_t size = length;
  (void)work;
  if (open_pipes(&pipes) < 0 || run_self(&pipes, &process) < 0) {
    close_pipes(&pipes);
    return -1;
  }
  CloseHandle(pipes.child_reads);
  CloseHandle(pipes.child_writes);
  if (write_all(pipes.to_child, &size, sizeof size) == 0)
    (void)write_all(pipes.to_child, message, length);
  *ret = (struct child_process){
      .from_child = pipes.from_child, .to_child = pipes.to_child, .id = (intptr_t)process};
  return 0;
}

int child_is_ready(const struct child_process *child, int milliseconds) {
  for (; !stream_is_ready(child->from_child); milliseconds -= 10) {
    if (milliseconds <= 0)
      return 0;
    Sleep(10);
  }
  return 1;
}

int child_receive(const struct child_process *child, void *bytes, size_t length) {
  return read_all(child->from_child, bytes, length);
}

void child_let_go(struct child_process *child) {
  _close(child->to_child);
}

/* What ends a process from within or outside is an exit status like that of a failed call of the system's. */
static const char *death_of(DWORD status) {
  static char text[32];
  snprintf(text, sizeof text, "exit status 0x%08lX", status);
  return status >= 0xC0000000 ? text : NULL;
}

/* Wine forgets how much memory a process had when it ends. */
int child_end(struct child_process *child, struct child_end *ret) {
  HANDLE process = (HANDLE)child->id;
  PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof memory};
  DWORD status = 0;
  _close(child->from_child);
  if (WaitForSingleObject(process, INFINITE) != WAIT_OBJECT_0 ||
      !GetExitCodeProcess(process, &status))
    return windows_fail();
  (void)K32GetProcessMemoryInfo(process, &memory, sizeof memory);
  CloseHandle(process);
  uint64_t peak = memory.PeakWorkingSetSize;
  *ret = (struct child_end){.failed = status != 0,
                            .death = death_of(status),
                            .peak_memory = peak > 0 ? peak : TOME_UNKNOWN};
  return 0;
}
