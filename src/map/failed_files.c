/* The system tells of a failed write-back once for each open file; who opens the file afterwards hears nothing, although the
 * data is gone, and its pages in memory look as if they had been written. So the process remembers: a list that only ever
 * becomes longer, empty but after a failure. */
#include "failed_files.h"

#include <stdatomic.h>
#include <string.h>

static _Atomic(failed_file *) newest;

const failed_file *tome__failed_file(const os_identity *file) {
  const failed_file *entry = atomic_load_explicit(&newest, memory_order_acquire);
  while (entry && memcmp(&entry->file, file, sizeof *file) != 0)
    entry = entry->next;
  return entry;
}

void tome__failed_file_add(failed_file *entry) {
  entry->next = atomic_load(&newest);
  while (!atomic_compare_exchange_weak(&newest, &entry->next, entry))
    ;
}
