/* The whole pages of a range of memory. */
#ifndef TOME_PAGE_SPAN_H
#define TOME_PAGE_SPAN_H

#include "os.h"

typedef struct page_span {
  void *address;
  size_t length;
} page_span;

/** All pages that the range touches. */
static inline page_span pages_around(void *address, size_t length) {
  size_t page = tome__os_system()->page;
  uintptr_t first = (uintptr_t)address & ~(page - 1);
  uintptr_t end = ((uintptr_t)address + length + page - 1) & ~(page - 1);
  return (page_span){(void *)first, end - first};
}

/** The pages that lie wholly in the range; length 0: none does. */
static inline page_span pages_inside(void *address, size_t length) {
  size_t page = tome__os_system()->page;
  uintptr_t first = ((uintptr_t)address + page - 1) & ~(page - 1);
  uintptr_t end = ((uintptr_t)address + length) & ~(page - 1);
  return (page_span){(void *)first, first < end ? end - first : 0};
}

#endif
