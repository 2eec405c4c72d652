/* Where a placeholder is, nothing is allocated for real: it lies where nobody allocates who does not name an address. */
#include "placeholder_model.h"

#include "address_space.h"
#include "calls.h"
#include "test_support.h"

#define FROM (UINT64_C(1) << 42)
#define GRANULE ((uint64_t)64 << 10)
#define SMALL ((uint64_t)4096)
#define MOST 4096

#define MEM_PLACEHOLDER 0x00040000 /* with MEM_RESERVE */
#define MEM_REPLACE 0x00004000
#define MEM_COALESCE 0x00000001
#define MEM_PRESERVE 0x00000002

enum { NOTHING, PLACEHOLDER, VIEW, PRIVATE };

static struct stretch {
  uint64_t at, length;
  int kind;
} stretches[MOST];
static os_calls real;
static SRWLOCK lock = SRWLOCK_INIT;
static uint64_t next_address = FROM;
static volatile LONG replaced;

static struct stretch *find(uint64_t at) {
  for (int i = 0; i < MOST; i++)
    if (stretches[i].kind && at - stretches[i].at < stretches[i].length)
      return &stretches[i];
  return NULL;
}

static void enter(uint64_t at, uint64_t length, int kind) {
  int i = 0;
  while (i < MOST && stretches[i].kind)
    i++;
  must(i < MOST);
  if (length > 0)
    stretches[i] = (struct stretch){at, length, kind};
}

static void *refuse(void) {
  SetLastError(ERROR_INVALID_ADDRESS);
  return NULL;
}

/* Exactly this placeholder becomes something else. */
static struct stretch *take(uint64_t at, uint64_t length, int kind) {
  struct stretch *s = find(at);
  if (!s || s->kind != PLACEHOLDER || s->at != at || s->length != length)
    return NULL;
  s->kind = kind;
  return s;
}

static void *alloc2(HANDLE process, void *at, SIZE_T n, ULONG how, ULONG protection,
                    void *parameters, ULONG count) {
  (void)process, (void)parameters, (void)count;
  void *p = NULL;
  AcquireSRWLockExclusive(&lock);
  if (how & MEM_PLACEHOLDER) {
    must(at == NULL && protection == PAGE_NOACCESS && n % SMALL == 0);
    p = (void *)(uintptr_t)next_address;
    enter(next_address, n, PLACEHOLDER);
    next_address += (n + 2 * GRANULE - 1) / GRANULE * GRANULE;
  } else {
    must((how & MEM_REPLACE) && n % SMALL == 0);
    if (take((uintptr_t)at, n, PRIVATE))
      p = real.VirtualAlloc(at, n, MEM_RESERVE, protection);
  }
  ReleaseSRWLockExclusive(&lock);
  return p ? p : refuse();
}

static void *map3(HANDLE section, HANDLE process, void *at, ULONG64 offset, SIZE_T n, ULONG how,
                  ULONG protection, void *parameters, ULONG count) {
  (void)process, (void)parameters, (void)count;
  DWORD access = protection == PAGE_READWRITE   ? FILE_MAP_WRITE | FILE_MAP_READ
                 : protection == PAGE_WRITECOPY ? FILE_MAP_COPY
                                                : FILE_MAP_READ;
  void *p = NULL;
  must(how == MEM_REPLACE && (uintptr_t)at % GRANULE == 0 && offset % GRANULE == 0);
  AcquireSRWLockExclusive(&lock);
  struct stretch *s = take((uintptr_t)at, (n + SMALL - 1) / SMALL * SMALL, VIEW);
  if (s)
    p = real.MapViewOfFileEx(section, access, (DWORD)(offset >> 32), (DWORD)offset, n, at);
  if (s && !p)
    s->kind = PLACEHOLDER;
  replaced += p != NULL;
  ReleaseSRWLockExclusive(&lock);
  return p ? p : refuse();
}

static BOOL unmap2(HANDLE process, void *at, ULONG flags) {
  (void)process;
  AcquireSRWLockExclusive(&lock);
  struct stretch *s = find((uintptr_t)at);
  must(flags == MEM_PRESERVE && s && s->kind == VIEW && s->at == (uintptr_t)at);
  BOOL done = real.UnmapViewOfFile(at);
  s->kind = PLACEHOLDER;
  ReleaseSRWLockExclusive(&lock);
  return done;
}

static BOOL unmap(const void *at) {
  AcquireSRWLockExclusive(&lock);
  struct stretch *s = find((uintptr_t)at);
  if (s) {
    must(s->kind == VIEW && s->at == (uintptr_t)at);
    s->kind = NOTHING;
  }
  ReleaseSRWLockExclusive(&lock);
  return real.UnmapViewOfFile(at);
}

static BOOL split(struct stretch *s, uint64_t at, uint64_t n) {
  struct stretch all = *s;
  if (at + n > all.at + all.length || n == all.length)
    return refuse() != NULL;
  s->kind = NOTHING;
  enter(all.at, at - all.at, PLACEHOLDER);
  enter(at, n, PLACEHOLDER);
  enter(at + n, all.at + all.length - at - n, PLACEHOLDER);
  return TRUE;
}

static BOOL coalesce(uint64_t at, uint64_t n) {
  int parts = 0;
  for (uint64_t here = at; here < at + n; parts++) {
    const struct stretch *s = find(here);
    if (!s || s->kind != PLACEHOLDER || s->at != here || s->length > at + n - here)
      return refuse() != NULL;
    here += s->length;
  }
  if (parts < 2)
    return refuse() != NULL;
  for (uint64_t here = at; here < at + n;) {
    struct stretch *s = find(here);
    here += s->length;
    s->kind = NOTHING;
  }
  enter(at, n, PLACEHOLDER);
  return TRUE;
}

static BOOL change(struct stretch *s, uint64_t at, uint64_t n, DWORD how) {
  void *address = (void *)(uintptr_t)at;
  must(at % SMALL == 0 && n % SMALL == 0);
  if (how == (MEM_RELEASE | MEM_COALESCE))
    return coalesce(at, n);
  if (how == (MEM_RELEASE | MEM_PRESERVE) && s->kind == PLACEHOLDER)
    return split(s, at, n);
  must(s->at == at && s->kind != VIEW);
  int was = s->kind;
  if (how == MEM_RELEASE) {
    must(n == 0);
    s->kind = NOTHING;
  } else {
    must(how == (MEM_RELEASE | MEM_PRESERVE) && was == PRIVATE && n == s->length);
    s->kind = PLACEHOLDER;
  }
  return was == PLACEHOLDER || real.VirtualFree(address, 0, MEM_RELEASE);
}

static BOOL free_memory(void *at, SIZE_T n, DWORD how) {
  AcquireSRWLockExclusive(&lock);
  struct stretch *s = find((uintptr_t)at);
  BOOL done = s ? change(s, (uintptr_t)at, n, how) : real.VirtualFree(at, n, how);
  ReleaseSRWLockExclusive(&lock);
  return done;
}

void plant_placeholders(void) {
  real = tome__os_calls;
  tome__os_calls.os_VirtualAlloc2 = alloc2;
  tome__os_calls.os_MapViewOfFile3 = map3;
  tome__os_calls.os_UnmapViewOfFile2 = unmap2;
  tome__os_calls.UnmapViewOfFile = unmap;
  tome__os_calls.VirtualFree = free_memory;
  tome__space_ask_again();
}

void unplant_placeholders(void) {
  for (int i = 0; i < MOST; i++)
    must_equal(stretches[i].kind, NOTHING);
  tome__os_calls = real;
  tome__space_ask_again();
}

unsigned count_replaced(void) {
  return (unsigned)replaced;
}
