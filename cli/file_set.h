/* Files that were met already, told apart by device and number, whatever name leads to them. */
#ifndef TOME_CLI_FILE_SET_H
#define TOME_CLI_FILE_SET_H

#include <stddef.h>

#include "files.h"

struct file_slot;

/* Begins as all zeros. */
struct file_set {
  struct file_slot *slots; /* a power of two of them, or NULL */
  size_t slot_count;
  size_t used;
};

/* Returns 1 if the file is new, 0 if it was in the set already, less than 0: out of memory. */
int file_set_add(struct file_set *set, const struct file_identity *file);
void file_set_free(struct file_set *set);

#endif
