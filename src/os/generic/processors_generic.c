/* How many processors there are. */
#include "os.h"

#include <unistd.h>

unsigned tome__os_processors(void) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (unsigned)count : 1;
}
