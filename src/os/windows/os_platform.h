/* The types of os.h on Windows. Without <windows.h>, whose macros (near, far, small, ...) would be all over the library: what is
 * behind them is checked where it is used. */
#ifndef TOME_OS_PLATFORM_H
#define TOME_OS_PLATFORM_H

#include <stdint.h>

/* A file of ours. */
typedef struct os_file {
  void *handle;   /* HANDLE: a file object of its own, synchronous, unless `borrowed` */
  void *appender; /* HANDLE of one more, whose position tells where an append went; or NULL */
  struct readers *readers; /* see readers.h; or NULL */
  int locks_appends; /* the system alone does not keep them apart; or there is no `appender` */
  int created;       /* by us, so that we may remove it */
  int borrowed; /* the file object, with its position, is shared with the caller's descriptor */
  int writable;
  int sparse; /* what is skipped when it grows is to be a hole */
  int identified;
  uint64_t identity
      [4]; /* asked when it was opened: Wine knows the volume only by the name the file had then */
  int memory; /* shared memory: a file that goes when it is closed */
} os_file;

/* SRWLOCK */
typedef struct os_mutex {
  void *word;
} os_mutex;
/* clang-format off */
#define OS_MUTEX_INITIALIZER {0}
/* clang-format on */

/* CONDITION_VARIABLE */
typedef struct os_condition {
  void *word;
} os_condition;

typedef void *os_thread; /* HANDLE */

/* There are no signals that could interrupt a thread. */
typedef int os_signals;

#endif
