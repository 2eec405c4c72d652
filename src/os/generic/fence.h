/* No call reaches all threads: whoever may meet a lost page pays for a fence of its own. */
#ifndef TOME_FENCE_H
#define TOME_FENCE_H

#include <stdatomic.h>

#define OS_FENCE() atomic_thread_fence(memory_order_seq_cst)

#endif
