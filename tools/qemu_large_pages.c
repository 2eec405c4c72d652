/* Preloaded into qemu's user mode when it gives a program larger pages than those of its host.
 *
 * qemu hands the program's buffer for mincore() to its host, which writes one byte for each of its own pages there: several for
 * each of the program's, beyond the buffer's end. Here they become one for each. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int ask(void *at, size_t n, unsigned char *pages);

int mincore(void *at, size_t n, unsigned char *pages) {
  void *found = dlsym(RTLD_NEXT, "mincore");
  ask *real;
  memcpy(&real, &found, sizeof real);
  const size_t small = (size_t)sysconf(_SC_PAGESIZE);
  const char *page = getenv("TOME_QEMU_PAGE");
  const size_t ratio = page ? strtoul(page, NULL, 10) / small : 1;
  const size_t count = (n + small - 1) / small;
  unsigned char *all = calloc(count + 1, 1);
  int r = all ? real(at, n, all) : -1;
  if (r == 0) {
    memset(pages, 0, (count + ratio - 1) / ratio);
    for (size_t i = 0; i < count; i++)
      pages[i / ratio] |= all[i] & 1;
  }
  free(all);
  return r;
}
