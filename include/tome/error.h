/* Errors.
 *
 * Every call that can fail returns an int: 0 or more is success, less is one of the codes below. The
 * numbers are the same on every system and never change; new ones are added at the end.
 *
 * A failing call also fills a record that belongs to the calling thread: what was being done, to which
 * bytes of which file, and what the operating system called it. A call that succeeds leaves the record
 * alone, so look at it only after a failure.
 *
 * Where a system answers something that nobody expects, any call may also return TOME_ESYSTEM or TOME_EBUSY. */
#ifndef TOME_ERROR_H
#define TOME_ERROR_H

#include <tome/base.h>

/** X(name, number, message): every error there is. */
#define TOME_ERRORS(X)                                                                             \
  X(EINVAL, -1, "invalid argument")                                                                \
  X(ERANGE, -2, "outside the map")                                                                 \
  X(ENOENT, -3, "no such file")                                                                    \
  X(EEXIST, -4, "the file exists")                                                                 \
  X(EACCES, -5, "permission denied")                                                               \
  X(EREADONLY, -6, "read-only")                                                                    \
  X(EISDIR, -7, "is a directory")                                                                  \
  X(ENOTDIR, -8, "a component of the path is not a directory")                                     \
  X(ENOTMAP, -9, "cannot be mapped: not a regular file, block device or shared memory")            \
  X(ENAME, -10, "the path is too long, has too many symbolic links, or cannot be a name here")     \
  X(EBADF, -11, "not an open file descriptor")                                                     \
  X(EMFILE, -12, "too many open files")                                                            \
  X(ENOMEM, -13, "out of memory or address space")                                                 \
  X(ENOSPC, -14, "no space left on the file system, or quota exceeded")                            \
  X(EFBIG, -15, "larger than the file system or the process's limit allows")                       \
  X(EBUSY, -16, "in use")                                                                          \
  X(EIO, -17, "input/output error")                                                                \
  X(ELOST, -18, "bytes behind the mapping could not be read or written")                           \
  X(ENOTSUP, -19, "not supported here")                                                            \
  X(ESYSTEM, -20, "the operating system refused")                                                  \
  X(ECANCELED, -21, "canceled")                                                                    \
  X(EORDER, -22, "not sorted")                                                                     \
  X(ENOKEY, -23, "no line has such a key")                                                         \
  X(ELIMIT, -24, "more than this process may lock in memory")

enum {
#define TOME_X(name, number, message) TOME_##name = (number),
  TOME_ERRORS(TOME_X)
#undef TOME_X
      TOME_OK = 0
};

TOME_BEGIN_DECLS

/** What is known about the last failure of the calling thread. */
typedef struct tome_error {
  int code;              /**< TOME_E…, or 0 if no call of this thread has failed yet */
  int system;            /**< the operating system's own code (errno, GetLastError()), or 0 */
  const char *operation; /**< the public call that failed, such as "tome_read"; static */
  const char
      *detail; /**< what to do or what exactly was wrong, or NULL; stays as long as the record */
  uint64_t offset; /**< first byte concerned, in bytes of the map; 0 if none is */
  uint64_t length; /**< how many bytes are concerned; 0 if none are */
  char path[1024]; /**< the file as it was named when opened ("" if by descriptor); a longer
                              path keeps its end, after "..." */
} tome_error;

/** The last failure of the calling thread.
 *  @return borrowed, never NULL; valid until the thread's next failing call, or its end.
 *  Since 0.1. */
TOME_API const tome_error *tome_error_last(void);

/** A code in words, such as "permission denied".
 *  @param code  TOME_E… or 0
 *  @return a static string, never NULL, also for an unknown code. Since 0.1. */
TOME_API const char *tome_strerror(int code);

/** The name of a code, such as "TOME_EACCES".
 *  @param code  TOME_E… or 0
 *  @return a static string, never NULL, also for an unknown code. Since 0.1. */
TOME_API const char *tome_error_name(int code);

TOME_END_DECLS

#endif
