/* The library's table of calls with a fuse in it: the k-th call fails. */
#ifndef TOME_FAILING_CALLS_H
#define TOME_FAILING_CALLS_H

/** How the struck call fails. */
typedef enum strike {
  STRIKE_HARD,        /* as a failing disk, or a system short of everything, would have it */
  STRIKE_FULL,        /* ENOSPC where the call may say so, else as hard */
  STRIKE_INTERRUPTED, /* EINTR: to be begun again */
  STRIKE_UNSUPPORTED, /* not known to this kernel or file system */
  STRIKES
} strike;

extern const char *const strike_names[STRIKES];

/** Count calls from 1 and make number `k` fail; 0: only count. */
void calls_arm(int k, strike how);
/** Let everything through again.
 *  @return how many calls there were since calls_arm() */
int calls_disarm(void);
/** The call that was struck since calls_arm(), or NULL. */
const char *calls_struck(void);

#endif
