/* The table of system calls, filled with the real ones. */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Some C libraries have an enumeration where POSIX has an int. */
#pragma GCC diagnostic ignored "-Wsign-conversion"

#define X(result, name, parameters, arguments, failure)                                            \
  static result real_##name parameters {                                                           \
    return name arguments;                                                                         \
  }
/* clang-format off */
OS_CALLS(X)
#undef X

os_calls tome__os_calls = {
#define X(result, name, parameters, arguments, failure) .name = real_##name,
    OS_CALLS(X)
#undef X
};
/* clang-format on */
