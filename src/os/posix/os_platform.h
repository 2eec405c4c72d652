/* The types of os.h on POSIX systems. */
#ifndef TOME_OS_PLATFORM_H
#define TOME_OS_PLATFORM_H

#include "fence.h"

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>

/* A file of ours. The open file description (position, status flags) belongs to us alone, unless `borrowed`. */
typedef struct os_file {
  int descriptor;
  int directory;    /* where the file was created, until its name is durable; else -1 */
  int created;      /* by us, so that we may remove it */
  int name_at_risk; /* its directory entry may not be durable */
  int appender; /* writes at the end of the file, where the descriptor cannot do that too; else -1 */
  int borrowed; /* the description is shared with the caller's descriptor */
  int writable;
  int borrows_pages; /* its pages are those of another file, below it; known once its traits are */
  pid_t owner;       /* the process that opened the description: after fork it is shared */
} os_file;

typedef pthread_mutex_t os_mutex;
#define OS_MUTEX_INITIALIZER PTHREAD_MUTEX_INITIALIZER
typedef pthread_cond_t os_condition;
typedef pthread_t os_thread;
typedef sigset_t os_signals;

#endif
