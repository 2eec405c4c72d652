#include "address_space.h"

#include "calls.h"
#include "os.h"
#include "windows_error.h"

/* Not in every <winnt.h>. */
#define OS_MEM_RESERVE_PLACEHOLDER 0x00040000
#define OS_MEM_REPLACE_PLACEHOLDER 0x00004000
#define OS_MEM_COALESCE_PLACEHOLDERS 0x00000001
#define OS_MEM_PRESERVE_PLACEHOLDER 0x00000002

static HANDLE this_process(void) {
  return GetCurrentProcess();
}

/* 0: not known yet. What several threads find out at the same time is the same. */
static volatile LONG way;
enum { BY_PLACEHOLDERS = 1, BY_GAPS };

static void *placeholder(size_t length) {
  return tome__os_calls.os_VirtualAlloc2(this_process(), NULL, length,
                                         MEM_RESERVE | OS_MEM_RESERVE_PLACEHOLDER, PAGE_NOACCESS,
                                         NULL, 0);
}

static int has_placeholders(void) {
  if (!way) {
    os_look_up_newer_calls();
    void *one = placeholder(tome__os_system()->granularity);
    if (one)
      tome__os_calls.VirtualFree(one, 0, MEM_RELEASE);
    InterlockedExchange(&way, one ? BY_PLACEHOLDERS : BY_GAPS);
  }
  return way == BY_PLACEHOLDERS;
}

void tome__space_prepare(void) {
  has_placeholders();
}

void tome__space_ask_again(void) {
  InterlockedExchange(&way, 0);
}

/* Between these nobody allocates who does not name an address: the system begins at the bottom, and some are at the top. */
#define QUIET_FROM (UINT64_C(2) << 40)
#define QUIET_END (UINT64_C(7) << 40)
#define MOST_TRIES 64

/* Systems without placeholders may keep tables of all that is reserved, some bytes for each page of it. */
#define MOST_BY_GAPS (UINT64_C(256) << 30)

/* What was given back last is taken first: of that the system may have its tables still. */
static uint64_t given_back; /* under the table's lock; 0: nothing */

/* A gap that opens there stays ours. Of 32 bits there is no such place, and the top is the next best. */
static void *reserve_quietly(size_t length) {
  static uint64_t next = QUIET_FROM; /* under the table's lock */
  const uint64_t needed = length;
  int tries = sizeof(void *) > 4 && needed < QUIET_END - QUIET_FROM ? MOST_TRIES : 0;
  for (int i = 0; i < tries; i++) {
    void *here = (void *)(uintptr_t)given_back;
    given_back = 0;
    if (!here) {
      if (needed > QUIET_END - next)
        next = QUIET_FROM;
      here = (void *)(uintptr_t)next;
      next += needed + tome__os_system()->granularity;
    }
    if (tome__os_calls.VirtualAlloc(here, length, MEM_RESERVE, PAGE_NOACCESS))
      return here;
  }
  return tome__os_calls.VirtualAlloc(NULL, length, MEM_RESERVE | MEM_TOP_DOWN, PAGE_NOACCESS);
}

int tome__space_reserve(size_t length, char **ret_base) {
  const uint64_t needed = length;
  void *base = has_placeholders()      ? placeholder(length)
               : needed > MOST_BY_GAPS ? NULL
                                       : reserve_quietly(length);
  if (!base)
    return TOME_ENOMEM;
  *ret_base = base;
  return 0;
}

/* What a view shows of the section: to its very end at most. 0: nothing, for which the system would show all. */
static size_t shown(const view_source *source, uint64_t offset, size_t length) {
  uint64_t rest = offset < source->size ? source->size - offset : 0;
  if (rest == 0)
    SetLastError(ERROR_HANDLE_EOF);
  return rest < length ? (size_t)rest : length;
}

static DWORD access_of(DWORD protection) {
  return protection == PAGE_READWRITE   ? FILE_MAP_READ | FILE_MAP_WRITE
         : protection == PAGE_WRITECOPY ? FILE_MAP_COPY
                                        : FILE_MAP_READ;
}

static DWORD memory_protection(DWORD protection) {
  return protection == PAGE_READONLY ? PAGE_READONLY : PAGE_READWRITE;
}

/* ---- by placeholders ---- */

static int clear(char *base, const piece *p) {
  if (p->kind == PIECE_VIEW)
    return tome__os_calls.os_UnmapViewOfFile2(this_process(), base + p->at,
                                              OS_MEM_PRESERVE_PLACEHOLDER);
  return p->kind != PIECE_PATCH ||
         tome__os_calls.VirtualFree(base + p->at, p->span,
                                    MEM_RELEASE | OS_MEM_PRESERVE_PLACEHOLDER);
}

/* How much of a piece is one placeholder; behind a view that ends amid a granule there is another one. */
static size_t own_part(const piece *p) {
  return p->kind == PIECE_VIEW ? p->length : p->span;
}

/* Split what is one placeholder up to `end`. */
static int split(char *base, size_t at, size_t length, size_t end) {
  return at + length == end ||
         tome__os_calls.VirtualFree(base + at, length, MEM_RELEASE | OS_MEM_PRESERVE_PLACEHOLDER);
}

static void *view_at(void *at, uint64_t offset, size_t length, const view_source *source) {
  return tome__os_calls.os_MapViewOfFile3(source->section, this_process(), at, offset, length,
                                          OS_MEM_REPLACE_PLACEHOLDER, source->protection, NULL, 0);
}

/* Of a section's last page the view is as long as the section, or as the placeholder: what is documented allows both to be
 * meant. */
static void *fill_placeholder(char *base, const piece *p, const view_source *source) {
  void *at = base + p->at;
  uint64_t offset = source->offset + p->at;
  if (p->kind == PIECE_PATCH)
    return tome__os_calls.os_VirtualAlloc2(this_process(), at, p->span,
                                           MEM_RESERVE | OS_MEM_REPLACE_PLACEHOLDER,
                                           memory_protection(source->protection), NULL, 0);
  size_t length = shown(source, offset, p->length);
  void *view = length ? view_at(at, offset, length, source) : NULL;
  return view || !length || length == p->length ? view : view_at(at, offset, p->length, source);
}

static int coalesce(char *base, const piece *old, size_t count, size_t end) {
  int r = 0;
  size_t parts = 0;
  for (size_t i = 0; i < count; i++) {
    if (!clear(base, &old[i]) && r == 0)
      r = tome__os_failed();
    parts += own_part(&old[i]) < old[i].span ? 2 : 1;
  }
  if (r == 0 && parts > 1 &&
      !tome__os_calls.VirtualFree(base + old->at, end - old->at,
                                  MEM_RELEASE | OS_MEM_COALESCE_PLACEHOLDERS))
    r = tome__os_failed();
  return r;
}

/* A view that cannot be had leaves two placeholders where it should be; they become one again. */
static void fill_or_reserve(char *base, piece *p, const view_source *source, int *r) {
  if (p->kind == PIECE_RESERVED || fill_placeholder(base, p, source))
    return;
  if (*r == 0)
    *r = tome__os_failed();
  if (own_part(p) < p->span)
    tome__os_calls.VirtualFree(base + p->at, p->span, MEM_RELEASE | OS_MEM_COALESCE_PLACEHOLDERS);
  p->kind = PIECE_RESERVED;
  p->length = 0;
}

static int replace_placeholders(char *base, const piece *old, size_t old_count, piece *pieces,
                                size_t count, const view_source *source) {
  size_t end = old[old_count - 1].at + old[old_count - 1].span;
  int r = coalesce(base, old, old_count, end);
  for (size_t i = 0; i < count; i++) {
    piece *p = &pieces[i];
    size_t part = own_part(p);
    if (r == 0 && (!split(base, p->at, part, end) ||
                   (part < p->span && !split(base, p->at + part, p->span - part, end))))
      r = tome__os_failed();
    fill_or_reserve(base, p, source, &r);
  }
  return r;
}

/* ---- by gaps ---- */

static int give_back(char *base, const piece *p) {
  if (p->kind == PIECE_TAKEN)
    return 1;
  return p->kind == PIECE_VIEW ? tome__os_calls.UnmapViewOfFile(base + p->at)
                               : tome__os_calls.VirtualFree(base + p->at, 0, MEM_RELEASE);
}

static void *take(char *base, const piece *p, const view_source *source) {
  void *at = base + p->at;
  if (p->kind == PIECE_RESERVED)
    return tome__os_calls.VirtualAlloc(at, p->span, MEM_RESERVE, PAGE_NOACCESS);
  if (p->kind == PIECE_PATCH)
    return tome__os_calls.VirtualAlloc(at, p->span, MEM_RESERVE,
                                       memory_protection(source->protection));
  uint64_t offset = source->offset + p->at;
  size_t length = shown(source, offset, p->length);
  return length ? tome__os_calls.MapViewOfFileEx(source->section, access_of(source->protection),
                                                 (DWORD)(offset >> 32), (DWORD)offset, length, at)
                : NULL;
}

static int replace_by_gaps(char *base, const piece *old, size_t old_count, piece *pieces,
                           size_t count, const view_source *source) {
  int r = 0;
  for (size_t i = 0; i < old_count; i++)
    if (!give_back(base, &old[i]) && r == 0)
      r = tome__os_failed();
  for (size_t i = 0; i < count; i++) {
    piece *p = &pieces[i];
    if (take(base, p, source))
      continue;
    if (r == 0)
      r = tome__os_failed();
    p->length = 0;
    if (p->kind != PIECE_RESERVED) {
      p->kind = PIECE_RESERVED;
      if (take(base, p, source))
        continue;
    }
    p->kind = PIECE_TAKEN;
  }
  return r;
}

/* ---- both ---- */

int tome__space_replace(char *base, const piece *old, size_t old_count, piece *pieces, size_t count,
                        const view_source *source) {
  return (has_placeholders() ? replace_placeholders : replace_by_gaps)(base, old, old_count, pieces,
                                                                       count, source);
}

static int release_placeholder(char *base, const piece *p) {
  size_t part = own_part(p);
  if (p->kind == PIECE_VIEW && !tome__os_calls.UnmapViewOfFile(base + p->at))
    return 0;
  if (p->kind != PIECE_VIEW && !tome__os_calls.VirtualFree(base + p->at, 0, MEM_RELEASE))
    return 0;
  return part == p->span || tome__os_calls.VirtualFree(base + p->at + part, 0, MEM_RELEASE);
}

int tome__space_release(char *base, const piece *pieces, size_t count) {
  int r = 0;
  for (size_t i = 0; i < count; i++)
    if (!(has_placeholders() ? release_placeholder : give_back)(base, &pieces[i]) && r == 0)
      r = tome__os_failed();
  const uint64_t at = (uintptr_t)base;
  if (at >= QUIET_FROM && at < QUIET_END)
    given_back = at;
  return r;
}
