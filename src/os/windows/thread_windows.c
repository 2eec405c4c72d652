/* Threads, and how many are worth while. */
#include "calls.h"
#include "os.h"
#include "windows_error.h"

/* Address space of a stack: what runs in our threads needs little. */
#define STACK (512u << 10)

typedef struct task {
  void (*body)(void *context);
  void *context;
} task;

static unsigned __stdcall run(void *given) {
  task mine = *(task *)given;
  tome__os_free(given);
  mine.body(mine.context);
  return 0;
}

int tome__os_thread_start(os_thread *ret_thread, void (*body)(void *context), void *context) {
  task *given = tome__os_new(1, sizeof *given);
  if (!given)
    return TOME_ENOMEM;
  *given = (task){body, context};
  HANDLE thread = tome__os_calls.os_start_thread(STACK, run, given);
  if (thread) {
    *ret_thread = thread;
    return 0;
  }
  int r = tome__os_failed();
  tome__os_free(given);
  return r == TOME_ESYSTEM || r == TOME_EACCES ? TOME_ENOMEM : r;
}

void tome__os_thread_join(os_thread thread) {
  WaitForSingleObject(thread, INFINITE);
  tome__os_calls.CloseHandle(thread);
}

void tome__os_yield(void) {
  SwitchToThread();
}

/* A process may be kept to some processors of its group; one that runs in several groups is not. */
unsigned tome__os_processors(void) {
  DWORD_PTR ours = 0, all = 0;
  unsigned count = 0;
  if (GetProcessAffinityMask(GetCurrentProcess(), &ours, &all))
    for (; ours; ours &= ours - 1)
      count++;
  if (count == 0)
    count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
  return count > 0 ? count : 1;
}

void tome__os_barrier(void) {
  FlushProcessWriteBuffers();
}
