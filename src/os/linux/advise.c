/* Telling the kernel what will be touched, and asking it to touch it first. */
#include "calls.h"
#include "os.h"
#include "page_span.h"
#include "posix_error.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <tome/map.h>

static int advise_around(void *address, size_t length, int advice) {
  page_span all = pages_around(address, length);
  return tome__os_calls.madvise(all.address, all.length, advice);
}

void tome__os_will_need(void *address, size_t length) {
  advise_around(address, length, MADV_WILLNEED);
}

static int advice_for_memory(uint32_t advice) {
  switch (advice) {
  case TOME_ADVICE_RANDOM:
    return MADV_RANDOM;
  case TOME_ADVICE_SEQUENTIAL:
    return MADV_SEQUENTIAL;
  default:
    return MADV_NORMAL;
  }
}

void tome__os_advise(void *address, size_t length, uint32_t advice) {
  advise_around(address, length, advice_for_memory(advice));
}

void tome__os_expect(const os_file *file, uint32_t advice) {
  if (file->borrowed)
    return;
  int wanted = advice == TOME_ADVICE_RANDOM       ? POSIX_FADV_RANDOM
               : advice == TOME_ADVICE_SEQUENTIAL ? POSIX_FADV_SEQUENTIAL
                                                  : POSIX_FADV_NORMAL;
  tome__os_calls.posix_fadvise(file->descriptor, 0, 0, wanted);
}

void tome__os_let_go(void *address, size_t length) {
  page_span all = pages_inside(address, length);
  if (all.length > 0)
    tome__os_calls.madvise(all.address, all.length, MADV_DONTNEED);
}

/* What the program has locked (mlockall) is not let go. */
void tome__os_clear_pages(void *address, size_t length) {
  if (tome__os_calls.madvise(address, length, MADV_DONTNEED) < 0)
    memset(address, 0, length);
}

/* Emulators and sandboxes may take any advice at all, and follow none. Where advice that nobody has ever heard of is taken, it means
 * nothing that what should have made pages present was. Asked once. */
static int advice_is_followed(void *address) {
  enum { NOT_ASKED, IS_FOLLOWED, IS_IGNORED };
  static atomic_int known = NOT_ASKED;
  int now = atomic_load_explicit(&known, memory_order_relaxed);
  if (now == NOT_ASKED) {
    now = advise_around(address, 1, INT_MAX) == 0 ? IS_IGNORED : IS_FOLLOWED;
    atomic_store_explicit(&known, now, memory_order_relaxed);
  }
  return now == IS_FOLLOWED;
}

int tome__os_populate(void *address, size_t length, int access) {
  int advice = access & OS_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
  for (;;) {
    if (advise_around(address, length, advice) == 0)
      return advice_is_followed(address) ? 0 : TOME_ENOTSUP;
    if (errno == EINVAL)
      return TOME_ENOTSUP; /* before Linux 5.14 */
    if (errno == EFAULT || errno == EIO)
      return TOME_ELOST;
    if (errno != EINTR && errno != EAGAIN)
      return tome__os_failed();
  }
}
