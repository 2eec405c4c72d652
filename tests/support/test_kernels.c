#include "test_kernels.h"

#include "kernels.h"
#include "test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

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
  unsigned char *all = mmap(NULL, size + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(all != MAP_FAILED);
  must_equal(mprotect(all + PAGE, size, PROT_READ | PROT_WRITE), 0);
  return (fenced){all + PAGE, all + PAGE + size};
}

void free_fenced(fenced memory) {
  must_equal(munmap(memory.begin - PAGE, (size_t)(memory.end - memory.begin) + 2 * PAGE), 0);
}
