#include "private_pages.h"

#include "calls.h"

#include <string.h>

static int read_page(const char *from, char *to, size_t page) {
  SIZE_T n = 0;
  return tome__os_calls.ReadProcessMemory(GetCurrentProcess(), from, to, page, &n) && n == page;
}

/* Whether a page was stored into is not told of one that has gone to the paging file; so all are copied, and compared later. */
static int keep_part(private_pages *kept, int which, size_t from, size_t end) {
  size_t page = tome__os_system()->page;
  if (from >= end)
    return 0;
  size_t pages = (end - from) / page;
  kept->now = kept->now ? kept->now : tome__table_new(page);
  char *copy = tome__table_new(end - from);
  unsigned char *is_there = tome__table_new(pages);
  kept->part[which].copy = copy;
  kept->part[which].is_there = is_there;
  if (!copy || !is_there || !kept->now)
    return TOME_ENOMEM;
  kept->part[which].at = from;
  kept->part[which].length = end - from;
  for (size_t i = 0; i < pages; i++)
    is_there[i] = (unsigned char)read_page(kept->of->base + from + i * page, copy + i * page, page);
  return 0;
}

static void forget(private_pages *kept) {
  tome__table_free(kept->now);
  for (int i = 0; i < 2; i++) {
    tome__table_free(kept->part[i].copy);
    tome__table_free(kept->part[i].is_there);
  }
  *kept = (private_pages){0};
}

int tome__private_keep(private_pages *kept, mapping *m, const piece *before, const piece *behind,
                       size_t from, size_t end) {
  int r = 0;
  *kept = (private_pages){.of = m};
  if (!(m->access & OS_PRIVATE))
    return 0;
  if (before->kind == PIECE_VIEW && before->at < from) {
    size_t stop = before->at + before->length;
    r = keep_part(kept, 0, before->at, stop < from ? stop : from);
  }
  if (r == 0 && behind->kind == PIECE_VIEW)
    r = keep_part(kept, 1, end, behind->at + behind->length);
  if (r < 0)
    forget(kept);
  return r;
}

static void return_part(private_pages *kept, int which) {
  size_t page = tome__os_system()->page;
  for (size_t at = 0; at < kept->part[which].length; at += page) {
    char *to = kept->of->base + kept->part[which].at + at;
    const char *copy = kept->part[which].copy + at;
    if (kept->part[which].is_there[at / page] &&
        (!read_page(to, kept->now, page) || memcmp(kept->now, copy, page) != 0))
      tome__os_calls.os_NtWriteVirtualMemory(GetCurrentProcess(), to, copy, page);
  }
}

void tome__private_return(private_pages *kept) {
  for (int i = 0; i < 2; i++)
    return_part(kept, i);
  forget(kept);
}
