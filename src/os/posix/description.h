/* Open file descriptions: what a descriptor shares with those that were made from it, its position and its status flags. */
#ifndef TOME_DESCRIPTION_H
#define TOME_DESCRIPTION_H

#include "os.h"

/** A descriptor of the same file with a description of its own; -1: there is no such way here. */
int tome__os_reopen(int descriptor, int writable);

/** After a fork parent and child share one description; the child takes a new one when it needs its position, or notes that it is not
 *  its own. */
void tome__os_own_description(os_file *file);

/** What appending needs besides a file that was just opened by name: `name`, in the directory `at` or AT_FDCWD.
 *  @param flags  of tome_open()
 *  @return 0, also where that cannot be had; or TOME_EMFILE, TOME_ENOMEM */
int tome__os_prepare_to_append(os_file *file, int at, const char *name, uint32_t flags);

#endif
