/* The end of a file, which nobody moves alone. */
#ifndef TOME_END_OF_FILE_H
#define TOME_END_OF_FILE_H

#include "os.h"

/** Keep other threads, and other processes with this library, from moving the end meanwhile. */
void tome__os_lock_end(const os_file *file);
void tome__os_unlock_end(const os_file *file);

/** Append zeros until the file is `new_size` bytes long. Pre: the end is locked.
 *  @param[in,out] ret_written  how much was is added to it, also on failure */
int tome__os_append_zeros(const os_file *file, uint64_t new_size, uint64_t *ret_written);

/** Make the file `new_size` bytes long, with a hole, if it is shorter. Pre: the end is locked; who knows nothing of that may
 *  append nevertheless, so the length is asked for right before. */
int tome__os_set_longer(const os_file *file, uint64_t new_size);

/** TOME_ENOSPC if the file system has fewer free blocks than [from, end) of a file takes. What is seen to be too much is not
 *  begun: zeros that others have appended behind cannot be taken back. */
int tome__os_check_space(const os_file *file, uint64_t from, uint64_t end);

#endif
