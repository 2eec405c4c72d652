/* Pages of mapped memory: asked for, looked at, let go, kept. */
#include "calls.h"
#include "locked_parts.h"
#include "mapping_table.h"
#include "windows_error.h"

#include <psapi.h>
#include <stdatomic.h>
#include <tome/info.h>

static uintptr_t page_down(uintptr_t address) {
  return address & ~((uintptr_t)tome__os_system()->page - 1);
}

static uintptr_t page_up(uintptr_t address) {
  return page_down(address + tome__os_system()->page - 1);
}

/* As WIN32_MEMORY_RANGE_ENTRY. */
typedef struct range_entry {
  void *address;
  SIZE_T length;
} range_entry;

void tome__os_will_need(void *address, size_t length) {
  range_entry range = {address, length};
  tome__os_calls.os_PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0);
}

/* The system takes no advice about mapped memory; what a fault reads with a page are a few of its neighbours. */
void tome__os_advise(void *address, size_t length, uint32_t advice) {
  (void)address, (void)length, (void)advice;
}

/* ---- looking ---- */

#define PAGES_ASKED 256

/* Pages of [*from, end) that are in the working set, of as many as are asked at once; -1: that is not told. */
static int count_valid(uintptr_t *from, uintptr_t end) {
  PSAPI_WORKING_SET_EX_INFORMATION pages[PAGES_ASKED];
  size_t page = tome__os_system()->page;
  DWORD n = 0;
  int valid = 0;
  for (; n < PAGES_ASKED && *from < end; n++, *from += page) {
    pages[n].VirtualAddress = (void *)*from;
    pages[n].VirtualAttributes.Flags = 0;
  }
  if (!tome__os_calls.os_QueryWorkingSetEx(GetCurrentProcess(), pages, n * (DWORD)sizeof *pages))
    return -1;
  for (DWORD i = 0; i < n; i++)
    valid += (int)pages[i].VirtualAttributes.Valid;
  return valid;
}

/* What is in memory without being in this process's working set is not told. */
int tome__os_is_resident(void *address, size_t length) {
  uintptr_t at = page_down((uintptr_t)address), end = page_up((uintptr_t)address + length);
  size_t page = tome__os_system()->page;
  while (at < end) {
    uintptr_t before = at;
    int valid = count_valid(&at, end);
    if (valid < 0 || (size_t)valid < (at - before) / page)
      return 0;
  }
  return 1;
}

uint64_t tome__os_mapped(const void *address, size_t length) {
  uintptr_t at = (uintptr_t)address, end = at + length;
  uint64_t sum = 0, page = tome__os_system()->page;
  while (at < end) {
    int valid = count_valid(&at, end);
    if (valid < 0)
      return TOME_UNKNOWN;
    sum += (uint64_t)valid * page;
  }
  return sum;
}

/* To unlock what is not locked takes it out of the working set, where the system finds it again as long as nobody else wants
 * it. */
void tome__os_let_go(void *address, size_t length) {
  uintptr_t from = page_up((uintptr_t)address), end = page_down((uintptr_t)address + length);
  if (from < end)
    tome__os_calls.VirtualUnlock((void *)from, end - from);
}

/* Others may look at it at the same time: so it stays where it is. */
void tome__os_clear_pages(void *address, size_t length) {
  _Atomic size_t *word = address, *end = word + length / sizeof *word;
  for (; word < end; word++)
    if (atomic_load_explicit(word, memory_order_relaxed))
      atomic_store_explicit(word, 0, memory_order_relaxed);
}

/* ---- bringing in ---- */

/* One byte of each page, by a call that fails where looking would fault. */
static int read_pages(void *address, size_t length) {
  size_t page = tome__os_system()->page;
  uintptr_t at = page_down((uintptr_t)address), end = (uintptr_t)address + length;
  for (; at < end; at += page) {
    char byte;
    SIZE_T n;
    if (!tome__os_calls.ReadProcessMemory(GetCurrentProcess(), (const void *)at, &byte, 1, &n))
      return TOME_ELOST;
  }
  return 0;
}

/* Nothing promises that a store will have its block. */
int tome__os_populate(void *address, size_t length, int access) {
  if (access & OS_WRITE)
    return TOME_ENOTSUP;
  tome__os_will_need(address, length);
  return read_pages(address, length);
}

/* ---- keeping ---- */

/* The least working set is what may be locked, but for some pages that the system keeps for itself. */
static int raise_limit(size_t length) {
  const size_t more = length + ((size_t)1 << 20);
  SIZE_T least, most;
  HANDLE process = GetCurrentProcess();
  if (!tome__os_calls.GetProcessWorkingSetSize(process, &least, &most) ||
      more > SIZE_MAX / 2 - most)
    return 0;
  return tome__os_calls.SetProcessWorkingSetSize(process, least + more, most + more);
}

/* Note what is to be locked of a mapping, or that it is not: of what is none nothing is ever mapped anew. */
static int note(void *address, size_t length, int (*how)(mapping *m, size_t from, size_t end)) {
  tome__table_lock();
  mapping *m = tome__table_at(address);
  int r = 0;
  if (m) {
    uintptr_t base = (uintptr_t)m->base;
    r = how(m, page_down((uintptr_t)address) - base, page_up((uintptr_t)address + length) - base);
  }
  tome__table_unlock();
  return r;
}

/* Locking brings the pages in at once. Where one of them cannot be had, tome__os_bring_in() says so. */
static int lock_now(void *address, size_t length) {
  if (tome__os_calls.VirtualLock(address, length))
    return 0;
  if (GetLastError() == ERROR_WORKING_SET_QUOTA) {
    if (raise_limit(length) && tome__os_calls.VirtualLock(address, length))
      return 0;
    DWORD system = GetLastError();
    int lost = read_pages(address, length) < 0;
    SetLastError(system);
    return lost ? 0 : TOME_ELIMIT;
  }
  DWORD system = GetLastError();
  int lost = read_pages(address, length) < 0;
  SetLastError(system);
  return lost ? 0 : TOME_ENOMEM;
}

/* Noted first: a view that is mapped anew in between is locked, too. */
int tome__os_lock(void *address, size_t length) {
  if (note(address, length, tome__parts_lock) < 0)
    return TOME_ENOMEM;
  int r = lock_now(address, length);
  DWORD system = GetLastError();
  if (r < 0)
    note(address, length, tome__parts_unlock);
  SetLastError(system);
  return r;
}

int tome__os_bring_in(void *address, size_t length) {
  return read_pages(address, length);
}

/* What a patch replaced meanwhile is not locked. */
int tome__os_unlock(void *address, size_t length) {
  if (note(address, length, tome__parts_unlock) < 0)
    return TOME_ENOMEM;
  tome__os_calls.VirtualUnlock(address, length);
  return 0;
}

/* The limit is the memory there is, and moves as working sets do. */
void tome__os_lock_limit(uint64_t *ret_limit, uint64_t *ret_locked) {
  *ret_limit = *ret_locked = UINT64_MAX;
}
