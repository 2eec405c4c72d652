#include "readers.h"

#include "calls.h"
#include "windows_file.h"

/* More of them keep no disk busier. */
#define READERS 4

/* `handle` belongs to who has taken it. NULL: not needed yet; INVALID_HANDLE_VALUE: the file cannot be opened again. The first
 * one is the file's own. */
typedef struct readers {
  struct {
    volatile LONG taken;
    HANDLE handle;
  } at[READERS];
} readers;

void tome__os_readers_begin(os_file *file) {
  file->readers = tome__os_new(1, sizeof *file->readers);
  if (file->readers)
    file->readers->at[0].handle = file->handle;
}

reader tome__os_reader_take(const os_file *file) {
  readers *all = file->readers;
  for (int i = 0; all && i < READERS; i++) {
    volatile LONG *taken = &all->at[i].taken;
    if (InterlockedCompareExchange(taken, 1, 0) != 0)
      continue;
    if (!all->at[i].handle)
      all->at[i].handle = tome__os_reopen(file->handle, GENERIC_READ);
    if (all->at[i].handle != INVALID_HANDLE_VALUE)
      return (reader){all->at[i].handle, taken};
    InterlockedExchange(taken, 0);
    break;
  }
  return (reader){file->handle, NULL};
}

void tome__os_reader_return(reader r) {
  if (r.taken)
    InterlockedExchange(r.taken, 0);
}

void tome__os_readers_end(os_file *file) {
  for (int i = 1; file->readers && i < READERS; i++) {
    HANDLE handle = file->readers->at[i].handle;
    if (handle && handle != INVALID_HANDLE_VALUE)
      tome__os_calls.CloseHandle(handle);
  }
  tome__os_free(file->readers);
  file->readers = NULL;
}
