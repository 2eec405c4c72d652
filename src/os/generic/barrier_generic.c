/* The other half of OS_FENCE().
 *
 * Changing the protection of a page, which makes some processors interrupt each other, is no barrier where the processor
 * spreads the news without (64-bit ARM). So both sides have a fence: a thread that sees what was done after this one
 * sees, behind its own, all that was done before. */
#include "os.h"

#include <stdatomic.h>

void tome__os_barrier(void) {
  atomic_thread_fence(memory_order_seq_cst);
}
