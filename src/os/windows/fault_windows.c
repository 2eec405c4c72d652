/* Faults.
 *
 * A page of a view that cannot be had raises EXCEPTION_IN_PAGE_ERROR. An access violation in our memory is a thread that came
 * while its page was being replaced, or a patch that wants memory; other systems that run Windows programs report lost pages
 * so, too. Which of these it is shows when the access is made once more: if it faults again and no piece was replaced in
 * between, the page is lost.
 *
 * A vectored handler is asked before those of the program's own frames. All that is not about our memory is passed on; so is a
 * fault of the thread that has the table locked, which touches nothing of ours: the program has damaged something, and is to
 * crash, not to wait for itself. */
#include "fault_windows.h"

#include "calls.h"
#include "mapping_table.h"

#include <stdatomic.h>

static void *handler; /* under the table's lock */
static os_fault_handler *_Atomic deal_with;

/* ---- accesses that are made once more ---- */

#define MOST_THREADS 64

/* The last one of a thread, at which state of the table. Threads may fall on the same place: then one is made once more in
 * vain. */
static struct {
  DWORD thread;
  uintptr_t address;
  unsigned state;
} again[MOST_THREADS];

static int is_second(uintptr_t address) {
  DWORD thread = GetCurrentThreadId();
  size_t place = thread / 4 % MOST_THREADS;
  unsigned state = tome__table_state();
  int second = again[place].thread == thread && again[place].address == address &&
               again[place].state == state;
  again[place].thread = second ? 0 : thread;
  again[place].address = address;
  again[place].state = state;
  return second;
}

/* ---- what a fault is ---- */

typedef enum verdict { FOREIGN, ONCE_MORE, LOST } verdict;

enum { READ = 0, STORE = 1 }; /* else it is execution */

static int is_allowed(const mapping *m, ULONG_PTR kind) {
  return kind == READ || (kind == STORE && (m->access & OS_WRITE));
}

/* The program may have protected what is ours. */
static int is_protected(const mapping *m, uintptr_t address) {
  MEMORY_BASIC_INFORMATION now;
  const DWORD readable = PAGE_READONLY | PAGE_READWRITE | PAGE_WRITECOPY;
  const DWORD wanted = m->access & OS_WRITE ? PAGE_READWRITE | PAGE_WRITECOPY : readable;
  return tome__os_calls.VirtualQuery((const void *)address, &now, sizeof now) == sizeof now &&
         now.State == MEM_COMMIT && !((now.Protect & 0xff) & wanted);
}

static verdict commit(const mapping *m, uintptr_t address) {
  size_t granule = tome__os_system()->granularity;
  void *at = (void *)(address & ~((uintptr_t)granule - 1));
  DWORD protection = m->access & OS_WRITE ? PAGE_READWRITE : PAGE_READONLY;
  return tome__os_calls.VirtualAlloc(at, granule, MEM_COMMIT, protection) ? ONCE_MORE : FOREIGN;
}

/* Nothing is mapped where the file was shorter when it was looked at last; by now it may reach there again. */
static verdict come_back(mapping *m, size_t at) {
  size_t end;
  if (tome__section_update(m, &end) < 0 || end <= at)
    return LOST;
  if (tome__pieces_complete(m, end < m->usable ? end : m->usable) < 0)
    return LOST;
  const piece *p = &m->pieces[tome__piece_at(m, at)];
  return at < p->at + p->length ? ONCE_MORE : LOST; /* a private view is not mapped anew */
}

static verdict judge(const EXCEPTION_RECORD *record) {
  uintptr_t address = record->ExceptionInformation[1];
  mapping *m = tome__table_at((const void *)address);
  if (!m || !is_allowed(m, record->ExceptionInformation[0]))
    return FOREIGN;
  size_t at = address - (uintptr_t)m->base;
  const piece *p = &m->pieces[tome__piece_at(m, at)];
  if (p->kind == PIECE_PATCH)
    return is_second(address) ? FOREIGN : commit(m, address);
  if (p->kind == PIECE_TAKEN || at >= m->usable)
    return FOREIGN;
  if (at >= p->at + p->length) /* reserved, or behind a view that ends amid a granule */
    return is_second(address) ? LOST : come_back(m, at);
  if (record->ExceptionCode == EXCEPTION_IN_PAGE_ERROR)
    return LOST;
  if (!is_second(address))
    return ONCE_MORE;
  return is_protected(m, address) ? FOREIGN : LOST;
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *what) {
  const EXCEPTION_RECORD *record = what->ExceptionRecord;
  if ((record->ExceptionCode != EXCEPTION_IN_PAGE_ERROR &&
       record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION) ||
      record->NumberParameters < 2 || tome__table_is_ours())
    return EXCEPTION_CONTINUE_SEARCH;
  DWORD system = GetLastError();
  tome__table_lock();
  verdict v = judge(record);
  tome__table_unlock();
  os_fault_handler *core = atomic_load(&deal_with);
  if (v == LOST)
    v = core && core(record->ExceptionInformation[1], 0) ? ONCE_MORE : FOREIGN;
  SetLastError(system);
  return v == ONCE_MORE ? EXCEPTION_CONTINUE_EXECUTION : EXCEPTION_CONTINUE_SEARCH;
}

/* ---- installing ---- */

/* Whoever lets go of the library: a fault may be on its way into it. */
void tome__faults_prepare(void) {
  static volatile LONG done;
  HMODULE ours;
  if (done)
    return;
  DWORD how = GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS;
  if (GetModuleHandleExW(how, (LPCWSTR)(const void *)&handler, &ours))
    InterlockedExchange(&done, 1);
}

int tome__faults_watch(void) {
  handler = tome__os_calls.AddVectoredExceptionHandler(1, on_exception);
  return handler ? 0 : TOME_ENOMEM;
}

void tome__faults_unwatch(void) {
  tome__os_calls.RemoveVectoredExceptionHandler(handler);
  handler = NULL;
}

/* The handler comes with the first mapping; of vectored handlers nobody can take another's place. */
int tome__os_fault_install(os_fault_handler *given) {
  atomic_store(&deal_with, given);
  return 0;
}

void tome__os_fault_remove(void) {
  atomic_store(&deal_with, NULL);
}
