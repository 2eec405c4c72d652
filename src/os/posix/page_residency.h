/* Counting the pages of a file that are in memory. */
#ifndef TOME_PAGE_RESIDENCY_H
#define TOME_PAGE_RESIDENCY_H

#include "os.h"

/** As tome__os_residency(), by asking for each page; only what is resident is told. */
int tome__os_count_pages(const os_file *file, uint64_t offset, uint64_t length, os_residency *ret);

#endif
