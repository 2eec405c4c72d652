#include "test_kernels.h"

#include "kernels.h"
#include "test_support.h"

#include <stdio.h>
#include <stdlib.h>

enum { SKIPPED_ALL = 77 };

void use_test_kernels(void) {
  const char *name = getenv("TOME_TEST_KERNELS");
  if (!name || tome__kernels_force(name))
    return;
  printf("SKIPPED: this processor, or the build for it, has no kernels of the name %s\n", name);
  exit(SKIPPED_ALL);
}

fenced new_fenced(size_t size) {
  size = (size + PAGE - 1) / PAGE * PAGE;
  unsigned char *all = new_pages(size + 2 * PAGE);
  forbid_memory(all, PAGE);
  forbid_memory(all + PAGE + size, PAGE);
  return (fenced){all + PAGE, all + PAGE + size};
}

void free_fenced(fenced memory) {
  free_pages(memory.begin - PAGE, (size_t)(memory.end - memory.begin) + 2 * PAGE);
}
