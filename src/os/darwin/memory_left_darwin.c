/* How much memory there is, and how much of it is free. */
#include "calls.h"
#include "os.h"

static uint64_t figure(const char *name) {
  uint64_t value = 0;
  uint32_t small;
  size_t length = sizeof value;
  if (tome__os_calls.sysctlbyname(name, &value, &length, NULL, 0) < 0)
    return UINT64_MAX;
  if (length == sizeof value)
    return value;
  length = sizeof small;
  if (tome__os_calls.sysctlbyname(name, &small, &length, NULL, 0) < 0 || length != sizeof small)
    return UINT64_MAX;
  return small;
}

void tome__os_memory(os_memory *ret_memory) {
  uint64_t pages = figure("vm.page_free_count"), page = figure("vm.pagesize");
  ret_memory->all = figure("hw.memsize");
  ret_memory->free = pages == UINT64_MAX || page == UINT64_MAX ? UINT64_MAX : pages * page;
}
