/* A memory barrier in all threads at once, paid for by the one who needs it: membarrier(2). */
#include "calls.h"
#include "os.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdatomic.h>

void tome__os_barrier(void) {
  atomic_thread_fence(memory_order_seq_cst);
  if (tome__os_calls.os_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0 || errno != EPERM)
    return;
  tome__os_calls.os_membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  tome__os_calls.os_membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
