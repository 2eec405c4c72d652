#include "machine.h"

#include <unistd.h>

uint64_t machine_page(void) {
  return (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t machine_memory(void) {
  long pages = sysconf(_SC_PHYS_PAGES);
  return pages > 0 ? (uint64_t)pages * machine_page() : 0;
}
