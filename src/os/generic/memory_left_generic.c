/* How much memory there is, by names that most systems have for it. */
#include "os.h"

#include <unistd.h>

static uint64_t pages_as_bytes(long pages) {
  return pages > 0 ? (uint64_t)pages * tome__os_system()->page : UINT64_MAX;
}

void tome__os_memory(os_memory *ret_memory) {
  *ret_memory = (os_memory){UINT64_MAX, UINT64_MAX};
#ifdef _SC_PHYS_PAGES
  ret_memory->all = pages_as_bytes(sysconf(_SC_PHYS_PAGES));
#endif
#ifdef _SC_AVPHYS_PAGES
  ret_memory->free = pages_as_bytes(sysconf(_SC_AVPHYS_PAGES));
#endif
  (void)pages_as_bytes;
}
