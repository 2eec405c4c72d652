/* membarrier(2) reaches all threads. */
#ifndef TOME_FENCE_H
#define TOME_FENCE_H

#include <stdatomic.h>

#define OS_FENCE() atomic_signal_fence(memory_order_seq_cst)

#endif
