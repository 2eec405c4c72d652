/* Failures of the library as exceptions.
 *
 * TOME_ELOST is LostBytesError, which has `filename`, `offset` and `length`. What Tome calls a wrong argument or range is a ValueError.
 * All else is the OSError that the system's own error number stands for. */
#ifndef TOME_PYTHON_FAILURES_H
#define TOME_PYTHON_FAILURES_H

#include "module.h"

#include <tome/tome.h>

/** Raise what this thread's last failing call of the library recorded.
 *  @param path  what the exception calls the file; NULL: nothing
 *  @return NULL. */
PyObject *raise_failure(module_state *state, PyObject *path);

/** Raise LostBytesError for a range of the map. @return NULL. */
PyObject *raise_lost(module_state *state, PyObject *path, tome_range lost);

/** The error number that a code of the library stands for where the system gave none. */
int errno_of_code(int code);

#endif
