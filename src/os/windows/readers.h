/* Reading by several threads at once. The system lets one thread at a time into a synchronous file object: those that come while
 * it is in use read by another one of the same file, of which there are a few, opened as they are needed. */
#ifndef TOME_READERS_H
#define TOME_READERS_H

#include "os.h"
#include "windows_headers.h"

/** One that a thread has taken. */
typedef struct reader {
  HANDLE handle;
  volatile LONG *taken; /* NULL: shared with others, who may have to be waited for */
} reader;

/** Have the file read so from now on, if there is memory for it. Pre: its file object is not `borrowed`. */
void tome__os_readers_begin(os_file *file);
reader tome__os_reader_take(const os_file *file);
void tome__os_reader_return(reader r);
/** Close them. */
void tome__os_readers_end(os_file *file);

#endif
