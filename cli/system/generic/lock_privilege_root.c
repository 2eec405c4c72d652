/* On the BSDs the limit does not bind root. */
#include "lock_privilege.h"

#include <unistd.h>

int lock_privilege(void) {
  return geteuid() == 0;
}
