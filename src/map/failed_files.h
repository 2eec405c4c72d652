/* Files of which a flush has failed, for as long as the process lives. */
#ifndef TOME_FAILED_FILES_H
#define TOME_FAILED_FILES_H

#include "os.h"

/** What is to be remembered of a file should a flush of it fail. Its memory is there before it is needed. */
typedef struct failed_file {
  os_identity file;
  int code, system; /* of the first failure */
  struct failed_file *next;
} failed_file;

/** The failure of an earlier flush of this file through any map, or NULL. Stays valid. */
const failed_file *tome__failed_file(const os_identity *file);
/** Remember one. `entry` is ours from now on. Any thread. */
void tome__failed_file_add(failed_file *entry);

#endif
