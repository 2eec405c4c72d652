/* Telling the system what will be touched. */
#include "calls.h"
#include "os.h"
#include "page_span.h"

#include <string.h>
#include <tome/map.h>

static void advise_around(void *address, size_t length, int advice) {
  page_span all = pages_around(address, length);
  tome__os_calls.posix_madvise(all.address, all.length, advice);
}

void tome__os_will_need(void *address, size_t length) {
  advise_around(address, length, POSIX_MADV_WILLNEED);
}

void tome__os_advise(void *address, size_t length, uint32_t advice) {
  advise_around(address, length,
                advice == TOME_ADVICE_RANDOM       ? POSIX_MADV_RANDOM
                : advice == TOME_ADVICE_SEQUENTIAL ? POSIX_MADV_SEQUENTIAL
                                                   : POSIX_MADV_NORMAL);
}

void tome__os_let_go(void *address, size_t length) {
  page_span all = pages_inside(address, length);
  if (all.length > 0)
    tome__os_calls.posix_madvise(all.address, all.length, POSIX_MADV_DONTNEED);
}

/* What that advice does to private memory is the system's choice; a new mapping is all zeros. */
void tome__os_clear_pages(void *address, size_t length) {
  if (tome__os_patch(address, length, OS_WRITE) < 0)
    memset(address, 0, length);
}

/* Only an access makes a page present, and fails by a signal. */
int tome__os_populate(void *address, size_t length, int access) {
  (void)address, (void)length, (void)access;
  return TOME_ENOTSUP;
}
