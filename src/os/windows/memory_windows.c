/* The system, and memory that is no file's. */
#include "calls.h"
#include "os.h"
#include "windows_error.h"

static os_system this_system;

/* Address space costs nothing but itself. A process of 64 bits has 128 TiB, and 8 before Windows 8.1. */
static BOOL CALLBACK ask_system(INIT_ONCE *once, void *parameter, void **context) {
  SYSTEM_INFO system;
  (void)once, (void)parameter, (void)context;
  GetSystemInfo(&system);
  this_system.page = system.dwPageSize;
  this_system.granularity = this_system.patch = system.dwAllocationGranularity;
  this_system.spare = sizeof(void *) > 4 ? UINT64_C(4) << 30 : UINT64_C(64) << 20;
  this_system.window = sizeof(void *) > 4 ? (size_t)64 << 20 : (size_t)16 << 20;
  return TRUE;
}

const os_system *tome__os_system(void) {
  static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
  InitOnceExecuteOnce(&once, ask_system, NULL, NULL);
  return &this_system;
}

void *tome__os_new(size_t count, size_t size) {
  return tome__os_calls.calloc(count, size);
}

void tome__os_free(void *memory) {
  free(memory);
}

/* The system counts all of it as used from now on, though it takes memory only where it is touched. */
int tome__os_pages(size_t length, void **ret_address) {
  void *p = tome__os_calls.VirtualAlloc(NULL, length, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (!p)
    return TOME_ENOMEM;
  *ret_address = p;
  return 0;
}
