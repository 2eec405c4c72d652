/* What of a file is in memory, by plain calls on a mapping of the test's own, as vmtouch does it. */
#ifndef PAGE_MODEL_H
#define PAGE_MODEL_H

#include "test_support.h"

/** Which pages are in memory of the file from page `first` on: 1 or 0 each. */
void look_at_pages(const char *path, uint64_t first, size_t count, unsigned char *ret_pages);
/** How many of them are. */
size_t pages_there(const char *path, uint64_t first, size_t count);

/** Evict a range of the map until nothing of these pages of its file is in memory: a page that the system has in its hands for
 *  the moment stays the first time. */
void must_evict(tome *map, uint64_t offset, uint64_t length, const char *path, uint64_t first,
                size_t count);

/** Write the file back and drop all of it from memory; skips the test where that does not work, as on a tmpfs. */
void drop_file(const char *path);
/** Bring exactly these pages in. */
void bring_in_pages(const char *path, uint64_t first, size_t count);

/** A pattern file of which nothing is in memory. */
const char *make_cold_file(const char *name, size_t length);

/** "VmLck" and the like of this process, in bytes. */
uint64_t process_figure(const char *name);

#endif
