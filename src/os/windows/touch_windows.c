/* Mapped memory that a system call did not find. */
#include "mapping_table.h"
#include "mappings.h"
#include "windows_headers.h"

/* Whether an access at this address, and up to *ret_end, waits for what is missing there. What lies behind that which can be
 * used, and what was taken from us, is not ours to touch. */
static int waits(uintptr_t at, uintptr_t *ret_end) {
  const size_t granule = tome__os_system()->granularity;
  uintptr_t end = (at & ~((uintptr_t)granule - 1)) + granule;
  tome__table_lock();
  const mapping *m = tome__table_at((const void *)at);
  size_t from = m ? at - (uintptr_t)m->base : 0;
  int yes = m && from < m->usable && m->pieces[tome__piece_at(m, from)].kind != PIECE_TAKEN;
  if (yes && end - (uintptr_t)m->base > m->usable)
    end = (uintptr_t)m->base + m->usable;
  tome__table_unlock();
  *ret_end = end;
  return yes;
}

int tome__os_touch(const void *buffer, size_t length) {
  const size_t page = tome__os_system()->page;
  uintptr_t at = (uintptr_t)buffer, part_end;
  const uintptr_t end = at + length;
  DWORD system = GetLastError();
  int any = 0;
  for (; at < end; at = part_end) {
    int ours = waits(at, &part_end);
    any |= ours;
    for (; ours && at < end && at < part_end; at = (at & ~((uintptr_t)page - 1)) + page)
      (void)*(const volatile char *)at;
  }
  SetLastError(system);
  return any;
}
