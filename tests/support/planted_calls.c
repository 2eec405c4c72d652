#include "planted_calls.h"

#include "calls.h"

#include <string.h>

int has_call(const char *name) {
#define X(result, call, parameters, arguments, failure)                                            \
  if (strcmp(name, #call) == 0)                                                                    \
    return 1;
  OS_CALLS(X)
#undef X
  return 0;
}

int plant_call(const char *name, any_call *with) {
#define X(result, call, parameters, arguments, failure)                                            \
  if (strcmp(name, #call) == 0) {                                                                  \
    memcpy(&tome__os_calls.call, &with, sizeof with);                                              \
    return 1;                                                                                      \
  }
  OS_CALLS(X)
#undef X
  return 0;
}
