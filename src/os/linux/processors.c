/* How many processors there are for us. */
#include "os.h"

#include <sched.h>
#include <unistd.h>

/* Those that the process is bound to; on a system with more than fit the set, those that it has. */
unsigned tome__os_processors(void) {
  cpu_set_t set;
  long count =
      sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (unsigned)count : 1;
}
