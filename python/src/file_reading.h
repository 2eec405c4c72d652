/* Methods of File: gather, prefetch, view. */
#ifndef TOME_PYTHON_FILE_READING_H
#define TOME_PYTHON_FILE_READING_H

#include "file.h"

/** Entries of File's table of methods, each with a comma. */
#define FILE_READING_METHODS

#endif
