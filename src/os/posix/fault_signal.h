/* What a system says in the signal of a fault. */
#ifndef TOME_FAULT_SIGNAL_H
#define TOME_FAULT_SIGNAL_H

#include <signal.h>
#include <stdint.h>

/** Whether an access raised it; 0: a process sent it. Where the two look alike, 1. */
int tome__os_was_raised(const siginfo_t *info);

/** Of a raised signal, the address that could not be had; 0: it is about something else, such as an unaligned access.
 *  @param context  of the signal handler
 *  @param[out] ret_access  as for os_fault_handler */
uintptr_t tome__os_fault_address(const siginfo_t *info, const void *context, int *ret_access);

/** Where this thread's last fault that became a signal was, if nobody can read there still; else, and where the system does not tell, 0.
 *  @param context  of the signal handler that asks. Safe in one. */
uintptr_t tome__os_last_fault(const void *context);

/** In its handler, whose system's own action has just been put back: see to it that the signal strikes this thread again as soon as that
 *  returns, just as it came where the system can do that. */
void tome__os_strike_again(int number, siginfo_t *info);

#endif
