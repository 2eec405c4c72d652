/* Every system call and every allocation goes through this table, so that a test can make any of them fail.
 *
 * OS_CALLS(X) is X(result, name, parameters, arguments, failure): `failure` is the value by which the call reports
 * an error. The list of the calls that one system alone has is in its own system_calls.h. */
#ifndef TOME_CALLS_H
#define TOME_CALLS_H

#include "system_calls.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#define OS_POSIX_CALLS(X)                                                                          \
  X(void *, calloc, (size_t count, size_t size), (count, size), NULL)                              \
  X(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1)                \
  X(int, openat, (int at, const char *path, int flags, mode_t mode), (at, path, flags, mode), -1)  \
  X(int, close, (int fd), (fd), -1)                                                                \
  X(int, unlinkat, (int at, const char *path, int flags), (at, path, flags), -1)                   \
  X(int, renameat, (int from_at, const char *from, int to_at, const char *to),                     \
    (from_at, from, to_at, to), -1)                                                                \
  X(int, flock, (int fd, int operation), (fd, operation), -1)                                      \
  X(int, fcntl, (int fd, int command, long argument), (fd, command, argument), -1)                 \
  X(int, fstat, (int fd, struct stat *status), (fd, status), -1)                                   \
  X(int, fstatat, (int at, const char *path, struct stat *status, int flags),                      \
    (at, path, status, flags), -1)                                                                 \
  X(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence), -1)                    \
  X(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at), -1)                   \
  X(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at), -1)        \
  X(int, ftruncate, (int fd, off_t size), (fd, size), -1)                                          \
  X(int, fsync, (int fd), (fd), -1)                                                                \
  X(int, getrlimit, (int resource, struct rlimit *limit), (resource, limit), -1)                   \
  X(int, getrusage, (int who, struct rusage *usage), (who, usage), -1)                             \
  X(void *, mmap, (void *at, size_t n, int prot, int flags, int fd, off_t offset),                 \
    (at, n, prot, flags, fd, offset), MAP_FAILED)                                                  \
  X(int, munmap, (void *at, size_t n), (at, n), -1)                                                \
  X(int, mincore, (void *at, size_t n, unsigned char *pages), (at, n, (void *)pages), -1)          \
  X(int, mlock, (const void *at, size_t n), (at, n), -1)                                           \
  X(int, munlock, (const void *at, size_t n), (at, n), -1)                                         \
  X(int, nanosleep, (const struct timespec *wanted, struct timespec *left), (wanted, left), -1)    \
  X(int, sigaction, (int number, const struct sigaction *new, struct sigaction *old),              \
    (number, new, old), -1)                                                                        \
  X(int, pthread_atfork, (void (*before)(void), void (*parent)(void), void (*child)(void)),        \
    (before, parent, child), ENOMEM)                                                               \
  X(int, pthread_create,                                                                           \
    (pthread_t * thread, const pthread_attr_t *how, void *(*body)(void *), void *context),         \
    (thread, how, body, context), EAGAIN)

#define OS_CALLS(X) OS_POSIX_CALLS(X) OS_SYSTEM_CALLS(X)

typedef struct os_calls {
#define X(result, name, parameters, arguments, failure) result(*name) parameters;
  OS_CALLS(X)
#undef X
} os_calls;

extern os_calls tome__os_calls;

#endif
