#include "mapping_table.h"

#include "calls.h"
#include "fault_windows.h"
#include "locked_parts.h"
#include "private_pages.h"
#include "windows_error.h"

#include <stdatomic.h>
#include <string.h>

/* A private mapping consists of views of this size at least: to patch one, its changed pages are copied. */
#define LEAST_PRIVATE ((size_t)1 << 20)
#define MOST_PRIVATE_VIEWS 16384

static SRWLOCK table_lock = SRWLOCK_INIT;
static _Atomic DWORD owner; /* thread that has it; 0: none */
static mapping *mappings;   /* under the lock, like the heap */
static HANDLE heap;
static unsigned state;

void tome__table_lock(void) {
  AcquireSRWLockExclusive(&table_lock);
  atomic_store_explicit(&owner, GetCurrentThreadId(), memory_order_relaxed);
}

int tome__table_is_ours(void) {
  return atomic_load_explicit(&owner, memory_order_relaxed) == GetCurrentThreadId();
}

void tome__table_unlock(void) {
  atomic_store_explicit(&owner, 0, memory_order_relaxed);
  ReleaseSRWLockExclusive(&table_lock);
}

size_t tome__in_granules(size_t length) {
  size_t granule = tome__os_system()->granularity;
  return (length + granule - 1) & ~(granule - 1);
}

size_t tome__in_pages(size_t length) {
  size_t page = tome__os_system()->page;
  return (length + page - 1) & ~(page - 1);
}

void *tome__table_new(size_t size) {
  if (!heap)
    heap = HeapCreate(0, 0, 0);
  return heap ? HeapAlloc(heap, HEAP_ZERO_MEMORY, size) : NULL;
}

void tome__table_free(void *memory) {
  if (memory)
    HeapFree(heap, 0, memory);
}

/* ---- mappings ---- */

int tome__table_enter(mapping *m) {
  m->pieces = tome__table_new(sizeof *m->pieces);
  if (!m->pieces || (!mappings && tome__faults_watch() < 0)) {
    tome__table_free(m->pieces);
    return TOME_ENOMEM;
  }
  *m->pieces = (piece){.span = m->length};
  m->count = m->room = 1;
  m->next = mappings;
  mappings = m;
  return 0;
}

void tome__table_leave(mapping *m) {
  mapping **at = &mappings;
  while (*at != m)
    at = &(*at)->next;
  *at = m->next;
  tome__section_drop(m);
  tome__os_calls.CloseHandle(m->file.handle);
  tome__table_free(m->pieces);
  tome__table_free(m->locked);
  if (!mappings)
    tome__faults_unwatch();
}

unsigned tome__table_state(void) {
  return state;
}

mapping *tome__table_first(void) {
  return mappings;
}

mapping *tome__table_at(const void *address) {
  for (mapping *m = mappings; m; m = m->next)
    if ((uintptr_t)address - (uintptr_t)m->base < m->length)
      return m;
  return NULL;
}

size_t tome__piece_at(const mapping *m, size_t at) {
  size_t first = 0, end = m->count;
  while (end - first > 1) {
    size_t middle = first + (end - first) / 2;
    if (m->pieces[middle].at <= at)
      first = middle;
    else
      end = middle;
  }
  return first;
}

/* ---- sections ---- */

static DWORD section_protection(int access) {
  return access & OS_PRIVATE ? PAGE_WRITECOPY : access & OS_WRITE ? PAGE_READWRITE : PAGE_READONLY;
}

void tome__section_drop(mapping *m) {
  if (m->source.section)
    tome__os_calls.CloseHandle(m->source.section);
  m->source.section = NULL;
  m->source.size = 0;
}

/* SECTION_BASIC_INFORMATION */
typedef struct section_basic {
  void *base;
  ULONG attributes;
  LARGE_INTEGER size;
} section_basic;
#define SECTION_BASIC 0

/* The file may have become longer or shorter since its size was asked. */
static uint64_t size_of_section(HANDLE section, uint64_t size) {
  section_basic basic;
  LONG status = tome__os_calls.os_NtQuerySection(section, SECTION_BASIC, &basic, sizeof basic);
  return status < 0 ? size : (uint64_t)basic.size.QuadPart;
}

/* An empty file has no section, and what looks like one may have been cut to nothing meanwhile. */
static int why_no_section(const mapping *m) {
  DWORD system = GetLastError();
  os_stat now;
  if (system == ERROR_FILE_INVALID && tome__os_stat(&m->file, &now) == 0 && now.size == 0)
    return 0;
  SetLastError(system);
  return tome__os_failed();
}

static int new_section(mapping *m, uint64_t size) {
  DWORD protection = section_protection(m->access);
  HANDLE section = tome__os_calls.CreateFileMappingW(m->file.handle, NULL, protection, 0, 0, NULL);
  if (!section)
    return why_no_section(m);
  size = size_of_section(section, size);
  if (size <= m->source.size) {
    tome__os_calls.CloseHandle(section);
    return 0;
  }
  tome__section_drop(m);
  m->source.section = section;
  m->source.size = size;
  m->source.protection = protection;
  return 0;
}

/* As large as the file, which a larger section would make longer. Of a file that has become shorter since, the section and its
 * views are as good as they were. */
int tome__section_update(mapping *m, size_t *ret_end) {
  os_stat status;
  int r = tome__os_stat(&m->file, &status);
  if (r == 0 && status.size > m->source.offset && status.size > m->source.size)
    r = new_section(m, status.size);
  if (r < 0)
    return r;
  uint64_t rest = m->source.size > m->source.offset ? m->source.size - m->source.offset : 0;
  *ret_end = rest < m->length ? tome__in_pages((size_t)rest) : m->length;
  return 0;
}

/* ---- pieces ---- */

/* Those that take the place of the old ones, as they are put together. */
typedef struct piece_list {
  piece *pieces;
  size_t count, room;
} piece_list;

static void add(piece_list *list, piece_kind kind, size_t at, size_t end, size_t length) {
  if (at < end && list->count < list->room)
    list->pieces[list->count++] = (piece){at, end - at, kind == PIECE_VIEW ? length : 0, kind};
}

static size_t view_size(const mapping *m) {
  size_t least = tome__in_granules(m->length / MOST_PRIVATE_VIEWS);
  if (!(m->access & OS_PRIVATE))
    return SIZE_MAX;
  return least > LEAST_PRIVATE ? least : LEAST_PRIVATE;
}

/* Views of [from, end); what ends amid a granule is a view of its own, so that little is mapped anew when the file grows. */
static void add_views(piece_list *list, const mapping *m, size_t from, size_t end) {
  size_t granule = tome__os_system()->granularity, most = view_size(m);
  size_t whole = end & ~(granule - 1);
  if (end == m->length || tome__in_granules(end) == m->length)
    whole = end; /* it will not grow */
  while (from < end) {
    size_t stop = from < whole ? whole : end;
    size_t length = stop - from < most ? stop - from : most;
    add(list, PIECE_VIEW, from, from + tome__in_granules(length), length);
    from += length;
  }
}

/* What is left of a piece from `from` on, or up to `end`. */
static void add_rest(piece_list *list, const piece *p, size_t from, size_t end) {
  size_t used = p->at + p->length;
  if (p->kind == PIECE_VIEW && from < used)
    add(list, PIECE_VIEW, from, end, (end < used ? end : used) - from);
  else
    add(list, p->kind == PIECE_VIEW ? PIECE_RESERVED : p->kind, from, end, 0);
}

static int is_whole(const mapping *m, size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++)
    if (m->pieces[i].kind == PIECE_TAKEN)
      return 0;
  return 1;
}

/* Room for so many more. */
static int make_room(mapping *m, size_t more) {
  if (m->room - m->count >= more)
    return 0;
  size_t room = m->count * 2 + more;
  piece *pieces = tome__table_new(room * sizeof *pieces);
  if (!pieces)
    return TOME_ENOMEM;
  memcpy(pieces, m->pieces, m->count * sizeof *pieces);
  tome__table_free(m->pieces);
  m->pieces = pieces;
  m->room = room;
  return 0;
}

/* Pre: there is room. */
static void enter_pieces(mapping *m, size_t first, size_t old_count, const piece_list *list) {
  memmove(&m->pieces[first + list->count], &m->pieces[first + old_count],
          (m->count - first - old_count) * sizeof *m->pieces);
  memcpy(&m->pieces[first], list->pieces, list->count * sizeof *m->pieces);
  m->count += list->count - old_count;
  state++;
}

/* Replace [from, end), and with it all pieces that it touches: what is left of those comes back. */
static int replace(mapping *m, size_t from, size_t end, piece_kind kind, size_t file_end) {
  size_t first = tome__piece_at(m, from), last = tome__piece_at(m, end - 1);
  size_t old_count = last - first + 1;
  piece before = m->pieces[first], behind = m->pieces[last];
  size_t shown = kind != PIECE_VIEW ? from
                 : file_end < from  ? from
                 : file_end < end   ? file_end
                                    : end;
  piece_list list = {.room = (shown - from) / view_size(m) + 6};
  list.pieces = tome__table_new(list.room * sizeof *list.pieces);
  if (!list.pieces || !is_whole(m, first, old_count) || make_room(m, list.room) < 0) {
    tome__table_free(list.pieces);
    return TOME_ENOMEM;
  }
  add_rest(&list, &before, before.at, from);
  add_views(&list, m, from, shown);
  size_t done = tome__in_granules(shown);
  add(&list, kind == PIECE_PATCH ? PIECE_PATCH : PIECE_RESERVED, done, end, 0);
  add_rest(&list, &behind, end, behind.at + behind.span);
  private_pages kept = {0};
  int r = tome__private_keep(&kept, m, &before, &behind, from, end);
  if (r == 0) {
    r = tome__space_replace(m->base, &m->pieces[first], old_count, list.pieces, list.count,
                            &m->source);
    enter_pieces(m, first, old_count, &list);
    tome__private_return(&kept);
    for (size_t i = 0; i < list.count; i++)
      tome__parts_lock_again(m, &list.pieces[i]);
  }
  tome__table_free(list.pieces);
  return r;
}

int tome__pieces_show(mapping *m, size_t from, size_t end, size_t file_end) {
  return replace(m, from, end, PIECE_VIEW, file_end);
}

int tome__pieces_patch(mapping *m, size_t from, size_t end) {
  return replace(m, from, end, PIECE_PATCH, 0);
}

int tome__pieces_reserve(mapping *m, size_t from, size_t end) {
  return replace(m, from, end, PIECE_RESERVED, 0);
}

/* ---- growing ---- */

/* Views that are shorter are mapped anew when the file grows, together with what is added: so they do not become too many. */
#define SHORT_VIEW ((size_t)1 << 20)

/* Where a piece lacks what the file has up to `end`; SIZE_MAX: nowhere. A patch that lies over the old end of the file gives
 * way: what is stored there from now on must not be lost. */
static size_t lacks_from(const mapping *m, const piece *p, size_t end) {
  size_t granule = tome__os_system()->granularity;
  size_t behind = p->at + p->span;
  if (p->kind == PIECE_RESERVED)
    return p->at < end ? p->at : SIZE_MAX;
  if (p->kind == PIECE_TAKEN || (m->access & OS_PRIVATE))
    return SIZE_MAX;
  if (p->kind == PIECE_VIEW)
    return p->length < p->span && p->at + p->length < end ? p->at : SIZE_MAX;
  return m->usable < behind && m->usable > p->at && m->usable < end ? m->usable & ~(granule - 1)
                                                                    : SIZE_MAX;
}

static int is_short(const mapping *m, size_t index, size_t end) {
  const piece *p = &m->pieces[index];
  return p->kind == PIECE_VIEW && !(m->access & OS_PRIVATE) && end - p->at <= SHORT_VIEW;
}

int tome__pieces_complete(mapping *m, size_t end) {
  size_t behind = tome__in_granules(end);
  int r = 0;
  for (size_t i = 0; r == 0 && i < m->count && m->pieces[i].at < end; i++) {
    size_t from = lacks_from(m, &m->pieces[i], end);
    if (from == SIZE_MAX)
      continue;
    size_t first = i, last = i;
    while (first > 0 && from == m->pieces[first].at && is_short(m, first - 1, end))
      from = m->pieces[--first].at;
    while (last + 1 < m->count && lacks_from(m, &m->pieces[last + 1], end) != SIZE_MAX)
      last++;
    size_t stop = m->pieces[last].at + m->pieces[last].span;
    r = tome__pieces_show(m, from, stop < behind ? stop : behind, end);
    i = tome__piece_at(m, (stop < behind ? stop : behind) - 1);
  }
  return r;
}
