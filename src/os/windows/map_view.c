/* Mapped memory. */
#include "calls.h"
#include "fault_windows.h"
#include "mapping_table.h"
#include "mappings.h"
#include "windows_error.h"

/* Bytes of a patch that are memory before they are touched. */
#define COMMITTED ((size_t)1 << 20)

/* Where somebody else is faster to take what was reserved: elsewhere, then. */
#define MOST_TRIES 8

/* How far a mapping can be used from its beginning on, or from where it could be before. */
static size_t usable_now(const mapping *m) {
  size_t usable = m->usable;
  for (size_t i = 0; i < m->count; i++) {
    const piece *p = &m->pieces[i];
    if (p->at > usable || (p->kind != PIECE_VIEW && p->at + p->span > usable))
      break;
    if (p->kind == PIECE_VIEW && p->at + p->length > usable)
      usable = p->at + p->length;
  }
  return usable;
}

/* ---- a new mapping ---- */

static int is_taken(const mapping *m) {
  for (size_t i = 0; i < m->count; i++)
    if (m->pieces[i].kind == PIECE_TAKEN)
      return 1;
  return 0;
}

static int own_handle(mapping *m, const os_file *file) {
  HANDLE process = GetCurrentProcess();
  m->file = (os_file){.handle = NULL};
  return tome__os_calls.DuplicateHandle(process, file->handle, process, &m->file.handle, 0, FALSE,
                                        DUPLICATE_SAME_ACCESS)
             ? 0
             : tome__os_failed();
}

/* A reservation that is in the table. */
static int enter(mapping *m, const os_file *file) {
  int r = own_handle(m, file);
  if (r < 0)
    return r;
  r = tome__space_reserve(m->length, &m->base);
  if (r == 0) {
    piece all = {.span = m->length};
    r = tome__table_enter(m);
    if (r < 0)
      tome__space_release(m->base, &all, 1);
  }
  if (r < 0)
    tome__os_calls.CloseHandle(m->file.handle);
  return r;
}

/* All of the file that there is. 1: somebody else has taken some of the address space. */
static int begin(mapping *m, const os_file *file) {
  size_t file_end;
  int r = enter(m, file);
  if (r < 0)
    return r;
  r = tome__section_update(m, &file_end);
  if (r == 0 && file_end > 0)
    r = tome__pieces_show(m, 0, m->length, file_end);
  if (r < 0) {
    DWORD system = GetLastError();
    r = is_taken(m) ? 1 : r;
    tome__space_release(m->base, m->pieces, m->count);
    tome__table_leave(m);
    SetLastError(system);
    return r;
  }
  m->usable = usable_now(m);
  return 0;
}

static int begin_somewhere(mapping *m, const os_file *file) {
  const mapping fresh = *m;
  int r = 1;
  for (int tries = 0; r == 1 && tries < MOST_TRIES; tries++) {
    *m = fresh;
    r = begin(m, file);
  }
  return r == 1 ? TOME_ENOMEM : r;
}

static mapping *new_mapping(uint64_t offset, size_t length, int access,
                            const os_identity *identity) {
  mapping *m = tome__table_new(sizeof *m);
  if (m)
    *m = (mapping){.length = tome__in_granules(length),
                   .asked = length,
                   .access = access,
                   .identity = *identity,
                   .source = {.offset = offset}};
  return m;
}

int tome__os_map(const os_file *file, uint64_t offset, size_t length, int access,
                 void **ret_address, size_t *ret_usable) {
  os_identity identity;
  int r = tome__os_identity(file, &identity);
  if (r < 0)
    return r;
  if (length > SIZE_MAX / 2 || offset > (uint64_t)INT64_MAX - length)
    return TOME_ENOMEM;
  tome__space_prepare();
  tome__faults_prepare();
  tome__table_lock();
  mapping *m = new_mapping(offset, length, access, &identity);
  r = m ? begin_somewhere(m, file) : TOME_ENOMEM;
  if (r == 0) {
    *ret_address = m->base;
    *ret_usable = m->usable < length ? m->usable : length;
  } else {
    tome__table_free(m);
  }
  tome__table_unlock();
  return r;
}

int tome__os_unmap(void *address, size_t length) {
  (void)length;
  tome__table_lock();
  mapping *m = tome__table_at(address);
  int r = 0;
  if (m) {
    r = tome__space_release(m->base, m->pieces, m->count);
    tome__table_leave(m);
    tome__table_free(m);
  }
  tome__table_unlock();
  if (!m && !tome__os_calls.VirtualFree(address, 0, MEM_RELEASE))
    return tome__os_failed();
  return r;
}

/* ---- growing ---- */

/* Address space that somebody else took while it was ours is lost. Memory that is lacking now may be had by the next call. */
static int map_more(mapping *m) {
  size_t end;
  int r = tome__section_update(m, &end);
  if (r == 0)
    r = tome__pieces_complete(m, end);
  m->usable = usable_now(m);
  if (r < 0 && is_taken(m))
    return TOME_ENOMEM;
  return r == TOME_ENOMEM ? TOME_ESYSTEM : r;
}

int tome__os_map_more(const os_file *file, void *address, size_t *usable) {
  (void)file;
  tome__table_lock();
  mapping *m = tome__table_at(address);
  int r = m ? map_more(m) : TOME_EINVAL;
  if (m)
    *usable = m->usable < m->asked ? m->usable : m->asked;
  tome__table_unlock();
  return r;
}

/* ---- replacing ---- */

static int map_over(mapping *m, size_t from, size_t length) {
  size_t file_end, end = tome__in_granules(from + length);
  int r = tome__section_update(m, &file_end);
  if (r < 0)
    return r;
  r = tome__pieces_show(m, from, end, file_end);
  if (r < 0)
    tome__pieces_patch(m, from, end);
  return r;
}

int tome__os_map_over(const os_file *file, uint64_t offset, void *address, size_t length,
                      int access) {
  (void)file, (void)offset, (void)access;
  tome__table_lock();
  mapping *m = tome__table_at(address);
  int r = m ? map_over(m, (size_t)((char *)address - m->base), length) : TOME_EINVAL;
  tome__table_unlock();
  return r;
}

/* The first bytes, at least, are there from the beginning. */
static int commit(char *address, size_t length, int access) {
  size_t granule = tome__os_system()->granularity;
  size_t most = length < COMMITTED ? tome__in_granules(length) : COMMITTED;
  DWORD protection = access & OS_WRITE ? PAGE_READWRITE : PAGE_READONLY;
  most = most < granule ? granule : most;
  return tome__os_calls.VirtualAlloc(address, most, MEM_COMMIT, protection) ? 0 : tome__os_failed();
}

int tome__os_patch(void *address, size_t length, int access) {
  tome__table_lock();
  mapping *m = tome__table_at(address);
  int r = TOME_EINVAL;
  if (m) {
    size_t from = (size_t)((char *)address - m->base);
    r = tome__pieces_patch(m, from, tome__in_granules(from + length));
    if (r == 0)
      r = commit(address, length, access);
  }
  tome__table_unlock();
  return r;
}

/* ---- withdrawing; the table stays locked in between ---- */

static int is_of(const mapping *m, const os_identity *file) {
  return m->identity.words[0] == file->words[0] && m->identity.words[1] == file->words[1];
}

static int shares(const mapping *m, const os_identity *file) {
  return is_of(m, file) && !(m->access & OS_PRIVATE);
}

int tome__os_has_copy(const os_file *file) {
  os_identity identity;
  int has = 0;
  if (tome__os_identity(file, &identity) < 0)
    return 0;
  tome__table_lock();
  for (const mapping *m = tome__table_first(); m && !has; m = m->next)
    has = is_of(m, &identity) && (m->access & OS_PRIVATE) && m->source.section;
  tome__table_unlock();
  return has;
}

static os_identity withdrawn; /* under the lock */

static void withdraw(mapping *m) {
  for (size_t i = 0; i < m->count; i++) {
    size_t last = i;
    if (m->pieces[i].kind != PIECE_VIEW)
      continue;
    while (last + 1 < m->count && m->pieces[last + 1].kind == PIECE_VIEW)
      last++;
    tome__pieces_reserve(m, m->pieces[i].at, m->pieces[last].at + m->pieces[last].span);
  }
  tome__section_drop(m);
}

int tome__os_views_withdraw(const os_file *file) {
  os_identity identity;
  int r = tome__os_identity(file, &identity);
  if (r < 0)
    return r;
  tome__table_lock();
  withdrawn = identity;
  for (mapping *m = tome__table_first(); m; m = m->next)
    if (shares(m, &identity))
      withdraw(m);
  return 0;
}

void tome__os_views_return(const os_file *file) {
  DWORD system = GetLastError();
  size_t end;
  (void)file;
  for (mapping *m = tome__table_first(); m; m = m->next)
    if (shares(m, &withdrawn) && m->usable > 0 && tome__section_update(m, &end) == 0)
      tome__pieces_complete(m, end < m->usable ? end : m->usable);
  tome__table_unlock();
  SetLastError(system);
}

/* ---- flushing ---- */

/* Some of a view that shows some of [offset, end). */
typedef struct flush_place {
  char *address;
  size_t length;
} flush_place;

/* What of it lies at `from` or above. */
static int overlaps(const mapping *m, const piece *p, uint64_t offset, uint64_t end,
                    const char *from, flush_place *ret) {
  uint64_t first = m->source.offset + p->at, behind = first + p->length;
  uint64_t begin = offset > first ? offset : first;
  uint64_t stop = end < behind ? end : behind;
  if (p->kind != PIECE_VIEW || begin >= stop)
    return 0;
  char *at = m->base + p->at + (size_t)(begin - first), *last = at + (size_t)(stop - begin);
  at = (uintptr_t)at < (uintptr_t)from ? (char *)(uintptr_t)from : at;
  if ((uintptr_t)at >= (uintptr_t)last)
    return 0;
  *ret = (flush_place){at, (size_t)(last - at)};
  return 1;
}

/* The lowest one from `from` on: however mappings come and go and views are put together meanwhile, none is passed over. */
static int find_place(const os_identity *file, uint64_t offset, uint64_t end, const char *from,
                      flush_place *ret) {
  flush_place one;
  int found = 0;
  tome__table_lock();
  for (mapping *m = tome__table_first(); m; m = m->next)
    for (size_t i = 0; shares(m, file) && (m->access & OS_WRITE) && i < m->count; i++)
      if (overlaps(m, &m->pieces[i], offset, end, from, &one) &&
          (!found || (uintptr_t)one.address < (uintptr_t)ret->address)) {
        *ret = one;
        found = 1;
      }
  tome__table_unlock();
  return found;
}

#define PATIENCE 1000

/* Views may be replaced meanwhile; what is no view any more has nothing to be flushed. Where the system is just writing the
 * same pages itself, it says that they are locked. */
static int flush_place_at(flush_place place) {
  for (int i = 0; !tome__os_calls.FlushViewOfFile(place.address, place.length); i++) {
    DWORD system = GetLastError();
    if (system == ERROR_INVALID_ADDRESS)
      return 0;
    if (system != ERROR_LOCK_VIOLATION || i == PATIENCE)
      return tome__os_failed();
    tome__os_sleep(1000000);
  }
  return 0;
}

int tome__os_flush_views(const os_file *file, uint64_t offset, uint64_t length) {
  os_identity identity;
  flush_place place = {NULL, 0};
  const char *from = NULL;
  uint64_t end = length < UINT64_MAX - offset ? offset + length : UINT64_MAX;
  int r = tome__os_identity(file, &identity);
  while (r == 0 && find_place(&identity, offset, end, from, &place)) {
    from = place.address + place.length;
    r = flush_place_at(place);
  }
  return r;
}
